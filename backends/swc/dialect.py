"""How a file writes SWC: comments, separators, decimal commas, header rows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backends.swc.audit import Report, count_text, quote

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_ODD_SPACES = re.compile("[\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff]")
_ODD_MINUS = re.compile("[\u2212\u2010-\u2013\ufe63\uff0d]")
_OTHER_COMMENTS = ("//", "%", "!", "--")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a row is split.

    Attributes
    ----------
    separator : str or None
        ``","``, ``";"``, or None for blanks and tabs.
    decimal_comma : bool
    skip_first : bool
        Whether the first row names the columns.
    """

    separator: str | None = None
    decimal_comma: bool = False
    skip_first: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether numbers are separated by blanks and have decimal points."""
        return self.separator is None and not self.decimal_comma

    def split(self, line: str) -> list[str]:
        """Return the values of a row, about 40 at most."""
        if self.separator is None:
            return line.split(None, 40)
        values = [value.strip() for value in line.split(self.separator, 40)]
        while values and not values[-1]:
            values.pop()
        return values


def data_lines(
    lines: list[str], report: Report
) -> tuple[tuple[str, ...], tuple[list[int], list[str]]]:
    """Return the comments, and the numbers and text of the lines that hold data.

    Raises
    ------
    SwcError
        ``format.glued-header``.
    """
    header: list[str] = []
    numbers: list[int] = []
    data: list[str] = []
    for number, line in enumerate(lines, 1):
        first = line.lstrip()[:2]
        if not first:
            continue
        mark = first[0]
        if "0" <= mark <= "9" and "#" not in line and line.isascii():
            numbers.append(number)
            data.append(line)
        elif mark in "#;":
            if not data:
                _check_glued(line, number, lines, report)
            header.append(line.strip().lstrip("#;").strip())
        elif first.startswith(_OTHER_COMMENTS) and not NUMBER.match(line.lstrip()):
            _add_once(
                report,
                "format.comment-style",
                f"{quote(line.strip())} is a comment in another style: skipped",
                number,
            )
            header.append(line.strip().lstrip("/%!-").strip())
        else:
            cleaned = _clean(line, number, report)
            if cleaned:
                numbers.append(number)
                data.append(cleaned)
    return tuple(header), (numbers, data)


def _check_glued(line: str, number: int, lines: list[str], report: Report) -> None:
    """Refuse a comment that runs into the first point, if the next row is that point's child."""
    values = line.split()[-7:]
    if len(values) < 7 or not all(map(NUMBER.fullmatch, values)):
        return
    after = next((each.split() for each in lines[number:] if each.strip()), [])
    if len(after) == 7 and after[6] == values[0] and after[0] != values[0]:
        raise report.error(
            "format.glued-header",
            f"the comment ends with a point (id {values[0]}), on which the next row depends; begin "
            "a new line before it",
            number,
        )


def _clean(line: str, number: int, report: Report) -> str:
    line = line.split("#", 1)[0]
    if "\x1a" in line:
        _add_once(report, "format.ctrl-z", "a DOS end-of-file mark was skipped", number)
        line = line.replace("\x1a", " ")
    if not line.isascii():
        if _ODD_SPACES.search(line):
            _add_once(report, "format.nbsp", "non-breaking spaces were read as spaces", number)
            line = _ODD_SPACES.sub(" ", line)
        if _ODD_MINUS.search(line):
            _add_once(
                report, "format.unicode-minus", "a typographic minus was read as a minus", number
            )
            line = _ODD_MINUS.sub("-", line)
    return line.strip(" \t\v\f\n")


def _add_once(report: Report, code: str, message: str, line: int) -> None:
    if not report.has(code):
        report.add("repair", code, message, line)


def detect_dialect(
    numbered: tuple[list[int], list[str]], report: Report, *, n_header: int, text: str
) -> Dialect:
    """Return how the rows are written, judged by the first of them; refuse what is not a table.

    Raises
    ------
    SwcError
        ``format.empty``, ``format.no-points`` or ``format.not-swc``.
    """
    numbers, lines = numbered
    if not lines:
        if not text.strip("\ufeff \t\n\v\f"):
            raise report.error("format.empty", "the file is empty")
        raise report.error(
            "format.no-points", f"there are {count_text(n_header, 'header line')} and no points"
        )
    first = lines[0][:4096]
    _refuse_other_formats(first, numbers[0], n_rows=len(lines), report=report)
    skip_first = _names_columns(first)
    if skip_first:
        report.add(
            "repair", "format.header-row", 'the columns are named without "#": skipped', numbers[0]
        )
    row, number = (
        (lines[1][:4096], numbers[1]) if skip_first and len(lines) > 1 else (first, numbers[0])
    )
    separator = _separator(row)
    if separator and not skip_first:
        report.add(
            "repair", "format.separator", f'values are separated by "{separator}": read', number
        )
    decimal_comma = separator != "," and _has_decimal_commas(lines, separator)
    if decimal_comma:
        report.add("repair", "format.decimal-comma", "numbers have decimal commas: read", number)
    return Dialect(separator, decimal_comma, skip_first)


def _refuse_other_formats(first: str, line: int, *, n_rows: int, report: Report) -> None:
    if first.startswith("("):
        raise report.error(
            "format.not-swc",
            "this looks like a Neurolucida ASC file, which cannot be opened; convert it to SWC first",
            line,
        )
    if n_rows == 1 and len(first.split()) == 1 and not NUMBER.match(first) and "," not in first:
        what = "a Git symbolic link saved as text" if "/" in first else "not a table of numbers"
        raise report.error("format.not-swc", f"{quote(first)} is {what}, not SWC", line)


def _names_columns(first: str) -> bool:
    words = [word.strip("\"' ").lower() for word in re.split(r"[\s,;]+", first) if word]
    return {"x", "y", "z"} <= set(words) and not any(NUMBER.fullmatch(word) for word in words)


def _separator(row: str) -> str | None:
    if row.count(";") >= 6:
        return ";"
    return "," if len(row.split()) < 7 and row.count(",") >= 6 else None


def _has_decimal_commas(lines: list[str], separator: str | None) -> bool:
    """Return whether commas stand for decimal points: some number has one, none has a point."""
    found = False
    for line in lines:
        if "," in line:
            if "." in line:
                return False
            found = found or any(
                _DECIMAL_COMMA.fullmatch(value.strip()) for value in line.split(separator)[:7]
            )
        elif found and "." in line:
            return False
    return found and not any("." in line for line in lines)
