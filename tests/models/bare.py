"""One model in NEURON alone, in a process of its own that imports nothing of Somascope.

    python bare.py '{"folder": ..., "entry": ..., "library": ..., "press": [...], "tstop": 200, "answer": ...}'

Reads the model as `nrniv -nogui` would but for the runs that it asks for meanwhile, presses the buttons by their commands, turns CVode off, runs `run()` to
at most `tstop`, and writes the voltage of one segment (mV, at each step) and the times (ms) to an .npz file.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import time

import numpy as np

# stdrun.hoc's run(), which does nothing while the model is read: a run then would leave the model's random
# generators elsewhere than the run that is compared.
_RUN = """
is_reading_ = 1
proc run() {
    if (is_reading_) return
    running_ = 1
    stdinit()
    continuerun(tstop)
}
"""


def main(job: dict) -> None:
    """Read, run and write one model."""
    os.environ.pop("DISPLAY", None)
    folder, entry = os.path.split(os.path.join(job["folder"], job["entry"]))
    os.chdir(folder)
    sys.path.insert(0, folder)
    from neuron import h

    h.load_file("nrngui.hoc")
    h(_RUN)
    if job["library"]:
        h.nrn_load_dll(job["library"])
    begin = time.perf_counter()
    kept = _read(h, entry)
    read_s = time.perf_counter() - begin
    for command in job["press"]:
        if not h(command):
            raise RuntimeError(f"the command of a button failed: {command}")
    h.is_reading_ = 0
    used_cvode = bool(h.cvode_active())
    h.cvode_active(0)
    segment = job["segment"] or first_soma(h)
    volts, times = _record(h, segment)
    own_tstop = float(h.tstop)
    h.tstop = min(own_tstop, job["tstop"])
    begin = time.perf_counter()
    h.run()
    if h.t > h.tstop + 1 and own_tstop > h.tstop:  # its init() goes on to a later time by itself
        h.tstop = min(own_tstop, h.t + job["tstop"])
        h.run()
    np.savez(
        job["answer"],
        times=times,
        volts=volts,
        segment=segment,
        read_s=read_s,
        run_s=time.perf_counter() - begin,
        until_ms=float(h.tstop),
        cvode=used_cvode,
        n_sections=sum(1 for _ in h.allsec()),
    )
    kept.clear()


def _read(h, entry: str) -> dict:
    """Read the entry script; return the variables of one in Python, which keep its sections alive."""
    if entry.endswith(".py"):
        sys.argv = [entry]
        started = []
        handler = h.FInitializeHandler(0, lambda: started.append(h.cas().v))
        variables = runpy.run_path(entry, run_name="__main__")
        del handler
        if started:
            h.v_init = started[-1]  # a script's own finitialize() says where a run of it begins
        return variables
    if not h.load_file(entry):
        raise RuntimeError(f"NEURON could not read {entry}")
    return {}


def first_soma(h) -> str:
    """Return the middle of the first section called a soma, else of the first section: ``"soma(0.5)"``."""
    names = [section.name() for section in h.allsec()]
    if not names:
        raise RuntimeError("no section has been built; which button builds the model?")
    somas = [name for name in names if "soma" in name.rpartition(".")[2].lower()]
    name = (somas or names)[0]
    section = next(each for each in h.allsec() if each.name() == name)
    middle = (
        section.nseg // 2 + 0.5
    ) / section.nseg  # of an even number none has its middle at 0.5
    return f"{name}({middle:.6g})"


def _record(h, segment: str):
    name, _, place = segment.rstrip(")").rpartition("(")
    section = next(each for each in h.allsec() if each.name() == name)
    volts, times = h.Vector(), h.Vector()
    volts.record(section(float(place))._ref_v)
    times.record(h._ref_t)
    return volts, times


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
