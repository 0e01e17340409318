"""A cell of the archive, named by its id, from the server or the cache to the screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.archive.connection.options import ArchiveOptions
from app.archive.drag_data import mime_of
from app.archive.loading.fetch import cached_source
from app.archive.text import size_text
from app.cli import main
from backends.live.loaded_cell import LoadedCell
from backends.messages import CaptureTrace, SetControl
from backends.sources.source import SessionSource
from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.errors import NeuroMorphoCacheError
from neuromorpho.http.rate_limiter import RateLimiter
from tests.neuromorpho.server import Server

if TYPE_CHECKING:
    from app.window.controller import Controller

OpenSomascope = Callable[..., "Controller"]
LONG_MS = 20_000
CELL, OTHER = 3, 5


@pytest.fixture
def options(archive_server: Server, tmp_path: Path) -> ArchiveOptions:
    """The server, and a cache of the test's own."""
    return ArchiveOptions(archive_server.url, tmp_path / "cache")


def put_in_cache(options: ArchiveOptions, *ids: int) -> None:
    """Download cells, without pace."""
    with NeuroMorphoClient(
        base_url=options.base_url, cache_dir=options.cache_dir, limiter=RateLimiter(None)
    ) as client:
        for each in ids:
            client.download(each, mode="standard")


def name_of(server: Server, neuron_id: int) -> str:
    """Return what the archive calls a cell."""
    return str(server.holdings.record(neuron_id)["neuron_name"])


def is_shown(controller: Controller, title: str) -> bool:
    """Return whether a cell is on the screen, with a trace, and nothing is being opened."""
    ready = controller.model.scene.title == title and not controller.opener.is_opening
    return ready and bool(controller.model.traces)


def test_a_cell_given_by_its_id_is_fetched_and_shows_its_origin(
    open_somascope: OpenSomascope, options: ArchiveOptions, archive_server: Server
) -> None:
    controller = open_somascope(f"NMO_{CELL:05d}", archive=options)
    record, scene = archive_server.holdings.record(CELL), controller.model.scene
    assert scene.title == record["neuron_name"]
    assert scene.facts["NeuroMorpho.Org"] == f"NMO_{CELL:05d}"
    assert scene.facts["Archive"] == record["archive"]
    assert scene.facts["Species"] == record["species"]
    note = next(each for each in scene.findings if each.code == "origin")
    assert record["neuron_name"] in note.message
    assert f"{archive_server.url}/dableFiles/" in note.message
    assert "SHA-256" in note.message
    assert archive_server.count("*.swc") == 1
    assert controller.opener.recent_path == ""
    assert not controller.window.banner.message


def test_a_cell_in_the_cache_costs_no_request_even_offline(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions, archive_server: Server
) -> None:
    put_in_cache(options, CELL)
    archive_server.reset()
    controller = open_somascope(archive=options)
    controller.archive.set_offline(True)
    controller.archive_loader.load(CELL)
    qtbot.waitUntil(lambda: is_shown(controller, name_of(archive_server, CELL)), timeout=LONG_MS)
    assert archive_server.requests == []

    controller.archive_loader.load(OTHER)  # that one is not in the cache
    qtbot.waitUntil(lambda: bool(controller.window.banner.message), timeout=LONG_MS)
    assert "offline" in controller.window.banner.message
    assert not controller.opener.is_opening
    assert archive_server.requests == []


def test_esc_ends_a_download_and_leaves_the_cell_that_is_shown(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions, archive_server: Server
) -> None:
    archive_server.faults.add("stall", 60, path="*.swc")
    controller = open_somascope(archive=options)
    window, title = controller.window, controller.model.scene.title
    controller.archive_loader.load(CELL)
    qtbot.waitUntil(lambda: "Downloading" in window.busy_bar.text, timeout=LONG_MS)
    assert name_of(archive_server, CELL) in window.busy_bar.text
    folder = options.cache_dir or Path()
    qtbot.waitUntil(lambda: bool(list(folder.rglob("*.part"))), timeout=LONG_MS)
    assert window.command_actions["cancel"].isEnabled()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not controller.opener.is_opening
    assert window.busy_bar.isHidden()
    assert not window.command_actions["cancel"].isEnabled()
    assert controller.model.scene.title == title
    assert not window.banner.message
    qtbot.waitUntil(lambda: not list(folder.rglob("*.part")), timeout=LONG_MS)


@pytest.mark.slow
def test_a_choice_of_simulator_during_a_download_is_used_for_the_new_cell(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions, archive_server: Server
) -> None:
    fault = archive_server.faults.add("slow", 1, path="*.swc")
    controller = open_somascope(archive=options)
    controller.archive_loader.load(CELL)
    qtbot.waitUntil(lambda: fault.hits == 1, timeout=LONG_MS)
    controller.choice.choose_simulator("jaxley")
    source = controller.opener.target_source
    assert source is not None
    assert (source.origin, source.backend) == (f"NMO_{CELL:05d}", "jaxley")
    assert not source.is_local
    qtbot.waitUntil(lambda: controller.owner.is_loading, timeout=LONG_MS)
    source = controller.opener.target_source
    assert source is not None
    assert (source.is_local, source.backend) == (True, "jaxley")
    assert fault.hits == 1
    controller.opener.cancel()
    assert controller.opener.simulator.backend == "neuron"


def test_a_page_in_place_of_the_file_is_one_sentence_and_retry_loads_the_cell(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions, archive_server: Server
) -> None:
    archive_server.faults.add("html_file")
    controller = open_somascope(archive=options)
    banner = controller.window.banner
    controller.archive_loader.load(CELL)
    qtbot.waitUntil(lambda: bool(banner.message), timeout=LONG_MS)
    assert banner.message.startswith(f"NMO_{CELL:05d} could not be loaded: ")
    assert banner.retry_button.text() == "Retry"
    assert not controller.opener.is_opening
    assert controller.window.busy_bar.isHidden()

    archive_server.faults.clear()
    qtbot.mouseClick(banner.retry_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: is_shown(controller, name_of(archive_server, CELL)), timeout=LONG_MS)


@pytest.mark.slow
def test_another_cell_keeps_the_users_settings_and_lists_those_that_do_not_fit(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions, archive_server: Server
) -> None:
    put_in_cache(options, CELL)
    controller = open_somascope("ball_and_stick", archive=options)
    model = controller.model
    soma, far = model.segment_id(model.root_segment()), model.geometry.segment_ids[-1]
    controller.post(CaptureTrace(far))
    controller.post(SetControl(LoadedCell.CONTROL_DELAY, 4.0))
    controller.post(
        SetControl(LoadedCell.CONTROL_AMP, -model.control_values[LoadedCell.CONTROL_AMP])
    )
    touched_amplitude = -model.control_values[LoadedCell.CONTROL_AMP]
    qtbot.waitUntil(lambda: far in model.traces, timeout=LONG_MS)
    qtbot.waitUntil(
        lambda: model.control_values[LoadedCell.CONTROL_AMP] == touched_amplitude, timeout=LONG_MS
    )
    own_duration = model.control_values[LoadedCell.CONTROL_DUR]

    controller.archive_loader.load(CELL)
    name = name_of(archive_server, CELL)
    qtbot.waitUntil(lambda: is_shown(controller, name), timeout=LONG_MS)
    qtbot.waitUntil(lambda: model.control_values[LoadedCell.CONTROL_DELAY] == 4.0, timeout=LONG_MS)
    assert model.control_values[LoadedCell.CONTROL_DUR] == own_duration
    assert model.segment_id(model.root_segment()) in model.traces
    assert soma not in model.traces or soma == model.segment_id(model.root_segment())
    message = controller.window.banner.message
    assert f"The trace of {far}" in message
    assert f"Applied to {name}:" in message
    assert "Delay 4 ms" in message


@pytest.mark.slow
def test_a_value_that_another_cell_does_not_allow_is_named_and_its_own_stays(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions, archive_server: Server
) -> None:
    put_in_cache(options, CELL)
    controller = open_somascope("pyramidal", archive=options)
    model = controller.model
    amplitude = next(
        each for each in model.scene.controls if each.id == LoadedCell.CONTROL_AMP
    ).value_spec
    controller.post(SetControl(LoadedCell.CONTROL_AMP, amplitude.max))
    qtbot.waitUntil(
        lambda: model.control_values[LoadedCell.CONTROL_AMP] == amplitude.max, timeout=LONG_MS
    )
    controller.archive_loader.load(CELL)
    name = name_of(archive_server, CELL)
    qtbot.waitUntil(lambda: is_shown(controller, name), timeout=LONG_MS)
    new = next(
        each for each in model.scene.controls if each.id == LoadedCell.CONTROL_AMP
    ).value_spec
    assert new.max < amplitude.max, "choose a smaller cell for this test"
    assert model.control_values[LoadedCell.CONTROL_AMP] == new.default
    assert "Amplitude: " in controller.window.banner.message
    assert "is outside" in controller.window.banner.message


@pytest.mark.slow
def test_what_was_not_set_by_hand_is_the_other_cells_own(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions, archive_server: Server
) -> None:
    put_in_cache(options, CELL)
    controller = open_somascope("ball_and_stick", archive=options)
    model = controller.model
    before = model.control_values[LoadedCell.CONTROL_AMP]
    controller.archive_loader.load(CELL)
    qtbot.waitUntil(lambda: is_shown(controller, name_of(archive_server, CELL)), timeout=LONG_MS)
    own = next(each for each in model.scene.controls if each.id == LoadedCell.CONTROL_AMP)
    assert own.value_spec.default != before, "choose another cell for this test"
    assert model.control_values[LoadedCell.CONTROL_AMP] == own.value_spec.default
    assert not controller.window.banner.message
    experiment = controller.handover._experiment
    assert experiment is not None
    assert experiment.controls == {}


def test_a_cell_dragged_onto_the_window_is_loaded(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions, archive_server: Server
) -> None:
    put_in_cache(options, CELL)
    controller = open_somascope(archive=options)
    window, data = controller.window, mime_of([CELL, OTHER])
    place, keys, button = (
        QPointF(600, 300),
        Qt.KeyboardModifier.NoModifier,
        Qt.MouseButton.LeftButton,
    )
    action = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
    entering = QDragEnterEvent(place.toPoint(), action, data, button, keys)
    dropping = QDropEvent(place, action, data, button, keys)
    for event in (entering, dropping):
        QApplication.sendEvent(window, event)
        assert event.isAccepted()
        assert event.dropAction() == Qt.DropAction.CopyAction
    qtbot.waitUntil(lambda: is_shown(controller, name_of(archive_server, CELL)), timeout=LONG_MS)


def test_an_invalid_id_is_refused_in_a_sentence(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions, archive_server: Server
) -> None:
    controller = open_somascope(archive=options)
    controller.archive_loader.load(0)
    qtbot.waitUntil(lambda: bool(controller.window.banner.message), timeout=LONG_MS)
    assert "0 is not an id" in controller.window.banner.message
    assert archive_server.requests == []


# ---------------------------------------------------------------------------- without a window


def run(options: ArchiveOptions, source: str, *words: object) -> int:
    """Run ``somascope run`` in this process."""
    server_options = ["--base-url", options.base_url, "--cache-dir", options.cache_dir]
    return main.main([str(each) for each in ("run", source, "--for", 2, *server_options, *words)])


def test_run_accepts_an_id_writes_its_origin_and_sends_each_request_once(
    options: ArchiveOptions,
    archive_server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    audit = tmp_path / "audit.json"
    assert run(options, f"NMO_{CELL:05d}", "--audit", audit) == 0
    assert f"{name_of(archive_server, CELL)} on NEURON: 2 of 2 ms" in capsys.readouterr().out
    report = json.loads(audit.read_text())
    assert report["source"] == f"NMO_{CELL:05d}"
    assert report["facts"]["NeuroMorpho.Org"] == f"NMO_{CELL:05d}"
    assert report["findings"][0]["code"] == "origin"

    n_asked = len(archive_server.requests)
    assert 0 < n_asked <= 3
    assert run(options, f"nmo_{CELL}") == 0
    assert len(archive_server.requests) == n_asked


@pytest.mark.parametrize("command", ["run", "compare"])
def test_a_server_that_is_down_is_one_sentence_and_exit_status_1(
    command: str,
    options: ArchiveOptions,
    archive_server: Server,
    capsys: pytest.CaptureFixture[str],
) -> None:
    archive_server.stop()
    words = [command, f"NMO_{CELL:05d}", "--for", "2", "--base-url", str(options.base_url)]
    assert main.main([*words, "--cache-dir", str(options.cache_dir)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"somascope: NMO_{CELL:05d} could not be fetched: ")
    assert "--mirror" in lines[0]


def test_an_invalid_address_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["compare", "NMO_00001", "--for", "2", "--base-url", "ftp://x"])
    assert ended.value.code == 2
    assert "ftp://x" in capsys.readouterr().err


def test_what_a_damaged_or_foreign_cache_lacks_is_left_out(tmp_path: Path) -> None:
    source, cache = SessionSource.parse("NMO_00007"), NeuroMorphoCache(tmp_path)
    with pytest.raises(NeuroMorphoCacheError, match="There is no SWC of NMO_00007 in"):
        cached_source(source, cache)
    folder = tmp_path / "7"
    folder.mkdir()
    (folder / "a.CNG.swc").write_text("1 1 0 0 0 1 -1\n")
    content = {
        "neuron_name": "<b>a</b>\n\x00\u202e" + "x" * 99,
        "archive": 3,
        "download_items": "none",
    }
    (folder / "metadata.json").write_text(json.dumps(content))
    found = cached_source(source, cache)
    assert found.path == str(folder / "a.CNG.swc")
    assert found.origin_facts == ()
    assert found.origin_note.startswith(
        "The file is the standardized SWC of NMO_00007 (<b>a</b> xx"
    )
    assert found.origin_note.isprintable()
    assert found.title.startswith("<b>a</b> xx")
    assert len(found.title) == 60
    assert len(found.origin_note) < 200


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(0, "0 B"), (999, "999 B"), (12_345, "12 kB"), (3_450_000, "3.5 MB"), (2 * 10**9, "2.0 GB")],
)
def test_sizes_have_a_readable_unit(n_bytes: int, text: str) -> None:
    assert size_text(n_bytes) == text
