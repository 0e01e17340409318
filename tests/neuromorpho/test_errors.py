"""Every error has a code and a hint for programs, and a sentence without words of the command line."""

from __future__ import annotations

import errno
import re
import sys
from pathlib import Path

import pytest

from neuromorpho import errors
from neuromorpho.cli.hints import COMMANDS, with_hint
from neuromorpho.cli.main import main
from neuromorpho.errors import (
    NeuroMorphoCacheError,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoQueryError,
    NeuroMorphoStorageError,
    os_error_text,
    resource_of,
    storage_code,
)

SOURCES = sorted(Path(errors.__file__).parent.rglob("*.py"))
CLASSES = [
    each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, NeuroMorphoError)
]


def test_a_class_has_a_default_code_and_hint_and_an_error_may_have_others() -> None:
    down = NeuroMorphoDownError("It is down.", status=503, url="https://a.org/x?q=1")
    assert (down.code, down.hint, down.message) == ("server-down", "use-mirror", "It is down.")
    other = NeuroMorphoCacheError("It is newer.", path=Path("a"), code="newer-version", hint="")
    assert (other.code, other.hint) == ("newer-version", "")


@pytest.mark.parametrize("kind", CLASSES)
def test_codes_are_lower_case_words(kind: type[NeuroMorphoError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.default_code)


def test_address_and_status_are_facts_and_in_the_traceback() -> None:
    error = NeuroMorphoDownError("It failed.", status=503, url="https://a.org/x?q=1")
    assert error.facts.splitlines() == ["Address: https://a.org/x?q=1", "Status: 503"]
    assert error.facts.splitlines() == error.__notes__
    silent = NeuroMorphoDownError("It is silent.", status=0, url="https://a.org")
    assert silent.facts == "Address: https://a.org"
    assert NeuroMorphoError("It failed.").facts == ""
    assert not hasattr(NeuroMorphoError("It failed."), "__notes__")


def test_a_sentence_names_a_file_or_the_path_of_a_request() -> None:
    file = "https://neuromorpho.org/dableFiles/a/CNG%20version/b%20c.CNG.swc"
    assert resource_of(file) == "b c.CNG.swc"
    assert resource_of("https://neuromorpho.org/api/neuron/id/5?x=1") == "neuron/id/5"
    assert resource_of("https://neuromorpho.org") == "https://neuromorpho.org"


def test_a_full_disk_has_its_own_code() -> None:
    assert storage_code(OSError(errno.ENOSPC, "full")) == "disk-full"
    assert storage_code(OSError(errno.EACCES, "denied")) == "not-writable"
    assert NeuroMorphoStorageError("No.", path=Path("a")).code == "not-writable"


def test_the_command_line_adds_its_option_to_the_sentence() -> None:
    error = NeuroMorphoQueryError("There is no field 'x'.", hint="list-fields")
    assert with_hint(error).startswith("There is no field 'x' (")
    assert "neuromorpho fields" in with_hint(error)
    assert with_hint(NeuroMorphoQueryError("It is empty.")) == "It is empty."


def test_every_hint_of_the_command_line_is_given_by_an_error() -> None:
    text = "\n".join(
        each.read_text(encoding="utf-8") for each in SOURCES if each.name != "hints.py"
    )
    assert [hint for hint in COMMANDS if f'"{hint}"' not in text] == []


def test_no_sentence_outside_of_the_command_line_has_an_option() -> None:
    option = re.compile(r'f?"[^"\n]*(?<![-\w])--[a-z]+[^"\n]*"')
    for path in SOURCES:
        if path.parent.name != "cli":
            assert option.findall(path.read_text(encoding="utf-8")) == [], path


def test_a_full_disk_that_names_no_file_is_that_of_the_output() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    assert os_error_text(full) == "standard output: No space left on device."
    assert os_error_text(OSError(errno.ENOSPC, "full", "a.csv")) == "a.csv: full."
    assert os_error_text(OSError(errno.ECONNRESET, "reset")) == "reset."


@pytest.mark.parametrize(
    "command", [["cache", "list"], ["search", "--species", "mouse", "--show-query"]]
)
def test_every_command_says_that_its_output_is_full(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys.stdout, "write", full)
    assert main([*command, "--cache-dir", str(tmp_path)]) == 1
    assert "standard output: No space left on device." in capsys.readouterr().err
