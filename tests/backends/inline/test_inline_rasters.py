"""`view.raster` on both simulators: the spikes of `SessionHooks.spike_sources`, in as many rasters as there are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backends.errors import ProtocolError, SourceError
from backends.messages import Error, EventsAppend, FieldReplace, Reset
from tests.support.inline_scripts import BALL_AND_STICK, Opened, opened

TWO_CELLS = f"""{BALL_AND_STICK}
class Cell:
    def __init__(self):
        self.dend, self.soma = h.Section(name="dend", cell=self), h.Section(name="soma", cell=self)
        self.dend.connect(self.soma(1))
        self.dend.diam = 1
        self.soma.L = self.soma.diam = 20
        self.soma.insert("hh")

cell = Cell()
synapse = h.ExpSyn(cell.soma(0.5))
connection = h.NetCon(soma(0.5)._ref_v, synapse, sec=soma)
connection.threshold, connection.delay, connection.weight[0] = -10, 1, 0.05
view = ss.neuron()
"""


def rows_of(model: Opened, view_id: str) -> tuple[str, ...]:
    """Return the names of a raster's rows."""
    return tuple(model.scene.field_by_id(model.views[view_id].field_id).coords["row"])


def times_of(model: Opened, view_id: str, row: int) -> list[float]:
    """Return the times of one row since the last start."""
    times: list[float] = []
    for each in model.of(EventsAppend):
        if each.field_id == model.views[view_id].field_id:
            times = [] if each.from_start else times
            times += each.times[each.rows == row].tolist()
    return times


def test_without_sources_each_cell_is_a_row(tmp_path: Path) -> None:
    with opened(tmp_path, TWO_CELLS + "view.raster(window_ms=50)\n") as model:
        (view,) = model.views.values()
        assert (view.KIND, view.title, view.window_ms) == ("raster", "Spikes", 50)
        assert rows_of(model, "spikes") == ("soma", "Cell[0]")
        model.run(10)
        first, second = (times_of(model, "spikes", row) for row in (0, 1))
        assert len(first) >= 1
        assert 1 < second[0] - first[0] < 4  # the dendrite, which is first, has no channels
        assert model.of(Error) == []


def test_several_rasters_take_sections_segments_and_netcons(tmp_path: Path) -> None:
    text = f"""{TWO_CELLS}
view.raster([soma, soma(0.5), connection], title="Three")
view.raster({{"far": dend(1), "near": soma}}, title="Two")
view.raster(dend, threshold=-30, title="One")
"""
    with opened(tmp_path, text) as model:
        assert rows_of(model, "three") == ("soma", "soma(0.5)", "soma(0.5) 2")
        assert rows_of(model, "two") == ("far", "near")
        model.run(10)
        found = times_of(model, "three", 0)
        assert len(found) >= 1
        same = (("three", 1), ("three", 2), ("two", 1))
        assert [times_of(model, *each) for each in same] == [found] * 3
        counts = {each.field_id: each.values for each in model.of(FieldReplace)}
        assert counts[model.views["three"].field_id].tolist() == [len(found)] * 3
        model.send(Reset())
        model.run(10)
        assert times_of(model, "three", 2) == found


def test_the_threshold_of_the_model_s_own_netcons_is_not_changed(tmp_path: Path) -> None:
    text = TWO_CELLS + "view.raster(soma, threshold=0)\n"
    with pytest.raises(ProtocolError) as caught, opened(tmp_path, text):
        pass
    assert caught.value.code == "shared-threshold"
    assert caught.value.message.startswith("raster: ")
    assert f"my_model.py, line {text.count(chr(10))}" in caught.value.message


JAXLEY = """
import jaxley as jx
import somascope as ss
from jaxley.channels import HH

one = jx.Cell([jx.Branch(ncomp=2)] * 2, parents=[-1, 0])
network = jx.Network([one, one])
network.insert(HH())
view = ss.jaxley(network, dt=0.025)
view.inject(network.cell(1).branch(0).comp(0), delay=1, dur=1e9, amp=0.5)
"""


@pytest.mark.slow
def test_on_jaxley_too(tmp_path: Path) -> None:
    pytest.importorskip("jaxley")
    text = f"""{JAXLEY}
first = network.cell(1).branch(0).comp(0)
view.raster()
view.raster([first, network.cell(1).branch(1).comp(1)], threshold=-20, title="Places")
view.trace({{"v": first, "w": network.cell(0).branch(0).comp(0)}})
"""
    with opened(tmp_path, text) as model:
        assert rows_of(model, "spikes") == ("cell[0]", "cell[1]")
        assert rows_of(model, "places") == ("cell[1].branch[0](0.25)", "cell[1].branch[1](0.75)")
        model.run(15)
        for row, name in enumerate("wv"):
            times, values = model.trace(name)
            crossings = times[:-1][(values[:-1] < 10) & (values[1:] >= 10)]
            np.testing.assert_allclose(times_of(model, "spikes", row), crossings, atol=0.101)
        assert len(crossings) >= 1
        assert len(times_of(model, "places", 0)) == len(crossings)


@pytest.mark.slow
def test_on_jaxley_the_voltage_must_be_the_first_colour(tmp_path: Path) -> None:
    pytest.importorskip("jaxley")
    text = JAXLEY + 'view.morphology("HH_m")\nview.raster()\n'
    with pytest.raises(ProtocolError) as caught, opened(tmp_path, text):
        pass
    assert caught.value.code == "unknown-variable"
    assert "'v' first" in caught.value.message
    assert f"my_model.py, line {text.count(chr(10))}" in caught.value.message


@pytest.mark.parametrize(
    ("script", "line", "keyword"),
    [
        (TWO_CELLS, "view.raster(3)", "section"),
        (TWO_CELLS, 'view.raster("soma")', "section"),
        (TWO_CELLS, "view.raster([])", "none"),
        (JAXLEY, "view.raster([one.branch(0)])", "network"),
    ],
)
def test_what_is_no_source_is_refused_at_its_line(
    tmp_path: Path, script: str, line: str, keyword: str
) -> None:
    if script is JAXLEY:
        pytest.importorskip("jaxley")
    text = f"{script}{line}\n"
    with pytest.raises(SourceError) as caught, opened(tmp_path, text):
        pass
    assert caught.value.code == "bad-source"
    assert str(caught.value).startswith(f"my_model.py, line {text.count(chr(10))}: ")
    assert keyword in str(caught.value)
