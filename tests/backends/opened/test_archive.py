"""Zip archives are unpacked once into the cache; what is not harmless is refused in one sentence, and nothing is left."""

from __future__ import annotations

import stat
import threading
import zipfile
from pathlib import Path

import pytest

from backends.errors import SessionCancelled, SourceError
from backends.opened.archive import ArchiveLimits, cache_folder, unpack_model

GOOD = {"hh/mosinit.hoc": "create soma\n", "hh/mod/kd.mod": "NEURON { SUFFIX kd }\n"}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def zip_of(path: Path, files: dict[str, str]) -> Path:
    """Write an archive of text files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def refusal_of(path: Path, **limits: float) -> str:
    """Return the code of the error for an archive, of which nothing may be left."""
    with pytest.raises(SourceError) as caught:
        unpack_model(path, limits=ArchiveLimits(**limits))  # type: ignore[arg-type]
    assert path.name in caught.value.message
    assert not cache_folder().exists() or not list(cache_folder().iterdir())
    return caught.value.code


def test_an_archive_is_unpacked_into_the_cache_once(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "hh.zip", GOOD)
    shares: list[float] = []
    folder = unpack_model(path, report=shares.append)
    assert folder.name == "hh"
    assert (folder / "mosinit.hoc").read_text() == "create soma\n"
    assert (folder / "mod/kd.mod").is_file()
    assert shares[-1] == 1.0
    (folder / "mosinit.hoc").write_text("// changed by its user")
    assert unpack_model(path) == folder
    assert (folder / "mosinit.hoc").read_text() == "// changed by its user"


def test_an_archive_without_a_top_folder_gets_its_own_name(tmp_path: Path) -> None:
    folder = unpack_model(zip_of(tmp_path / "My model.zip", {"a.hoc": "", "b.hoc": ""}))
    assert folder.name == "My model"
    assert sorted(each.name for each in folder.iterdir()) == ["a.hoc", "b.hoc"]


def test_what_file_managers_add_is_left_out(tmp_path: Path) -> None:
    files = GOOD | {"__MACOSX/hh/._mosinit.hoc": "x", "hh/.DS_Store": "x"}
    folder = unpack_model(zip_of(tmp_path / "hh.zip", files))
    assert sorted(each.name for each in folder.iterdir()) == ["mod", "mosinit.hoc"]


def test_backslashes_of_windows_are_folders(tmp_path: Path) -> None:
    folder = unpack_model(zip_of(tmp_path / "hh.zip", {"hh\\a.hoc": "", "hh\\mod\\b.mod": ""}))
    assert (folder / "mod/b.mod").is_file()


@pytest.mark.parametrize(
    "name",
    [
        "/absolute.hoc",
        "../beside.hoc",
        "a/../../beside.hoc",
        "..\\beside.hoc",
        "C:\\a.hoc",
        "a//b.hoc",
        "./a.hoc",
        "a\nb.hoc",
        "x" * 300,
        "a/" * 600 + "b.hoc",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    assert refusal_of(zip_of(tmp_path / "bad.zip", GOOD | {name: "x"})) == "archive-name"


@pytest.mark.parametrize(
    "names", [("a.hoc", "A.hoc"), ("a/x.hoc", "A/X.hoc"), ("a", "a/b.hoc"), ("a/b.hoc", "A")]
)
def test_names_that_would_be_one_file_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    assert refusal_of(zip_of(tmp_path / "bad.zip", dict.fromkeys(names, ""))) == "archive-name"


def test_folders_that_are_listed_twice_are_no_collision(tmp_path: Path) -> None:
    path = tmp_path / "hh.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("hh/", "hh/mod/", "hh/mod/a.mod", "hh/b.hoc"):
            archive.writestr(name, "")
    assert sorted(each.name for each in unpack_model(path).iterdir()) == ["b.hoc", "mod"]


def test_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "link.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("hh/init.hoc")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/hostname")
    assert refusal_of(path) == "archive-name"


def test_an_encrypted_archive_says_so(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "locked.zip", {"a.hoc": "x"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert refusal_of(path) == "archive-encrypted"


@pytest.mark.parametrize(
    "limits", [{"n_files": 1}, {"unpacked_bytes": 20}, {"file_bytes": 40}], ids=str
)
def test_number_and_size_have_limits(tmp_path: Path, limits: dict[str, float]) -> None:
    assert refusal_of(zip_of(tmp_path / "hh.zip", GOOD), **limits) == "archive-too-large"


def test_what_unpacks_to_many_times_its_size_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "zeros.zip", {"a.dat": "0" * 100_000})
    assert refusal_of(path, free_bytes=1000, ratio=50) == "archive-too-large"
    assert unpack_model(path, limits=ArchiveLimits(ratio=50)).name == "zeros"


@pytest.mark.parametrize("cut", [0, 30, -30], ids=["empty", "beginning", "end"])
def test_a_damaged_archive_is_one_sentence(tmp_path: Path, cut: int) -> None:
    path = zip_of(tmp_path / "hh.zip", GOOD)
    path.write_bytes(path.read_bytes()[:cut])
    assert refusal_of(path) == "archive-damaged"


def test_a_changed_byte_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "hh.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.hoc", "create soma")
    path.write_bytes(path.read_bytes().replace(b"create", b"CREATE"))
    assert refusal_of(path) == "archive-damaged"


def test_an_archive_without_files_is_refused(tmp_path: Path) -> None:
    assert refusal_of(zip_of(tmp_path / "none.zip", {})) == "archive-empty"


def test_a_cancel_leaves_nothing(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "hh.zip", GOOD)
    shares: list[float] = []
    with pytest.raises(SessionCancelled):
        unpack_model(path, report=shares.append, is_cancelled=lambda: bool(shares))
    assert not list(cache_folder().iterdir())


def test_two_at_once_give_the_same_folder(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "hh.zip", GOOD | {f"hh/{i}.dat": "x" for i in range(200)})
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(unpack_model(path))) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(set(found)) == 1
    assert len(found) == 4
    assert len(list(found[0].iterdir())) == 202
    assert len(list(cache_folder().iterdir())) == 1
