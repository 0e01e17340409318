"""SONATA spike files as rasters: rows, times, the clock, and what is wrong with the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import of_kind, settle
from ramp import line_geometry

from backends import run
from backends.errors import ProtocolError, SourceError
from backends.field import Field
from backends.messages import EventsAppend, FieldReplace, Reset, RunFor, RunStatus, SetRunning
from backends.replay import RecordedEvents, ReplaySession, read_recording, write_recording
from backends.scene import Scene
from backends.sources.source import SessionSource
from backends.views import RasterViewSpec

TIMES, NODES = [4.0, 1.0, 1.0, 7.25], [9, 3, 9, 3]


def write_spikes(path: Path, units: str = "ms", **populations: dict[str, Any]) -> Path:
    """Write a spike file; by default one population, not sorted."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        for name, content in (
            populations or {"cortex": {"timestamps": TIMES, "node_ids": NODES}}
        ).items():
            group = file.create_group(f"spikes/{name}")
            for key, values in content.items():
                group[key] = np.asarray(values)
            if "timestamps" in group:
                group["timestamps"].attrs["units"] = units
    return path


def received(session: ReplaySession) -> tuple[list[int], list[float]]:
    """Return the rows and times of the events that a session sends until its end."""
    session.handle(SetRunning(True))
    rows: list[int] = []
    times: list[float] = []
    for each in of_kind(EventsAppend, settle(session)):
        if each.from_start:
            rows, times = [], []
        rows += each.rows.tolist()
        times += each.times.tolist()
    return rows, times


def test_a_spike_file_is_a_raster_with_a_row_for_each_node_that_fires(tmp_path: Path) -> None:
    session = ReplaySession.open(write_spikes(tmp_path / "spikes.h5"))
    scene = session.initialize()
    (view,) = scene.views
    assert isinstance(view, RasterViewSpec)
    field = scene.field_by_id(view.field_id)
    assert list(field.coords["node"]) == ["cortex[3]", "cortex[9]"]
    assert scene.title == "spikes"
    assert "silent" in scene.findings[0].message
    rows, times = received(session)
    assert times == sorted(TIMES)
    assert rows == [0, 1, 1, 0]
    session.shutdown()


def test_the_clock_decides_which_spikes_are_there_and_init_leads_back(tmp_path: Path) -> None:
    session = ReplaySession.open(write_spikes(tmp_path / "spikes.h5"))
    session.initialize()
    session.read_updates()
    session.handle(RunFor(2.0))
    updates = settle(session)
    assert [t for each in of_kind(EventsAppend, updates) for t in each.times] == [1.0, 1.0]
    assert of_kind(FieldReplace, updates)[-1].values.tolist() == [1, 1]
    session.handle(Reset())
    updates = session.read_updates()
    (events,) = of_kind(EventsAppend, updates)
    assert (events.from_start, len(events.rows)) == (True, 0)
    assert of_kind(FieldReplace, updates)[-1].values.tolist() == [0, 0]
    _, times = received(session)
    assert times == sorted(TIMES)
    session.shutdown()


def test_several_populations_are_rows_of_one_raster_and_seconds_become_ms(tmp_path: Path) -> None:
    path = write_spikes(
        tmp_path / "spikes.h5",
        "s",
        b={"timestamps": [0.002], "node_ids": [0]},
        a={"timestamps": [0.001], "node_ids": [5]},
    )
    recording = read_recording(path)
    assert list(recording.scene.fields[0].coords["node"]) == ["a[5]", "b[0]"]
    (events,) = recording.events
    assert events.times.tolist() == [1.0, 2.0]
    recording.close()


def test_it_opens_and_runs_as_any_model(tmp_path: Path) -> None:
    source = SessionSource.parse(str(write_spikes(tmp_path / "spikes.h5")))
    session = source.create()
    session.initialize()
    assert not session.is_live()
    session.handle(RunFor(7.3))
    assert of_kind(RunStatus, settle(session))[-1].time_ms == pytest.approx(7.3)
    session.shutdown()
    result = run(str(tmp_path / "spikes.h5"), for_ms=5)
    assert result.fields["spikes"].values.tolist() == [1, 2]


GOOD = {"timestamps": TIMES, "node_ids": NODES}


@pytest.mark.parametrize(
    ("population", "words"),
    [
        ({"timestamps": TIMES}, "node_ids is missing"),
        ({"node_ids": NODES}, "timestamps is missing"),
        (GOOD | {"node_ids": [1]}, "node_ids"),
        (GOOD | {"timestamps": [1.0, np.nan, 2.0, 3.0]}, "finite"),
        (GOOD | {"timestamps": ["a", "b", "c", "d"]}, "cannot be read"),
        ({"timestamps": [], "node_ids": []}, "no population"),
    ],
)
def test_what_is_no_spike_file_is_refused(
    tmp_path: Path, population: dict[str, Any], words: str
) -> None:
    values = {
        name: np.asarray(each, "S1") if each and isinstance(each[0], str) else each
        for name, each in population.items()
    }
    with pytest.raises(SourceError) as caught:
        read_recording(write_spikes(tmp_path / "spikes.h5", cortex=values))
    assert caught.value.code == "bad-recording"
    assert caught.value.message.startswith("spikes.h5: ")
    assert words in caught.value.message


def test_an_unknown_unit_and_another_group_are_named(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with pytest.raises(SourceError) as caught:
        read_recording(write_spikes(tmp_path / "spikes.h5", "min"))
    assert "min" in caught.value.message
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["currents"] = [1.0]
    with pytest.raises(SourceError) as caught:
        read_recording(tmp_path / "other.h5")
    assert "/spikes/<population>" in caught.value.message
    assert "currents" in caught.value.message


def raster_scene(n_rows: int) -> Scene:
    field = Field("fired", np.zeros(n_rows), ("row",))
    return Scene(fields=(field,), views=(RasterViewSpec("raster", "fired"),))


def test_events_of_an_authors_own_are_replayed() -> None:
    events = RecordedEvents("fired", [1, 0], [2.0, 1.0])  # type: ignore[arg-type]
    session = ReplaySession(scene=raster_scene(2), events=[events], interval_live=False)
    session.initialize()
    assert received(session) == ([0, 1], [1.0, 2.0])


def test_events_that_no_row_has_are_refused() -> None:
    events = RecordedEvents("fired", [2], [1.0])  # type: ignore[arg-type]
    with pytest.raises(ProtocolError) as caught:
        ReplaySession(scene=raster_scene(2), events=[events])
    assert caught.value.code == "bad-index"
    with pytest.raises(ProtocolError) as caught:
        ReplaySession(scene=Scene(), events=[events])
    assert caught.value.code == "unknown-field"


# ------------------------------------------------------------------------------------- NPZ


def test_events_beside_frames_come_back_as_they_were_written(tmp_path: Path) -> None:
    events = [
        RecordedEvents("a", [1, 0], [2.0, 1.0], ("first", "second"), "Fired"),  # type: ignore[arg-type]
        RecordedEvents("b", [2], [0.5]),  # type: ignore[arg-type]
    ]
    path = write_recording(
        tmp_path / "both.npz",
        frames=np.zeros((4, 3)), times=np.arange(4.0), geometry=line_geometry(3), events=events,
    )  # fmt: skip
    recording = read_recording(path)
    rasters = [each for each in recording.scene.views if isinstance(each, RasterViewSpec)]
    assert [each.title for each in rasters] == ["Fired", "Spikes"]
    fields = [recording.scene.field_by_id(each.field_id) for each in rasters]
    assert [list(each.coords["row"]) for each in fields] == [["first", "second"], ["0", "1", "2"]]
    session = ReplaySession.of(recording)
    session.initialize()
    rows, times = received(session)
    assert sorted(times) == [0.5, 1.0, 2.0]
    assert sorted(rows) == [0, 1, 2]


def test_a_file_with_events_alone_is_a_raster(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "fired.npz",
        events0_rows=[0, 1], events0_times_ms=[1.0, 3.0], events0_names=["a", "b"],
    )  # fmt: skip
    session = ReplaySession.open(tmp_path / "fired.npz")
    scene = session.initialize()
    assert [view.KIND for view in scene.views] == ["raster"]
    assert received(session) == ([0, 1], [1.0, 3.0])


def test_events_without_names_of_rows_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "fired.npz", events0_rows=[0], events0_times_ms=[1.0])
    with pytest.raises(SourceError) as caught:
        read_recording(tmp_path / "fired.npz")
    assert "events0_names" in caught.value.message
    np.savez(tmp_path / "fired.npz", events0_rows=[3], events0_times_ms=[1.0], events0_names=["a"])
    with pytest.raises(SourceError) as caught:
        read_recording(tmp_path / "fired.npz")
    assert "row 3" in caught.value.message


SPIKING = """
import numpy as np
import somascope as ss
view = ss.source(lambda ctx: {"fired": [round(ctx.t) % 3]}, dt=1)
view.image(lambda ctx: np.full((2, 2), ctx.t), title="Time")
view.raster("fired", rows=["a", "b", "c"], title="Fired")
"""


def test_the_raster_of_a_run_is_in_its_recording(tmp_path: Path) -> None:
    (tmp_path / "fires.py").write_text(SPIKING)
    result = run(str(tmp_path / "fires.py"), for_ms=6, frame_ms=1)
    recording = read_recording(result.save(tmp_path / "fires.npz"))
    (events,) = recording.events
    assert (events.names, events.title) == (("a", "b", "c"), "Fired")
    assert len(events.times) == 6
    assert sorted({view.KIND for view in recording.scene.views}) == ["image", "raster"]
