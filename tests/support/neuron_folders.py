"""Small NEURON models in the styles of public ones: each function writes a folder and returns it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

TEMPLATE_CELL = {
    "readme.txt": "A small cell with its own panel. Run mosinit.hoc.\n",
    "cell.hoc": """\
begintemplate Pyr
public soma, dend, all, somatic, basal, synlist
create soma, dend[3]
objref all, somatic, basal, synlist
proc init() { local i
    soma { L = 20  diam = 20  insert hh }
    for i = 0, 2 {
        dend[i] { L = 150 + 10*i  diam = 2 - 0.3*i  nseg = 3  insert pas  e_pas = -64  g_pas = 2e-4 }
    }
    connect dend[0](0), soma(1)
    connect dend[1](0), dend[0](1)
    connect dend[2](0), dend[0](1)
    all = new SectionList()
    somatic = new SectionList()
    basal = new SectionList()
    soma { all.append()  somatic.append() }
    for i = 0, 2 dend[i] { all.append()  basal.append()  Ra = 120 }
    synlist = new List()
    dend[1] synlist.append(new ExpSyn(0.7))
}
endtemplate Pyr
""",
    "mosinit.hoc": """\
load_file("nrngui.hoc")
load_file("cell.hoc")
objref cell, stim, g
cell = new Pyr()
cell.soma stim = new IClamp(0.5)
stim.del = 2
stim.dur = 20
stim.amp = 0.4

tstop = 30
dt = 0.05
steps_per_ms = 20
v_init = -68
celsius = 10
ninit = 0
proc init() {
    finitialize(v_init)
    cell.dend[2].v = -60  // a start of its own, which stdrun.hoc's init has not
    ninit += 1
    fcurrent()
}
proc weak() { stim.amp = 0.1 }
proc strong() { stim.amp = 0.8 }
xpanel("Stimulus")
xlabel("Choose a current, then press Init & Run")
xbutton("Weak current", "weak()")
xbutton("Strong current", "strong()")
xvalue("Amplitude (nA)", "stim.amp", 1, "", 0, 1)
xpanel()
g = new Graph()
g.addvar("cell.soma.v(0.5)", 1, 1)
addplot(g, 0)  // sets its size, too
g.size(0, tstop, -80, 40)
run()
""",
}
"""A cell of a hoc template; a panel with two buttons; an `init` of its own; a run at the end."""

PLAIN_SCRIPT = {
    "simulate.py": '''\
"""A cable, stimulated at one end: sections, a clamp, a run at the end."""
from neuron import h

h.load_file("stdrun.hoc")
soma = h.Section(name="soma")
dend = h.Section(name="dend")
dend.connect(soma(1))
soma.L = soma.diam = 15
dend.L, dend.diam, dend.nseg = 200, 1.5, 5
soma.insert("hh")
dend.insert("pas")
clamp = h.IClamp(soma(0.5))
clamp.delay, clamp.dur, clamp.amp = 1, 10, 0.3
h.celsius = 6.3
h.v_init = -66
h.tstop = 20
time = h.Vector().record(h._ref_t)
voltage = h.Vector().record(soma(0.5)._ref_v)
h.run()
print("peak", voltage.max())
'''
}
"""A script in Python that builds at top level and runs at its end."""


def write_folder(folder: Path, files: Mapping[str, str]) -> Path:
    """Write text files by name into a folder, which is made, and return it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def template_cell(folder: Path) -> Path:
    """Write the model of a hoc template with its panel."""
    return write_folder(folder, TEMPLATE_CELL)


def plain_script(folder: Path) -> Path:
    """Write the model that is a plain script."""
    return write_folder(folder, PLAIN_SCRIPT)
