#!/usr/bin/env bash
# Guess: a POINTER that was set to a segment's voltage stays at its place on the section when nseg changes: the segment
# that is there then.
# Seen with NEURON 9.0.2: it stays with the old segment's data. From 1 to 3 segments, a POINTER that was set at 0.9 is at
# the middle; from 3 to 1 it points to nothing (`data_handle<double>{null}`), which only its repr says.
# So: set POINTERs after the last change of nseg, and set them again after one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet neuron==9.0.2 numpy==2.2.6
cd "$folder"
cat > gap.mod <<'MOD'
NEURON { POINT_PROCESS Gap POINTER vgap RANGE r, i NONSPECIFIC_CURRENT i }
PARAMETER { r = 1e10 (megohm) }
ASSIGNED { v (millivolt) vgap (millivolt) i (nanoamp) }
BREAKPOINT { i = (v - vgap)/r }
MOD
"$folder/venv/bin/nrnivmodl" . > compiled.log 2>&1
cat > run.py <<'PY'
from neuron import h

a, b = h.Section(name="a"), h.Section(name="b")
gap = h.Gap(b(0.5))
gap._ref_vgap = a(0.9)._ref_v
a.nseg = 3
assert gap._ref_vgap == a(0.5)._ref_v
assert gap._ref_vgap != a(0.9)._ref_v
gap._ref_vgap = a(0.9)._ref_v
a.nseg = 1
print(repr(gap._ref_vgap))
assert "null" in repr(gap._ref_vgap)
PY
env -u DISPLAY "$folder/venv/bin/python" run.py 2>/dev/null
echo "as seen with NEURON 9.0.2"
