"""No name of the archive's leads anywhere but to one portable name inside the folder it was meant for."""

from __future__ import annotations

import re
import sys
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given, settings, strategies as st

from neuromorpho.errors import NeuroMorphoStorageError
from neuromorpho.filenames import inside, portable_name, safe_filename

ANY_TIME = settings(deadline=None, max_examples=60)  # two busy cores are no failure

_NASTY = ["/", "\\", "..", ".", " ", "CON", "nul", "COM1", "LPT¹", "\x00", "\n", ":", "~", "é", "\u202e"]  # fmt: skip
ANY_NAME = st.one_of(
    st.text(), st.lists(st.one_of(st.sampled_from(_NASTY), st.text())).map("".join)
)
# Microsoft, "Naming Files, Paths, and Namespaces"
DEVICES = [
    "con",
    "prn",
    "aux",
    "nul",
    "conin$",
    "conout$",
    "com0",
    "com1",
    "com2",
    "com3",
    "com4",
    "com5",
    "com6",
    "com7",
    "com8",
    "com9",
]
DEVICES += ["lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"]
DEVICES += [f"{port}{digit}" for port in ("com", "lpt") for digit in "¹²³"]


def assert_portable(name: str, limit: int = 120) -> None:
    """Assert that Windows, macOS and Linux all take a name as one component of a path."""
    assert 0 < len(name.encode("utf-8")) <= limit
    assert name not in {".", ".."}
    assert not set(name) & set('<>:"/\\|?*')
    assert all(character == " " or character.isprintable() for character in name)
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))
    assert re.split(r"[. ]*(?:\.|\Z)", name.lower())[0] not in DEVICES
    assert PurePosixPath(name).name == name
    assert PureWindowsPath(name).name == name
    assert not PureWindowsPath(name).drive


@ANY_TIME
@given(ANY_NAME, st.integers(24, 200))
@example("../../x", 120)
@example("x" * 300, 120)
@example("é" * 300, 120)
@example("CON .txt", 120)
@example("con.CNG.swc", 120)
@example("a\u0301" * 100, 25)
@example("C:evil", 120)
@example("\ud800", 120)
def test_any_text_becomes_a_portable_name_that_stays_itself(text: str, limit: int) -> None:
    name = portable_name(text, limit=limit)
    assert_portable(name, limit)
    assert portable_name(name, limit=limit) == name
    assert portable_name(text, limit=limit) == name
    assert unicodedata.is_normalized("NFC", name)


@ANY_TIME
@given(ANY_NAME, ANY_NAME)
@example("a/b", "a b")
@example("a/b", "a\\b")
@example("", "unnamed")
@example(" a", "a")
@example("x" * 300, "x" * 301)
@example("CON", "_CON")
def test_two_texts_become_two_names(first: str, second: str) -> None:
    same = unicodedata.normalize("NFC", first) == unicodedata.normalize("NFC", second)
    assert (portable_name(first) == portable_name(second)) == same


@pytest.mark.parametrize(
    "name", ["cnic_001", "De Koninck", "Mancia-Leon", "layer 3", "Größe", "小脳", "6-S18-3.CNG", "(a) [b] 'c'"]
)  # fmt: skip
def test_a_portable_name_is_unchanged(name: str) -> None:
    assert portable_name(name) == name


def test_a_changed_name_can_still_be_recognised() -> None:
    assert re.fullmatch(r"Male_Female-[0-9a-f]{8}", portable_name("Male/Female"))
    assert re.fullmatch(r"_CON-[0-9a-f]{8}", portable_name("CON"))
    assert re.fullmatch(r"unnamed-[0-9a-f]{8}", portable_name(".."))
    assert re.fullmatch(r"x{111}-[0-9a-f]{8}", portable_name("x" * 300))


def test_a_limit_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="24 bytes"):
        portable_name("a", limit=23)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Type A/10 (mouse)", "Type_A_10_mouse"),
        ("a   b", "a_b"),
        ("__abc__", "abc"),
        ("...", "neuromorpho_neuron"),
        ("", "neuromorpho_neuron"),
        ("TypeA-10", "TypeA-10"),
        ("../../x", "x"),
        ("a..b", "a_b"),
        ("小脳", "neuromorpho_neuron"),
        ("a.b", "a.b"),
    ],
)
def test_a_safe_filename_is_as_braincell_makes_it(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


@ANY_TIME
@given(ANY_NAME)
@example("CON")
@example("nul.x")
@example("x" * 300)
@example("-" * 300 + "/")
def test_a_safe_filename_is_portable_and_ascii_and_stays_itself(text: str) -> None:
    name = safe_filename(text)
    assert_portable(name)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    assert safe_filename(name) == name
    assert_portable(f"{name}.CNG.swc", 200)


def test_long_names_that_differ_at_their_ends_stay_two_files() -> None:
    assert safe_filename("x" * 300 + "1") != safe_filename("x" * 300 + "2")


@ANY_TIME
@given(ANY_NAME)
def test_a_path_of_portable_names_is_always_inside(text: str) -> None:
    root = Path(sys.prefix)
    assert inside(root, portable_name(text)) == root.resolve() / portable_name(text)
    assert inside(root, safe_filename(text)).parent == root.resolve()


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "a\x00b", "\ud800"])
def test_a_path_that_leads_out_of_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(NeuroMorphoStorageError) as caught:
        inside(tmp_path / "root", path)
    assert caught.value.path == Path(path)
    assert str(tmp_path / "root") in str(caught.value)


def test_a_link_is_followed_before_it_is_judged(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    (root / "in").symlink_to(root)
    (root / "round").symlink_to(root / "round")
    with pytest.raises(NeuroMorphoStorageError, match="outside"):
        inside(root, "out/x")
    assert inside(root, "in/x") == root / "x"
    assert inside(root, root / "a" / "b") == root / "a" / "b"
    with pytest.raises(NeuroMorphoStorageError, match="path"):
        inside(root, "round/x")
    assert not inside(root, "a").exists()


def test_a_folder_whose_name_begins_as_the_roots_is_outside(tmp_path: Path) -> None:
    with pytest.raises(NeuroMorphoStorageError, match="outside"):
        inside(tmp_path / "root", tmp_path / "root-2" / "x")
