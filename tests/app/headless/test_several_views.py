"""`somascope run` of a scene with several views: all traces are written, and what is not drawn is named."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from app.headless.job import HeadlessJob, run_headless
from backends.driving.collector import UpdateCollector
from backends.messages import FieldAppend
from tests.support import every_view


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    """Lines of the report and the folder of a run of the session with every view."""
    folder = tmp_path_factory.mktemp("run")
    source = f"{Path(every_view.__file__)}:EveryView"
    job = HeadlessJob(source, 1.0, traces=folder / "t.csv", image=folder / "picture.png")
    return run_headless(job).lines, folder


@pytest.mark.slow
def test_the_traces_of_every_plot_are_in_the_table(report: tuple[list[str], Path]) -> None:
    with (report[1] / "t.csv").open() as file:
        head = next(csv.reader(file))
    assert head == ["time_ms", "soma(0.5) [mV]", "near [mM]", "far [mM]"]


def test_what_is_not_drawn_and_not_written_is_named(report: tuple[list[str], Path]) -> None:
    lines, folder = report
    assert (folder / "picture.png").exists()
    (left,) = [line for line in lines if "not drawn" in line]
    for view in every_view.views():
        is_left = view.KIND != "traces" and view.id != "cell"
        assert (f" {view.id}" in left.replace(",", "")) == is_left
    assert any("spikes" in line for line in lines if "not in t.csv" in line)


def test_samples_of_a_field_that_no_plot_shows_are_an_error_once() -> None:
    got = UpdateCollector()
    got.set_scene(every_view.scene())
    got.apply_all(2 * [FieldAppend("grid", ("a",), np.ones((1, 1)), np.ones(1))])
    assert len(got.errors) == 1
    assert "grid" in got.errors[0]
    assert not got.traces


def test_two_fields_may_have_traces_of_one_name() -> None:
    got = UpdateCollector()
    got.set_scene(every_view.scene())
    for field_id in ("trace", "calcium"):
        got.apply_all([FieldAppend(field_id, ("soma",), np.ones((1, 2)), np.arange(2.0))])
    assert list(got.traces) == ["soma", "soma (calcium)"]
    assert [len(each.joined()[0]) for each in got.traces.values()] == [2, 2]
