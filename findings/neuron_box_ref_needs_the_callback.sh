#!/usr/bin/env bash
# Guess: a recorder behind NEURON's GUI call-back may look only at what is drawn: panels, buttons, graphs. Everything
# else it can answer with 0, since without any call-back the same calls do nothing either.
# Seen with NEURON 9.0.2: Box.ref(object) is what keeps a standard tool alive (PointProcessManager, Grapher and each
# tool of a session file is made by `new` without a variable that stays). With the call-back set, the reference is
# the call-back's to hold: if it keeps nothing, the tool is freed at once, and later commands of its own buttons end
# in "Object ID doesn't exist". Kept by the call-back, the tool lives and its button works.
# So: keep what Box.ref is given until the box is gone.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet neuron==9.0.2 numpy==2.2.6
cd "$folder"
cat > try.py <<'PY'
import ctypes
import sys

import neuron
from neuron import h

h.load_file("nrngui.hoc")
keeps = sys.argv[1] == "keep"
held = []


class Drawn:
    """Stands for a box."""


def callback(name, obj, *args):
    if name == "Box.ref" and keeps:
        held.append(args)
    return Drawn() if name == "VBox" else 0


setter = neuron.nrn_dll_sym("nrnpy_set_gui_callback")
setter.argtypes = [ctypes.py_object]
setter(callback)
h(
    """
begintemplate Tool
public pressed
objref box, this
proc init() {
    pressed = 0
    box = new VBox()
    box.ref(this)
    box.intercept(1)
    xpanel("tool")
    xbutton("Go", "go()")
    xpanel()
    box.intercept(0)
    box.map("Tool")
}
proc go() { pressed += 1 }
endtemplate Tool
"""
)
h("objref tool_")
h("tool_ = new Tool()")
h("objref tool_")
print("alive:", int(h.List("Tool").count()))
PY
for how in drop keep; do
  echo "$how: $(env -u DISPLAY "$folder/venv/bin/python" try.py $how 2>/dev/null)" | tee -a seen
done
grep -q "drop: alive: 0" seen
grep -q "keep: alive: 1" seen
