"""Recordings in files: Somascope's own exports, frames of others, SONATA reports, and what is wrong with the rest."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import of_kind, settle, trace_of
from ramp import line_geometry

from app.export.trace_column import TraceColumn
from app.export.traces import write_traces
from backends.errors import SourceError
from backends.messages import FieldReplace, SetRunning
from backends.replay import RecordedTrace, ReplaySession, read_recording, write_recording
from backends.sources.source import SessionSource
from backends.views import ImageViewSpec

N = 20


def refusal(path: Path) -> SourceError:
    """Return why a file is no recording."""
    with pytest.raises(SourceError) as caught:
        read_recording(path)
    return caught.value


# ------------------------------------------------------------------------------------- NPZ


def test_traces_that_somascope_exports_are_replayed_sample_by_sample(tmp_path: Path) -> None:
    path = tmp_path / "spike-traces.npz"
    times = np.arange(N) * 0.1
    columns = [
        TraceColumn("soma[0](0.5)", "mV", times, np.sin(times)),
        TraceColumn("clamp", "nA", times[5:], times[5:]),
    ]
    write_traces(path, columns)
    session = ReplaySession.open(path)
    scene = session.initialize()
    assert scene.title == "spike-traces"
    assert scene.trace_view is not None
    assert (scene.trace_view.y_label, scene.trace_view.y_unit) == ("Membrane potential", "mV")
    updates = session.read_updates()
    session.handle(SetRunning(True))
    updates += settle(session)
    np.testing.assert_allclose(trace_of("soma[0](0.5)", updates)[1], np.sin(times))
    np.testing.assert_allclose(trace_of("clamp", updates)[0], times[5:])


def test_a_recording_with_its_morphology_comes_back_as_it_was_written(tmp_path: Path) -> None:
    geometry, times = line_geometry(3), np.arange(N) * 0.5
    frames = np.arange(N)[:, None] + np.arange(3.0)
    trace = RecordedTrace("soma[0](0.5)", times, frames[:, 1], "mV")
    path = write_recording(
        tmp_path / "cell",
        frames=frames, times=times, geometry=geometry, unit="mV", label="Voltage",
        limits=(-80, 40), title="My cell", traces=[trace],
    )  # fmt: skip
    assert path.name == "cell.npz"
    recording = read_recording(path)
    scene = recording.scene
    assert scene.title == "My cell"
    assert scene.geometry is not None
    assert scene.geometry.segment_ids == geometry.segment_ids
    view = scene.morphology_view
    assert view is not None
    assert (view.label, view.unit, view.color_limits) == ("Voltage", "mV", (-80, 40))
    assert recording.traces[0].segment_id == "soma[0](0.5)"
    session = ReplaySession.of(recording)
    session.initialize()
    session.handle(SetRunning(True))
    sent = of_kind(FieldReplace, settle(session))
    np.testing.assert_allclose([each.values for each in sent], frames[1:])
    np.testing.assert_allclose([each.time_ms for each in sent], times[1:])


@pytest.mark.parametrize(("shape", "kind"), [((4, 5), "line"), ((4, 3, 5), "image")])
def test_frames_without_a_morphology_are_a_line_or_an_image(
    tmp_path: Path, shape: tuple[int, ...], kind: str
) -> None:
    path = tmp_path / "wave.npz"
    np.savez(
        path,
        frames=np.random.default_rng(0).normal(size=shape),
        x=np.arange(5) * 0.1,
        axis_unit="mm",
    )
    scene = read_recording(path).scene
    assert [view.KIND for view in scene.views] == [kind]
    assert scene.fields[0].coords["x"][-1] == pytest.approx(0.4)
    (view,) = scene.views
    assert view.x_label == "x (mm)" if isinstance(view, ImageViewSpec) else view.x_unit == "mm"  # type: ignore[union-attr]


def _npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


_NPY = _npy()


def _cut_off(path: Path) -> None:
    np.savez(path, frames=np.zeros((100, 100)))
    path.write_bytes(path.read_bytes()[:3000])


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (_cut_off, "no complete NumPy archive"),
        (lambda path: path.write_bytes(b""), "cut off"),
        (lambda path: path.write_bytes(b"time_ms,v\n0,1\n"), "cut off"),
        (lambda path: path.write_bytes(_NPY), "single array"),
        (lambda path: np.savez(path, v=np.zeros(3)), "neither frames nor values"),
        (lambda path: np.savez(path, values=np.zeros((3, 1))), "time_ms"),
        (
            lambda path: np.savez(path, time_ms=np.zeros(3), values=np.zeros((4, 1)), labels=["v"]),
            r"values must have shape \(3, n\), not \(4, 1\)",
        ),
        (
            lambda path: np.savez(
                path, time_ms=[0.0, 2.0, 1.0], values=np.zeros((3, 1)), labels=["v"]
            ),
            "times .ms. decrease",
        ),
        (lambda path: np.savez(path, frames=np.zeros((0, 4))), "no frame"),
        (lambda path: np.savez(path, frames=np.array(["a"])), "not numbers"),
        (
            lambda path: np.savez(path, frames=np.zeros((3, 4)), frame_times_ms=[0, 1]),
            "frame_times",
        ),
        (
            lambda path: np.savez(path, frames=np.zeros((3, 4)), frame_times_ms=[0, 1, 1]),
            "must increase",
        ),
        (lambda path: np.savez(path, frames=np.zeros((3, 4)), x=np.zeros(5)), "x must have shape"),
        (
            lambda path: np.savez(
                path, frames=np.zeros((2, 1)), morphology_points=np.zeros((2, 3))
            ),
            "morphology_radii",
        ),
        (lambda path: np.savez(path, frames=np.array([None, {}], object)), "cut off"),
    ],
)
def test_a_file_that_is_no_recording_says_what_is_wrong_and_where(
    tmp_path: Path, write: Callable[[Path], Any], words: str
) -> None:
    path = tmp_path / "broken.npz"
    write(path)
    error = refusal(path)
    assert error.code == "bad-recording"
    assert error.message.startswith("broken.npz: ")
    assert re.search(words, error.message), error.message


def test_a_source_opens_a_recording_in_a_deferred_session(tmp_path: Path) -> None:
    path = tmp_path / "wave.npz"
    np.savez(path, frames=np.zeros((4, 5)))
    source = SessionSource.parse(str(path))
    assert (source.kind, source.title, source.is_cell) == ("recording", "wave", False)
    session = source.create()
    scene = session.initialize()
    assert scene is not None
    assert scene.backend == "Recording"
    session.shutdown()


@pytest.mark.parametrize(
    ("options", "hint"),
    [({"backend": "jaxley"}, "omit-backend"), ({"precision": "float64"}, "omit-precision")],
)
def test_a_recording_has_no_simulator_to_choose(
    tmp_path: Path, options: dict[str, str], hint: str
) -> None:
    path = tmp_path / "wave.npz"
    np.savez(path, frames=np.zeros((4, 5)))
    with pytest.raises(SourceError) as caught:
        SessionSource.parse(str(path), **options)
    assert (caught.value.code, caught.value.hint) == ("recording-contradiction", hint)


# ------------------------------------------------------------------------------------ HDF5


def write_report(path: Path, **changes: Any) -> np.ndarray:
    """Write a SONATA report of two cells with soma and dendrite, and return its data."""
    h5py = pytest.importorskip("h5py")
    data = np.arange(N * 6, dtype=np.float32).reshape(N, 6)
    content: dict[str, Any] = {
        "data": data,
        "node_ids": [7, 9],
        "index_pointers": [0, 4, 6],
        "element_ids": [0, 1, 1, 1, 0, 1],
        "element_pos": [0.5, 5 / 6, 0.5, 1 / 6, 0.5, 0.5],
        "time": [10.0, 10.0 + N * 0.1, 0.1],
    } | changes
    units, time_units = content.pop("units", "mV"), content.pop("time_units", "ms")
    with h5py.File(path, "w") as file:
        group = file.create_group("report/cortex")
        group["data"] = content.pop("data")
        group["data"].attrs["units"] = units
        for name, value in content.items():
            if value is not None:
                group[f"mapping/{name}"] = np.asarray(value)
        if content["time"] is not None:
            group["mapping/time"].attrs["units"] = time_units
    return data


def test_a_sonata_report_shows_every_element_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "report.h5"
    data = write_report(path)
    recording = read_recording(path)
    geometry = recording.scene.geometry
    assert geometry is not None
    assert geometry.cell_names == ("cortex[7]", "cortex[9]")
    assert geometry.segment_ids[:2] == ("cortex[7].sec[0](0.5)", "cortex[7].sec[1](0.166667)")
    np.testing.assert_allclose(recording.times, 10 + np.arange(N) * 0.1)
    assert len(geometry.laid_out_sections) == 4
    session = ReplaySession.of(recording)
    scene = session.initialize()
    assert scene.morphology_view is not None
    assert scene.morphology_view.unit == "mV"
    assert scene.findings[0].code == "report.no-shape"
    first = scene.field_by_id("display").values
    assert first.tolist() == [data[0, i] for i in (0, 3, 2, 1, 4, 5)]  # by position in the section
    session.handle(SetRunning(True))
    last = of_kind(FieldReplace, settle(session))[-1]
    assert last.values.tolist() == [data[-1, i] for i in (0, 3, 2, 1, 4, 5)]
    session.shutdown()


def test_the_cells_of_a_report_stand_in_rows(tmp_path: Path) -> None:
    path, n = tmp_path / "report.h5", 9
    write_report(
        path, data=np.zeros((N, n)), node_ids=np.arange(n), index_pointers=np.arange(n + 1),
        element_ids=np.zeros(n), element_pos=np.full(n, 0.5),
    )  # fmt: skip
    geometry = read_recording(path).scene.geometry
    assert geometry is not None
    middles = np.array([geometry.middle(i) for i in range(n)])
    assert len(np.unique(middles[:, 0].round(3))) == 3
    assert len(np.unique(middles[:, 1].round(3))) == 3


def test_a_click_on_a_report_reads_one_element_over_time(tmp_path: Path) -> None:
    from backends.messages import EntityClicked, StepOnce

    path = tmp_path / "report.h5"
    data = write_report(path, element_pos=None, time_units="s", time=[0.0, N * 1e-3, 1e-3])
    session = ReplaySession.open(path)
    session.initialize()
    session.handle(StepOnce(4))
    settle(session)
    session.handle(EntityClicked("cortex[9].sec[1](0.5)"))
    times, values = trace_of("cortex[9].sec[1](0.5)", session.read_updates())
    np.testing.assert_allclose(times, np.arange(5.0))
    np.testing.assert_allclose(values, data[:5, 5])
    session.shutdown()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"index_pointers": [0, 4, 9]}, "index_pointers"),
        ({"element_ids": [0, 1]}, "element_ids"),
        ({"node_ids": None}, "node_ids is missing"),
        ({"time": None}, "time is missing"),
        ({"time": [0.0, 5.0, 1.0]}, "does not suit the 20 rows"),
        ({"time_units": "fortnights"}, "fortnights"),
        ({"data": np.zeros(5)}, "data"),
        ({"data": np.zeros((0, 6))}, "data"),
    ],
)
def test_a_report_that_contradicts_itself_says_where(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = tmp_path / "report.h5"
    write_report(path, **changes)
    error = refusal(path)
    assert error.code == "bad-recording"
    assert words in error.message


def test_a_report_that_is_cut_off_or_something_else_is_refused(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "report.h5"
    write_report(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(path).code == "bad-recording"
    path.write_bytes(b"not HDF5")
    assert refusal(path).code == "bad-recording"
    with h5py.File(path, "w") as file:
        file["currents/cortex/timestamps"] = np.zeros(3)
    assert "/report" in refusal(path).message


def test_without_h5py_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.h5"
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "h5py", None)
    error = refusal(path)
    assert (error.code, error.hint) == ("h5py-missing", "install-h5py")
    assert "pip install h5py" in error.message
