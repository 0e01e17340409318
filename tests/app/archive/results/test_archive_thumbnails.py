"""Pictures of cells: from the network once, then from the disk, then from memory; visible ones first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.archive.connection.service import ArchiveService
from app.archive.results.bar import FailureStrip
from app.archive.results.thumbnails import SIZE, Thumbnails, read_picture
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server import Server

MakeService = Callable[..., ArchiveService]


def cells(server: Server, n: int) -> list[NeuroMorphoNeuron]:
    ids = sorted(server.holdings.ids)[:n]
    return [NeuroMorphoNeuron.from_payload(server.holdings.record(each)) for each in ids]


def n_requests(server: Server) -> list[str]:
    return [seen.path for seen in server.requests if "/images/" in seen.path]


def test_nothing_is_requested_before_a_picture_is_wanted(
    qtbot: QtBot, service: ArchiveService, archive_server: Server
) -> None:
    thumbnails = Thumbnails(service)
    [neuron] = cells(archive_server, 1)
    assert thumbnails.pixmap(neuron) is None
    assert not thumbnails.has_none(neuron)
    assert archive_server.requests == []
    assert not service.is_busy()


def test_a_picture_comes_scaled_and_lies_on_the_disk(
    qtbot: QtBot, service: ArchiveService, archive_server: Server, tmp_path: Path
) -> None:
    thumbnails = Thumbnails(service)
    [neuron] = cells(archive_server, 1)
    with qtbot.waitSignal(thumbnails.ready):
        thumbnails.want([neuron])
    picture = thumbnails.pixmap(neuron)
    assert picture is not None
    assert picture.size() == QSize(200, 160)
    saved = QImage(str(tmp_path / "cache" / "thumbnails" / f"{neuron.neuron_id}.png"))
    assert saved.size() == QSize(300, 240)


def test_a_picture_on_the_disk_is_shown_without_the_network(
    qtbot: QtBot, make_service: MakeService, archive_server: Server
) -> None:
    [neuron] = cells(archive_server, 1)
    first = Thumbnails(make_service())
    with qtbot.waitSignal(first.ready):
        first.want([neuron])
    n_requested = len(archive_server.requests)
    offline = make_service()
    offline.set_offline(True)
    second = Thumbnails(offline)
    with qtbot.waitSignal(second.ready):
        second.want([neuron])
    assert second.pixmap(neuron) is not None
    assert len(archive_server.requests) == n_requested


def test_the_cells_in_view_come_first_and_those_flown_past_never(
    qtbot: QtBot, service: ArchiveService, archive_server: Server
) -> None:
    thumbnails = Thumbnails(service)
    all_cells = cells(archive_server, 60)
    passed, in_view = all_cells[:50], all_cells[50:]
    thumbnails.want(passed)
    thumbnails.want(in_view)
    qtbot.waitUntil(lambda: all(thumbnails.pixmap(each) is not None for each in in_view))
    assert len(n_requests(archive_server)) == len(in_view)
    assert all(thumbnails.pixmap(each) is None for each in passed)


def test_no_more_than_two_are_fetched_at_once(
    qtbot: QtBot, service: ArchiveService, archive_server: Server
) -> None:
    thumbnails = Thumbnails(service)
    wanted = cells(archive_server, 12)
    most = 0

    def look() -> None:
        nonlocal most
        fetching = [each for each in wanted if service.is_busy(f"thumbnails/{each.neuron_id}/")]
        most = max(most, len(fetching))

    thumbnails.ready.connect(look)
    thumbnails.want(wanted)
    qtbot.waitUntil(lambda: all(thumbnails.pixmap(each) is not None for each in wanted))
    assert 1 <= most <= 2


def test_a_cell_without_a_picture_is_known_to_have_none_and_is_requested_once(
    qtbot: QtBot, service: ArchiveService, archive_server: Server
) -> None:
    thumbnails = Thumbnails(service)
    record = archive_server.holdings.record(1) | {
        "png_url": "http://neuromorpho.org/images/imageFiles/Nowhere/nothing.png"
    }
    neuron = NeuroMorphoNeuron.from_payload(record)
    with qtbot.waitSignal(thumbnails.ready):
        thumbnails.want([neuron])
    assert thumbnails.has_none(neuron)
    assert thumbnails.pixmap(neuron) is None
    thumbnails.want([neuron])
    assert len(n_requests(archive_server)) == 1
    assert not service.is_busy()


def test_a_record_without_an_address_requests_nothing(
    qtbot: QtBot, service: ArchiveService, archive_server: Server
) -> None:
    thumbnails = Thumbnails(service)
    neuron = NeuroMorphoNeuron(1, "bare")
    thumbnails.want([neuron])
    assert thumbnails.has_none(neuron)
    assert not service.is_busy()


def test_a_picture_of_a_foreign_host_is_never_fetched(
    qtbot: QtBot, service: ArchiveService, archive_server: Server
) -> None:
    thumbnails = Thumbnails(service)
    neuron = NeuroMorphoNeuron(1, "lure", png_url="http://example.com/images/x.png")
    with qtbot.waitSignal(thumbnails.ready):
        thumbnails.want([neuron])
    assert thumbnails.has_none(neuron)
    assert archive_server.requests == []


def test_a_web_page_in_place_of_a_picture_is_not_saved(
    qtbot: QtBot, service: ArchiveService, archive_server: Server, tmp_path: Path
) -> None:
    archive_server.faults.add("notice", path="/images/*")
    thumbnails = Thumbnails(service)
    [neuron] = cells(archive_server, 1)
    thumbnails.want([neuron])
    qtbot.waitUntil(lambda: not service.is_busy())
    assert thumbnails.pixmap(neuron) is None
    assert not list((tmp_path / "cache").rglob(f"{neuron.neuron_id}.png"))


def test_pictures_that_cannot_be_loaded_are_counted_with_the_reason_until_they_are_there(
    qtbot: QtBot, service: ArchiveService, archive_server: Server
) -> None:
    archive_server.faults.add("truncated", path="/images/*")
    thumbnails, strip = Thumbnails(service), FailureStrip()
    qtbot.addWidget(strip)
    thumbnails.failuresChanged.connect(strip.set_pictures)
    strip.picturesRetried.connect(thumbnails.retry)
    wanted = cells(archive_server, 2)
    thumbnails.want(wanted)
    qtbot.waitUntil(lambda: all(thumbnails.has_failed(each) for each in wanted))
    assert strip.isVisibleTo(None)
    assert strip.sentence.text().startswith("2 pictures could not be loaded: ")
    assert "no picture" in strip.sentence.text()
    assert "/images/" in strip.facts.text()
    archive_server.faults.clear()
    qtbot.mouseClick(strip.retry, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: all(thumbnails.pixmap(each) is not None for each in wanted))
    assert not strip.isVisibleTo(None)


def test_after_an_outage_the_pictures_in_view_come_once_the_server_is_back(
    qtbot: QtBot, service: ArchiveService, archive_server: Server
) -> None:
    thumbnails = Thumbnails(service)
    wanted = cells(archive_server, 4)
    service.set_offline(True)
    thumbnails.want(wanted)
    qtbot.waitUntil(lambda: not service.is_busy())
    assert not any(thumbnails.has_none(each) for each in wanted)
    service.set_offline(False)
    qtbot.waitUntil(lambda: all(thumbnails.pixmap(each) is not None for each in wanted))


def test_pictures_go_on_after_somebody_cancelled_everything(
    qtbot: QtBot, service: ArchiveService, archive_server: Server
) -> None:
    thumbnails = Thumbnails(service)
    wanted = cells(archive_server, 6)
    thumbnails.want(wanted)
    service.cancel("")
    thumbnails.want(wanted)
    qtbot.waitUntil(lambda: all(thumbnails.pixmap(each) is not None for each in wanted))


def test_a_damaged_file_on_the_disk_is_removed_and_downloaded_again(
    qtbot: QtBot, service: ArchiveService, archive_server: Server, tmp_path: Path
) -> None:
    [neuron] = cells(archive_server, 1)
    path = tmp_path / "cache" / "thumbnails" / f"{neuron.neuron_id}.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    thumbnails = Thumbnails(service)
    with qtbot.waitSignal(thumbnails.ready):
        thumbnails.want([neuron])
    assert thumbnails.pixmap(neuron) is not None


def test_a_picture_of_monstrous_size_is_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    wide = QImage(5000, 1, QImage.Format.Format_Grayscale8)
    wide.fill(0)
    assert wide.save(str(path))
    assert read_picture(path) is None


def test_a_small_picture_is_not_blown_up(tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    small = QImage(40, 30, QImage.Format.Format_RGB32)
    small.fill(0xFF112233)
    assert small.save(str(path))
    image = read_picture(path)
    assert image is not None
    assert image.size() == QSize(40, 30)
    assert SIZE.width() >= image.width()


def test_where_only_the_disk_counts_the_network_is_not_used(
    qtbot: QtBot, service: ArchiveService, archive_server: Server
) -> None:
    thumbnails = Thumbnails(service)
    here, *others = cells(archive_server, 6)
    with qtbot.waitSignal(thumbnails.ready):
        thumbnails.want([here])
    n_requested = len(n_requests(archive_server))
    thumbnails.set_fetching(False)
    thumbnails.want([here, *others])
    qtbot.waitUntil(lambda: all(map(thumbnails.has_none, others)))
    assert not thumbnails.has_none(here)
    assert not service.is_busy()
    assert len(n_requests(archive_server)) == n_requested
    thumbnails.set_fetching(True)
    assert not any(map(thumbnails.has_none, others))
    thumbnails.want(others)
    qtbot.waitUntil(lambda: all(thumbnails.pixmap(each) is not None for each in others))


def test_what_is_on_its_way_is_called_off_where_only_the_disk_counts(
    qtbot: QtBot, service: ArchiveService, archive_server: Server
) -> None:
    archive_server.faults.add("stall", 60, path="/images/*")
    thumbnails = Thumbnails(service)
    thumbnails.want(cells(archive_server, 6))
    qtbot.waitUntil(lambda: len(n_requests(archive_server)) == 2)
    thumbnails.set_fetching(False)
    assert not service.is_busy()


def test_pictures_that_an_outage_cost_are_not_tried_again_where_only_the_disk_counts(
    qtbot: QtBot, service: ArchiveService, archive_server: Server
) -> None:
    thumbnails = Thumbnails(service)
    service.set_offline(True)
    thumbnails.want(cells(archive_server, 4))
    qtbot.waitUntil(lambda: not service.is_busy())
    thumbnails.set_fetching(False)
    service.set_offline(False)
    service.check()
    qtbot.waitUntil(lambda: service.connection.state == "online" and not service.is_busy())
    assert n_requests(archive_server) == []
