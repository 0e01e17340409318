#!/usr/bin/env bash
# Guess: h.ref, h.allsec, h.cas and h.Section are methods of NEURON's Python object, so that a tool may use them whatever
# a model has done in hoc.
# Seen with NEURON 9.0.2: a hoc variable of the same name goes first. After `ref = 3` in a model's file, h.ref is the
# number 3.0 and h.ref("") a TypeError; so it is with allsec, cas and Section. A method that was taken before the
# model is read goes on working.
# So: a tool that opens models takes these methods once, before it reads any of a model's files.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet neuron==9.0.2 numpy==2.2.6
cd "$folder"
env -u DISPLAY "$folder/venv/bin/python" - <<'PY'
from neuron import h

soma = h.Section(name="soma")
names = ("ref", "allsec", "cas", "Section")
before = {name: getattr(h, name) for name in names}
for number, name in enumerate(names):
    h(f"{name} = {number}")
    print(f"after `{name} = {number}` in hoc, h.{name} is {getattr(h, name)!r}")
    assert getattr(h, name) == float(number)
assert before["ref"](2.5)[0] == 2.5
assert [section.name() for section in before["allsec"]()] == ["soma"]
assert before["cas"]().name() == "soma"
print("methods taken before still work")
PY
