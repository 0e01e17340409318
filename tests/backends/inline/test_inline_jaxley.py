"""`ss.jaxley`: the cell that a script has built, with its currents, traces and parameters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backends.errors import SourceError
from backends.messages import Error, FieldReplace, InvokeAction, Reset, SetControl, StatePatch
from tests.support.inline_scripts import opened

pytest.importorskip("jaxley")

CELL = """
import jaxley as jx
import somascope as ss
from jaxley.channels import HH

cell = jx.Cell([jx.Branch(ncomp=2)] * 3, parents=[-1, 0, 0])
cell.insert(HH())
"""

SHOWN = f"""{CELL}
view = ss.jaxley(cell, dt=0.025, display_dt=0.1)
current = view.inject(cell.branch(0).comp(0), delay=1, dur=1e9, amp=0.1)
view.morphology("HH_m")
view.morphology("v")
voltage = view.trace(cell.branch(0).comp(0), cell.branch(2).comp(1), title="Voltage (mV)")
gate = view.trace({{"m": (cell.branch(0).comp(0), "HH_m")}}, limits=(0, 1))
both = view.derive(lambda a, b, m: a - b + 0 * m, over=(voltage, gate), title="Difference (mV)")
mean = view.derive(lambda m: m.mean(axis=-1), over="m", window=0.5, title="Mean")
view.slider("Amplitude (nA)", current, "amp", 0, 1)
view.slider("Sodium", cell, "HH_gNa", 0.01, 1, log=True)
view.button("Off", lambda: setattr(current, "amp", 0))
ss.show(title="Three branches")
"""


def test_a_script_shows_its_cell_its_traces_and_what_is_derived_from_them(tmp_path: Path) -> None:
    with opened(tmp_path, SHOWN) as model:
        views = model.views
        assert (views["morphology"].field_id, views["morphology"].label) == ("display", "m (HH)")
        assert views["cell-v"].field_id == "v"
        assert views["voltage"].y_unit == "mV"
        first, second = views["voltage"].series
        assert (first, second) == ("cell.branch(0).comp(0)", "cell.branch(2).comp(1)")
        units = {each.id: each.value_spec.unit for each in model.scene.controls}
        assert units == {"amplitude": "nA", "sodium": "S/cm²"}
        for _ in range(2):
            model.run(3)
            model.run(2)
            times, values = model.trace(first)
            np.testing.assert_allclose(times, np.arange(51) * 0.1, atol=1e-9)
            difference_times, difference = model.trace("Difference")
            np.testing.assert_allclose(difference_times, times)
            np.testing.assert_allclose(difference, values - model.trace(second)[1], atol=1e-4)
            m = model.trace("m")[1]
            np.testing.assert_allclose(model.trace("Mean")[1][-1], m[-5:].mean(), atol=1e-6)
            assert len(model.trace("Mean")[0]) == 51 - 4
            assert values.max() > 0
            model.send(Reset())
        assert model.of(Error) == []
        newest = {each.field_id: each for each in model.of(FieldReplace)}
        assert newest["v"].values.shape == newest["display"].values.shape == (6,)


@pytest.mark.slow
def test_controls_change_currents_and_parameters_of_the_running_model(tmp_path: Path) -> None:
    with opened(tmp_path, SHOWN) as model:
        model.run(2)
        model.send(SetControl("sodium", 0.02))
        assert StatePatch({"amplitude": 0.0}) in model.send(InvokeAction("off"))
        model.run(20)
        assert model.trace("cell.branch(0).comp(0)")[1][-50:].max() < -40


@pytest.mark.parametrize(
    ("line", "code", "keyword"),
    [
        ("view.trace(3)", "bad-source", "compartment"),
        ('view.slider("A", cell, "HH_gNaa", 0, 1)', "unknown-target", "HH_gNa"),
        ("ss.jaxley(cell.branch(0))", "bad-source", "jx.Cell"),
        ('view.inject("soma", delay=0, dur=1, amp=1)', "bad-place", "place"),
    ],
)
def test_a_mistake_is_refused_at_its_line(
    tmp_path: Path, line: str, code: str, keyword: str
) -> None:
    text = f"{CELL}view = ss.jaxley(cell)\n{line}\n"
    with pytest.raises(SourceError) as caught, opened(tmp_path, text):
        pass
    assert caught.value.code == code
    assert str(caught.value).startswith(f"my_model.py, line {text.count(chr(10))}: ")
    assert keyword in str(caught.value)
