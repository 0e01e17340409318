"""Which `.mod` files a folder has, what their digest depends on, and names that cannot be together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backends.mechanisms.checks import BUILT_IN, check_names
from backends.mechanisms.errors import MechanismError
from backends.mechanisms.sources import MAX_DEPTH, digest_of, find_mod_files, read_sources
from backends.mechanisms.text import open_block, verbatim_lines
from tests.support.mechanism_files import leak, write_leak


def names(files: tuple[Path, ...], folder: Path) -> list[str]:
    return [each.relative_to(folder.resolve()).as_posix() for each in files]


def test_files_in_the_folder_and_in_its_folder_of_mechanisms_are_found(tmp_path: Path) -> None:
    for place in (".", "Mod", "mechanisms", "other", "x86_64", ".hidden"):
        write_leak(tmp_path / place, f"leak{place.strip('.').lower()}")
    found = names(find_mod_files(tmp_path), tmp_path)
    assert found == ["Mod/leakmod.mod", "leak.mod", "mechanisms/leakmechanisms.mod"]


def test_other_folders_are_searched_only_where_there_is_nothing_near(tmp_path: Path) -> None:
    write_leak(tmp_path / "cell" / "channels", "near")
    write_leak(tmp_path / "cell" / "x86_64", "built")
    deep = tmp_path.joinpath(*["down"] * (MAX_DEPTH + 1))
    write_leak(deep, "deep")
    assert names(find_mod_files(tmp_path), tmp_path) == ["cell/channels/near.mod"]
    assert find_mod_files(tmp_path, deep=False) == ()


def test_of_several_models_in_one_folder_the_script_has_those_beside_it(tmp_path: Path) -> None:
    for model in ("one", "two"):
        write_leak(tmp_path / model, "kx")
        write_leak(tmp_path / model / "mod", "ky")
    found = names(find_mod_files(tmp_path, beside=tmp_path / "two"), tmp_path)
    assert found == ["two/kx.mod", "two/mod/ky.mod"]
    assert len(find_mod_files(tmp_path)) == 4
    assert find_mod_files(tmp_path / "two", beside=tmp_path / "two") == find_mod_files(
        tmp_path / "two"
    )


def test_the_digest_depends_on_content_names_included_files_and_neuron(tmp_path: Path) -> None:
    path = write_leak(tmp_path, "kx")
    path.write_text('INCLUDE "more.inc"\n' + leak("kx"))
    (tmp_path / "more.inc").write_text("PARAMETER { a = 1 }\n")
    first = digest_of([path], "9")
    assert digest_of([path], "9") == first
    digests = {first, digest_of([path], "8")}
    (tmp_path / "more.inc").write_text("PARAMETER { a = 2 }\n")
    digests.add(digest_of([path], "9"))
    digests.add(digest_of([path.rename(tmp_path / "ky.mod")], "9"))
    assert len(digests) == 4


def test_the_same_file_in_two_folders_is_one(tmp_path: Path) -> None:
    first, second = write_leak(tmp_path, "kx"), write_leak(tmp_path / "mod", "kx")
    sources = read_sources([first, second])
    assert [each.path for each in sources] == [first.resolve()]
    check_names(sources)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"a.mod": "kx", "b.mod": "kx"}, "duplicate-mechanism"),
        ({"a.mod": "kx", "mod/a.mod": "ky"}, "duplicate-mod-file"),
        ({"a.mod": "hh"}, "duplicate-mechanism"),
        ({"my-k.mod": "kx"}, "bad-mod-name"),
    ],
)
def test_names_that_cannot_be_together_are_found_with_their_files(
    tmp_path: Path, files: dict[str, str], code: str
) -> None:
    paths = [
        write_leak((tmp_path / each).parent, kind, Path(each).name) for each, kind in files.items()
    ]
    with pytest.raises(MechanismError) as caught:
        check_names(read_sources(paths))
    assert caught.value.code == code
    assert all(str(each.resolve()) in caught.value.message for each in paths)


def test_a_name_in_a_comment_is_no_mechanism(tmp_path: Path) -> None:
    path = write_leak(tmp_path, "kx")
    path.write_text("COMMENT\nSUFFIX hh\nENDCOMMENT\n: SUFFIX pas\n" + leak("kx"))
    (source,) = read_sources([path])
    assert source.mechanism == "kx"


_LIST = """
from neuron import h
for kind in (0, 1):
    kinds, name = h.MechanismType(kind), h.ref("")
    for index in range(int(kinds.count())):
        kinds.select(index)
        kinds.selected(name)
        print(name[0])
"""


def test_neurons_own_mechanisms_are_known(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LIST], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    own = {each for each in done.stdout.split() if not each.endswith("_ion")}
    assert "hh" in own
    assert own <= BUILT_IN


@pytest.mark.parametrize(
    ("lines", "block"),
    [
        (["NEURON { SUFFIX a }", "BREAKPOINT {", "i = 1"], ("BREAKPOINT", 2)),
        (["INITIAL {", "PROCEDURE f() {", "}"], ("INITIAL", 1)),
        (["NET_RECEIVE(w) {", "INITIAL { }", "}"], None),
        (["COMMENT", "BREAKPOINT {", "ENDCOMMENT"], None),
        (["VERBATIM", "if (a) {"], ("VERBATIM", 1)),
    ],
)
def test_the_block_that_is_not_closed_is_found(
    lines: list[str], block: tuple[str, int] | None
) -> None:
    assert open_block(lines) == block


def test_lines_of_verbatim_are_known() -> None:
    assert verbatim_lines(["a", "VERBATIM", "b", "c", "ENDVERBATIM", "d"]) == {3, 4}
