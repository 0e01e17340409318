"""The text of a `.mod` file: its comments, its VERBATIM blocks, and where its blocks begin."""

from __future__ import annotations

import re
from collections.abc import Sequence

_BLOCK = re.compile(
    r"^\s*(NEURON|UNITS|PARAMETER|CONSTANT|ASSIGNED|STATE|BREAKPOINT|DERIVATIVE|KINETIC|LINEAR|NONLINEAR|DISCRETE|"
    r"PROCEDURE|FUNCTION|FUNCTION_TABLE|NET_RECEIVE|BEFORE|AFTER|DESTRUCTOR|CONSTRUCTOR)\b"
)
HIDDEN = {"COMMENT": "ENDCOMMENT", "VERBATIM": "ENDVERBATIM"}


def without_comments(lines: Sequence[str], *, keep_verbatim: bool = False) -> list[str]:
    """Return as many lines, without comments, texts in quotes, and what is in VERBATIM."""
    found, end = [], ""
    for line in lines:
        word = (line.split() or [""])[0]
        if end:
            is_kept = keep_verbatim and end == "ENDVERBATIM" and word != end
            found.append(line if is_kept else "")
            end = "" if word == end else end
        elif word in HIDDEN:
            end = "" if HIDDEN[word] in line.split() else HIDDEN[word]
            found.append("")
        elif word == "TITLE":
            found.append("")
        else:
            found.append(re.sub(r'"[^"]*"', '""', re.split(r"[:?]", line, maxsplit=1)[0]))
    return found


def verbatim_lines(lines: Sequence[str]) -> set[int]:
    """Return the numbers, from 1, of the lines inside VERBATIM blocks."""
    found, inside = set(), False
    for number, line in enumerate(lines, 1):
        word = (line.split() or [""])[0]
        inside = inside and word != "ENDVERBATIM"
        if inside:
            found.add(number)
        inside = inside or word == "VERBATIM"
    return found


def open_block(lines: Sequence[str]) -> tuple[str, int] | None:
    """Return the name and the line, from 1, of the first block that is not closed; None where all are.

    A block is not closed if the file ends in it, or if a word that only begins a block of the file stands in it.
    """
    depth, begin = 0, ("", 0)
    last = ("", 0)
    for number, line in enumerate(without_comments(lines), 1):
        word = _BLOCK.match(line)
        if word:
            if depth:
                return begin
            last = (word.group(1), number)
        elif not depth and line.strip():
            named = re.match(r"\s*(\w+)", line)
            if named and "{" in line:
                last = (named.group(1), number)
        for character in line:
            if character == "{":
                begin = begin if depth else last
                depth += 1
            elif character == "}":
                depth = max(0, depth - 1)
    for opening, closing in HIDDEN.items():
        unclosed = _unclosed(lines, opening, closing)
        if unclosed:
            return opening, unclosed
    return begin if depth else None


def _unclosed(lines: Sequence[str], opening: str, closing: str) -> int:
    """Return the line of a COMMENT or VERBATIM that nothing ends; 0 where there is none."""
    begin = 0
    for number, line in enumerate(lines, 1):
        word = (line.split() or [""])[0]
        if closing in line.split():
            begin = 0
        elif word == opening and not begin:
            begin = number
    return begin
