#!/usr/bin/env bash
# Guess: each NetCon has a threshold and a recording of its own, so that a tool may add a NetCon to a cell that a
# model's own NetCon watches already, set its threshold and record the spikes, and leave the model as it was.
# Seen with NEURON 9.0.2: both belong to the source. A new NetCon of the same source begins with the threshold that
# the first was given, not with the default of 10 mV; setting the new one's changes the first one's; and
# record(vector) of the second stops that of the first without a word: its vector stays empty.
# So: before watching a cell, look for NetCons of the same source, keep their threshold, and read the spikes from
# the vector or callback that they have, or record at another place.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet neuron==9.0.2 numpy==2.2.6
cd "$folder"
env -u DISPLAY "$folder/venv/bin/python" - <<'PY'
from neuron import h

h.load_file("stdrun.hoc")
soma = h.Section(name="soma")
soma.L = soma.diam = 20
soma.insert("hh")
clamp = h.IClamp(soma(0.5))
clamp.delay, clamp.dur, clamp.amp = 1, 1e9, 0.3


def spikes_of_first(adds_second):
    first = h.NetCon(soma(0.5)._ref_v, None, sec=soma)
    first.threshold = -20
    times, others = h.Vector(), h.Vector()
    first.record(times)
    inherited = None
    if adds_second:
        second = h.NetCon(soma(0.5)._ref_v, None, sec=soma)
        inherited = second.threshold
        second.threshold = 5
        second.record(others)
    h.finitialize(-65)
    h.continuerun(50)
    return first.threshold, inherited, len(times), len(others)


alone, both = spikes_of_first(False), spikes_of_first(True)
print("alone: threshold %g mV, %d spikes in its vector" % (alone[0], alone[2]))
print("beside a second: threshold %g mV (the second began with %g), %d spikes in its vector, %d in the second's" % (
    both[0], both[1], both[2], both[3]))
assert alone[0] == -20 and alone[2] > 2
assert both == (5, -20, 0, alone[2]), both
PY
