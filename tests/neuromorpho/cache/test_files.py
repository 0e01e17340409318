"""Downloading and writing files: complete, of their kind, hashed, or not there at all."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from neuromorpho.cache import files
from neuromorpho.cache.files import (
    FileKind,
    StoredFile,
    fetch_file,
    swc_rows,
    sweep_parts,
    write_atomically,
)
from neuromorpho.cache.metadata import sha256_of
from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoCancelled,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoHTTPError,
    NeuroMorphoNotFoundError,
    NeuroMorphoRedirectError,
    NeuroMorphoStorageError,
    NeuroMorphoTooLargeError,
)
from neuromorpho.http import attempt
from neuromorpho.http.transport import Transport
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.urls import Site, build_standard_swc_url, thumbnail_url
from tests.neuromorpho.server import Server
from tests.support.archive_transport import transport_of

REPOSITORY = Path(__file__).resolve().parents[3]
ROW = b"1 1 0 0 0 5.5 -1\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 50
GIF = b"GIF89a" + b"\x00" * 50


def swc_url(server: Server, neuron_id: int = 1) -> str:
    record = server.holdings.record(neuron_id)
    assert record is not None
    return build_standard_swc_url(NeuroMorphoNeuron.from_payload(record), site=Site(server.url))


def everything(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*"))


@pytest.fixture
def server_transport(server: Server) -> Iterator[Transport]:
    made = transport_of(server)
    yield made
    made.close()


class Served:
    """A session that answers each GET with the same bytes, and no headers."""

    def __init__(self, body: bytes) -> None:
        self.body, self.status_code, self.url, self.n_requests = (
            body,
            200,
            "https://neuromorpho.org/f",
            0,
        )

    def get(self, url: str, **kwargs: Any) -> Served:
        self.n_requests += 1
        return self

    def iter_content(self, chunk_size: int) -> Iterator[bytes]:
        for start in range(0, len(self.body), 1000):
            yield self.body[start : start + 1000]


def served(body: bytes, path: Path, kind: FileKind) -> StoredFile:
    """Return the file that some bytes from the network become."""
    given = Transport(Served(body), backoff_base=0.0)
    return fetch_file(given, "https://neuromorpho.org/f", path, kind=kind)


# ------------------------------------------------------------------------------------ downloads


def test_a_downloaded_file_has_size_and_hash(
    server: Server, server_transport: Transport, tmp_path: Path
) -> None:
    seen: list[tuple[int, int | None]] = []
    path = tmp_path / "new" / "folder" / "a cell.CNG.swc"
    found = fetch_file(
        server_transport,
        swc_url(server),
        path,
        kind="swc",
        progress=lambda *step: seen.append(step),
    )
    body = server.files.swc(1)
    assert path.read_bytes() == body
    assert (found.path, found.size) == (path, len(body))
    assert found.sha256 == hashlib.sha256(body).hexdigest() == sha256_of(path)
    assert swc_rows(path) == (sum(not line.startswith(b"#") for line in body.splitlines()), 0)
    assert everything(tmp_path) == ["new", "new/folder", "new/folder/a cell.CNG.swc"]
    assert seen[-1] == (len(body), len(body))


def test_a_picture_is_downloaded(
    server: Server, server_transport: Transport, tmp_path: Path
) -> None:
    record = server.holdings.record(1)
    assert record is not None
    url = thumbnail_url(NeuroMorphoNeuron.from_payload(record), site=Site(server.url))
    assert url is not None
    found = fetch_file(server_transport, url, tmp_path / "a.png", kind="image")
    assert found.path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("text", "rows", "odd"),
    [
        (b"# caf\xe9 \xb5m\n" + ROW, 1, 0),
        (b"\xef\xbb\xbf# with a byte order mark\r\n" + ROW.replace(b"\n", b"\r\n") * 2, 2, 0),
        (b"\xef\xbb\xbf" + ROW, 1, 0),
        (b"# old Mac\r" + ROW.replace(b"\n", b"\r") * 3, 3, 0),
        (ROW.replace(b" ", b"\t"), 1, 0),
        (ROW.replace(b" ", b", "), 1, 0),
        (b"1;1;0;0;0;5,5;-1\n", 1, 0),
        (b"  \n\n" + ROW + b"1 1 0 0\nn T x y z R P\n1 1 a b c d e\n", 1, 3),
        (ROW.strip() + b" 17 a comment", 1, 0),
        (b"# " + b"long " * 20_000 + b"\n" + ROW, 1, 1),
        (b"\n" * 5000 + ROW, 1, 0),
        (ROW + b"2 3 0\n", 1, 1),  # odd, but a whole line
        (ROW + b"end of file", 1, 1),
        (ROW + b"\x1a", 1, 1),  # as DOS ends its files
    ],
)
def test_an_swc_is_recognized_by_its_rows_in_any_dialect(
    tmp_path: Path, text: bytes, rows: int, odd: int
) -> None:
    found = served(text, tmp_path / "a.swc", "swc")
    n_rows, n_odd = swc_rows(found.path)
    assert n_rows == rows
    assert n_odd <= odd if b"long" in text else n_odd == odd
    assert found.path.read_bytes() == text


@pytest.mark.parametrize("cut", [b"2 3 0 30", b"# a comment\r2", b"2 3 0 30 0 1\x00\x00"])
def test_an_swc_that_ends_within_a_sample_was_cut_short(tmp_path: Path, cut: bytes) -> None:
    with pytest.raises(NeuroMorphoAnswerError, match="middle"):
        served(ROW * 900 + cut, tmp_path / "a.swc", "swc")
    assert everything(tmp_path) == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("original", b"\x00" * 5000 + b"binary"),
        ("original", b'<?xml version="1.0"?><mbf version="4.0"></mbf>'),
        ("original", b"PK\x03\x04 an archive"),
        ("original", b"{not: json"),
        ("original", b'{"points": [1, 2]}'),
        ("original", b"; (Dendrite)"),
        ("text", b"a log: 1 error, status bad\n"),
        ("image", PNG),
        ("image", GIF),
    ],
)
def test_a_file_of_its_kind_is_saved_unchanged(tmp_path: Path, kind: FileKind, body: bytes) -> None:
    assert served(body, tmp_path / "file", kind).path.read_bytes() == body


# ---------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("kind", "body", "keyword"),
    [
        ("swc", b"# only\n# comments\n", "without one line of seven numbers"),
        ("swc", b"1 1 0 0 0 5.5\n" * 9, "without one line of seven numbers"),
        ("swc", b"\x1f\x8b\x08" + ROW, "gzip"),
        ("swc", b"PK\x03\x04" + ROW, "zip"),
        ("swc", b"%PDF-1.4\n" + ROW, "PDF"),
        ("swc", PNG, "PNG"),
        ("swc", b"", "empty"),
        ("swc", b"\r\n  \n", "empty"),
        ("original", b"", "empty"),
        ("original", b"\x00" * 100, "empty"),
        ("original", b"<html><title>Login</title></html>" + b" " * 9000, r"web page \(Login\)"),
        ("image", ROW, "something else instead of a picture"),
        ("image", b"", "empty"),
        ("text", b"<!DOCTYPE html><html>", "web page"),
        ("text", b'{"error": "Not here"}', "Not here"),
    ],
)
def test_a_file_of_another_kind_is_refused_and_the_old_one_stays(
    tmp_path: Path, kind: FileKind, body: bytes, keyword: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    with pytest.raises(NeuroMorphoAnswerError, match=keyword) as caught:
        served(body, path, kind)
    assert caught.value.url == "https://neuromorpho.org/f"
    assert path.read_bytes() == b"before"
    assert everything(tmp_path) == ["file"]


def test_an_empty_file_is_requested_again_but_a_picture_is_not(tmp_path: Path) -> None:
    for body, n_requests in ((b"", 3), (PNG, 1)):
        session = Served(body)
        given = Transport(session, backoff_base=0.0)
        with pytest.raises(NeuroMorphoAnswerError):
            fetch_file(given, "https://neuromorpho.org/f", tmp_path / "a", kind="swc")
        assert session.n_requests == n_requests


def test_a_truncated_file_is_recognized_by_its_length(tmp_path: Path) -> None:
    session = Served(ROW * 10)
    session.headers = {"Content-Length": str(len(ROW) * 20)}  # type: ignore[attr-defined]
    given = Transport(session, backoff_base=0.0)
    with pytest.raises(NeuroMorphoAnswerError, match="170 of 340"):
        fetch_file(given, "https://neuromorpho.org/f", tmp_path / "a.swc", kind="swc")
    assert session.n_requests == 3
    assert everything(tmp_path) == []


FAULTS: list[tuple[str, str, type[NeuroMorphoError]]] = [
    ("unavailable", "", NeuroMorphoDownError),
    ("too_many", "0", NeuroMorphoHTTPError),
    ("too_many", "999", NeuroMorphoDownError),
    ("failing", "404", NeuroMorphoNotFoundError),
    ("failing", "403", NeuroMorphoHTTPError),
    ("drop", "", NeuroMorphoDownError),
    ("reset", "", NeuroMorphoAnswerError),
    ("short", "", NeuroMorphoAnswerError),
    ("empty", "", NeuroMorphoAnswerError),
    ("html_file", "", NeuroMorphoDownError),
    ("notice", "", NeuroMorphoDownError),
    ("error_inside", "500", NeuroMorphoDownError),
    ("error_inside", "404", NeuroMorphoNotFoundError),
    ("endless", "", NeuroMorphoTooLargeError),
    ("bomb", "100", NeuroMorphoTooLargeError),
    ("redirect", "foreign", NeuroMorphoRedirectError),
    ("redirect", "loop", NeuroMorphoRedirectError),
    ("stall", "30", NeuroMorphoDownError),
    ("delay", "30", NeuroMorphoDownError),
]


@pytest.mark.parametrize(("fault", "value", "kind"), FAULTS)
def test_no_fault_leaves_a_file_or_changes_the_old_one(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    value: str,
    kind: type[NeuroMorphoError],
) -> None:
    monkeypatch.setattr(attempt, "_FILE_TIMEOUT_S", 0.1)
    server_transport = transport_of(server, timeout=0.1 if fault in {"stall", "delay"} else 5.0)
    path = tmp_path / "a.swc"
    path.write_bytes(b"before")
    url = swc_url(server)
    server.faults.add(fault, value)
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 2_000_000)
    with pytest.raises(kind) as caught:
        fetch_file(server_transport, url, path, kind="swc")
    server_transport.close()
    assert type(caught.value) is kind
    assert caught.value.url.startswith(server.url)
    assert path.read_bytes() == b"before"
    assert everything(tmp_path) == ["a.swc"]


@pytest.mark.parametrize("fault", ["unavailable", "reset", "short", "drop", "empty", "html_file"])
def test_a_truncated_file_is_downloaded_again_from_the_start(
    server: Server, server_transport: Transport, tmp_path: Path, fault: str
) -> None:
    server.faults.add(fault, times=2)
    found = fetch_file(server_transport, swc_url(server), tmp_path / "a.swc", kind="swc")
    assert found.path.read_bytes() == server.files.swc(1)
    assert found.sha256 == hashlib.sha256(server.files.swc(1)).hexdigest()
    assert server.count() == 3
    assert everything(tmp_path) == ["a.swc"]


def test_latin_1_in_the_header_is_accepted(
    server: Server, server_transport: Transport, tmp_path: Path
) -> None:
    server.faults.add("latin1")
    found = fetch_file(server_transport, swc_url(server), tmp_path / "a.swc", kind="swc")
    assert "Müller".encode("latin-1") in found.path.read_bytes()
    assert swc_rows(found.path)[1] == 0


def test_a_file_comes_from_the_mirror_when_the_server_is_down(
    server: Server, tmp_path: Path
) -> None:
    with Server(n_made=5) as mirror:
        server.faults.add("notice")
        server_transport = transport_of(server, mirror=Site(mirror.url))
        fetch_file(server_transport, swc_url(server), tmp_path / "a.swc", kind="swc")
        server_transport.close()
        assert mirror.count() == 1
        assert (tmp_path / "a.swc").read_bytes() == mirror.files.swc(1)


@pytest.mark.parametrize("fault", ["stall", "slow", "endless"])
def test_a_cancel_stops_a_download_at_once_and_leaves_nothing(
    server: Server, server_transport: Transport, tmp_path: Path, fault: str
) -> None:
    cancel = threading.Event()
    server.faults.add(fault, "30" if fault != "endless" else "0.02")
    timer = threading.Timer(0.2, cancel.set)
    timer.start()
    started = time.monotonic()
    with pytest.raises(NeuroMorphoCancelled):
        fetch_file(
            server_transport.with_cancel(cancel), swc_url(server, 2), tmp_path / "a.swc", kind="swc"
        )
    timer.join()
    assert 0.1 < time.monotonic() - started < 5.0
    assert server.count() == 1
    assert everything(tmp_path) == []


def test_an_error_of_the_caller_is_neither_swallowed_nor_retried(
    server: Server, server_transport: Transport, tmp_path: Path
) -> None:
    def on_progress(size: int, length: int | None) -> None:
        raise BrokenPipeError("the terminal went away")

    with pytest.raises(BrokenPipeError):
        fetch_file(
            server_transport, swc_url(server), tmp_path / "a", kind="swc", progress=on_progress
        )
    assert server.count() == 1
    assert everything(tmp_path) == []


# ---------------------------------------------------------------------------------------- the disk


@pytest.mark.parametrize("name", ["a\x00b.swc", "x" * 300, "\ud800.swc"])
def test_an_invalid_name_is_an_error_before_any_request(
    server: Server, server_transport: Transport, tmp_path: Path, name: str
) -> None:
    with pytest.raises(NeuroMorphoStorageError, match="written") as caught:
        fetch_file(server_transport, swc_url(server), tmp_path / name, kind="swc")
    assert caught.value.path == tmp_path / name
    with pytest.raises(NeuroMorphoStorageError):
        write_atomically(tmp_path / name, b"x")
    assert server.count() == 0
    assert everything(tmp_path) == []


def test_the_longest_possible_name_works(
    server: Server, server_transport: Transport, tmp_path: Path
) -> None:
    for name in ("é" * 125 + ".swc", "n" * 251 + ".swc"):
        fetch_file(server_transport, swc_url(server), tmp_path / name, kind="swc")
        write_atomically(tmp_path / name, b"x")
    assert len(everything(tmp_path)) == 2


def test_a_folder_that_is_a_file_is_an_error(
    server: Server, server_transport: Transport, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"before")
    with pytest.raises(NeuroMorphoStorageError):
        fetch_file(server_transport, swc_url(server), tmp_path / "file" / "a.swc", kind="swc")
    assert server.count() == 0


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("fsync", errno.EIO),
        ("fsync", errno.ENOSPC),
        ("replace", errno.EROFS),
        ("replace", errno.EACCES),
    ],
)
def test_errors_at_the_end_of_a_write_leave_the_old_file(
    server: Server,
    server_transport: Transport,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    number: int,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    path = tmp_path / "a.swc"
    path.write_bytes(b"before")
    monkeypatch.setattr(files.os, name, refuse)
    with pytest.raises(NeuroMorphoStorageError, match=os.strerror(number)) as caught:
        fetch_file(server_transport, swc_url(server), path, kind="swc")
    assert caught.value.path == path
    with pytest.raises(NeuroMorphoStorageError):
        write_atomically(path, b"after")
    assert server.count() == 1
    assert path.read_bytes() == b"before"
    assert everything(tmp_path) == ["a.swc"]


FULL = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
"""
READ_ONLY = """
if os.geteuid() == 0:  # who may write anywhere
    os.setuid(65534)
"""


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has neither such limits nor such users"
)
@pytest.mark.parametrize(
    ("limit", "keyword"), [(FULL, "File too large"), (READ_ONLY, "Permission denied")]
)
def test_a_full_or_read_only_disk_is_reported_and_nothing_is_left(
    server: Server, tmp_path: Path, limit: str, keyword: str
) -> None:
    program = f"""
import os, resource, signal
from pathlib import Path
from neuromorpho.errors import NeuroMorphoStorageError
from neuromorpho.cache.files import fetch_file, write_atomically
from neuromorpho.http.transport import Transport
from neuromorpho.urls import Site
server_transport = Transport(site=Site({server.url!r}))
server_transport.json({server.url!r} + "/api/neuron/id/1")  # what is imported late is imported now
{limit}
for work in (
    lambda path: fetch_file(server_transport, {swc_url(server)!r}, path, kind="swc"),
    lambda path: write_atomically(path, b"x" * 100_000),
):
    try:
        work(Path("a.swc"))
    except NeuroMorphoStorageError as error:
        print(error)
"""
    assert len(server.files.swc(1)) > 4096
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "a.swc").write_bytes(b"before")
    folder.chmod(0o755 if limit == FULL else 0o555)
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    folder.chmod(0o755)
    assert found.stdout.count(f"({keyword})") == 2
    assert (folder / "a.swc").read_bytes() == b"before"
    assert everything(folder) == ["a.swc"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux has such a folder")
def test_a_folder_that_cannot_be_written_is_an_error_before_any_request(
    server: Server, server_transport: Transport
) -> None:
    with pytest.raises(NeuroMorphoStorageError):
        fetch_file(server_transport, swc_url(server), Path("/proc/somascope/a.swc"), kind="swc")
    assert server.count() == 0


def test_the_content_is_on_the_disk_before_the_name(
    server: Server, server_transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def recorded(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*args: Any) -> Any:
            is_folder = name == "fsync" and os.path.isdir(f"/proc/self/fd/{args[0]}")
            done.append("fsync of the folder" if is_folder else name)
            return real(*args)

        return call

    for name in ("fsync", "replace"):
        monkeypatch.setattr(files.os, name, recorded(name))
    order = ["fsync", "replace", "fsync of the folder"]
    fetch_file(server_transport, swc_url(server), tmp_path / "a.swc", kind="swc")
    assert done == order
    write_atomically(tmp_path / "b", b"x")
    assert done == order * 2


def test_concurrent_downloads_of_one_file_do_not_interfere(
    server: Server, server_transport: Transport, tmp_path: Path
) -> None:
    server.faults.add("slow", "0.2")
    parts: set[str] = set()
    path = tmp_path / "a.swc"

    def fetch() -> None:
        fetch_file(
            server_transport,
            swc_url(server),
            path,
            kind="swc",
            progress=lambda *_: parts.update(everything(tmp_path)),
        )

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    parts.discard("a.swc")
    assert len(parts) == 4
    assert path.read_bytes() == server.files.swc(1)
    assert everything(tmp_path) == ["a.swc"]


def test_a_link_is_replaced_and_its_target_stays(
    server: Server, server_transport: Transport, tmp_path: Path
) -> None:
    (tmp_path / "else").write_bytes(b"before")
    (tmp_path / "a.swc").symlink_to(tmp_path / "else")
    fetch_file(server_transport, swc_url(server), tmp_path / "a.swc", kind="swc")
    assert (tmp_path / "else").read_bytes() == b"before"
    assert not (tmp_path / "a.swc").is_symlink()


# -------------------------------------------------------------------------------------- leftovers


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_the_temporary_file_of_a_process_is_removed_once_it_is_killed(
    server: Server, tmp_path: Path
) -> None:
    server.faults.add("slow", "8")
    program = f"""
from pathlib import Path
from neuromorpho.cache.files import fetch_file
from neuromorpho.http.transport import Transport
from neuromorpho.urls import Site
fetch_file(Transport(site=Site({server.url!r})), {swc_url(server)!r}, Path("in/a.swc"), kind="swc")
"""
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    deadline = time.monotonic() + 10.0
    while not list(tmp_path.glob("in/.*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sweep_parts(tmp_path) == 0, "it is being written"
    child.send_signal(signal.SIGKILL)
    child.wait()
    (left,) = (tmp_path / "in").iterdir()
    assert left.name.startswith(".a.swc.")
    assert left.name.endswith(".part")
    assert sweep_parts(tmp_path) == 1
    assert everything(tmp_path) == ["in"]


def test_only_our_temporary_files_are_removed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    ours = ".a.swc.0123456789ab.part"
    (outside / ours).write_bytes(b"x")
    others = [
        "a.swc",
        "film.mp4.part",
        ".hidden.part",
        ".a.swc.0123456789AB.part",
        "a.0123456789ab.part",
    ]
    for name in [*others, ours]:
        (inside / name).write_bytes(b"x")
    (inside / ".b.0123456789ab.part").mkdir()
    (inside / ".c.0123456789ab.part").symlink_to(outside / ours)
    (inside / "linked").symlink_to(outside)
    assert sweep_parts(inside) == 1
    assert not (inside / ours).exists()
    assert (outside / ours).exists()
    assert all((inside / name).exists() for name in others)
    assert sweep_parts(tmp_path / "nowhere") == 0


def test_where_there_are_no_locks_only_old_temporary_files_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_lock", lambda _: None)
    path = tmp_path / ".a.swc.0123456789ab.part"
    path.write_bytes(b"x")
    assert sweep_parts(tmp_path) == 0
    os.utime(path, (time.time() - 7 * 86400,) * 2)
    assert sweep_parts(tmp_path) == 1


def test_a_sweep_before_the_lock_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, n_swept = files._lock, 0

    def lock(file: IO[Any]) -> bool | None:
        nonlocal n_swept
        if not n_swept:
            n_swept = 1
            assert sweep_parts(tmp_path) == 1
        return real(file)

    monkeypatch.setattr(files, "_lock", lock)
    write_atomically(tmp_path / "a", b"x")
    assert n_swept
    assert everything(tmp_path) == ["a"]


def test_data_replaces_a_file_completely(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "data.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert everything(tmp_path) == ["deep", "deep/er", "deep/er/data.json"]


def test_counting_rows_needs_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.swc"
    for body, rows in ((b"x" * 5_000_000, 0), (ROW * 20_000, 20_000)):
        path.write_bytes(body)
        tracemalloc.start()
        try:
            assert swc_rows(path)[0] == rows
            assert tracemalloc.get_traced_memory()[1] < 1_500_000
        finally:
            tracemalloc.stop()
