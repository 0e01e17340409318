"""What the command line adds to the errors of simulators and archive, by their hints."""

from __future__ import annotations

import pytest

from app.cli.hints import COMMANDS, sentence_with_option
from app.cli.parser import build_parser
from backends.errors import RequestError


def test_a_sentence_gets_the_option_of_its_hint() -> None:
    error = RequestError("mine.py sets its own dt.", hint="omit-dt")
    assert sentence_with_option(error.message, error.hint) == (
        "mine.py sets its own dt (leave out --dt)."
    )


def test_a_hint_without_words_leaves_the_sentence_as_it_is() -> None:
    assert sentence_with_option("The session is busy.", "wait") == "The session is busy."


@pytest.mark.parametrize("hint", list(COMMANDS))
def test_every_option_that_a_hint_names_exists(
    hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [word.strip(",;") for word in COMMANDS[hint].split() if word.startswith("--")]
    for command in (
        ["run"],
        ["neuromorpho"],
        ["neuromorpho", "search"],
        ["neuromorpho", "harvest"],
    ):
        with pytest.raises(SystemExit):
            build_parser().parse_args([*command, "--help"])
    usage = capsys.readouterr().out
    assert all(option in usage for option in options)
