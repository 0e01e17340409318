"""From text to rows of numbers: a fast parser for clean files, a line-by-line one for all others.

The fast parser takes only text whose data lines contain nothing but digits, signs, points,
exponents and blanks; any other text is parsed line by line, so that an error names its line.
Python's own `int` and `float` accept ``1_0``, ``nan`` and Arabic digits, so a regular expression
decides what a number is.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backends.swc.audit import Report
from backends.swc.dialect import Dialect, data_lines, detect_dialect
from backends.swc.values import RowReader

CHUNK = 50_000
HEAD_CHARS = 2**16
_PLAIN = str.maketrans("", "", "0123456789+-.eE \t\n")
_EXACT = 2.0**53


@dataclass(frozen=True, eq=False)
class Rows:
    """The points of a file, in file order.

    Attributes
    ----------
    ids, types, parents, lines : ndarray, shape (n_points,), int64
    xyz : ndarray, shape (n_points, 3), float64
    radii : ndarray, shape (n_points,), float64
        As in the file; may be ≤ 0.
    header : tuple of str
        Comment lines without their marks.
    """

    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    xyz: NDArray[np.float64]
    radii: NDArray[np.float64]
    parents: NDArray[np.int64]
    lines: NDArray[np.int64]
    header: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> Rows:
        """Return some rows, in the order of `index`."""
        return Rows(
            self.ids[index],
            self.types[index],
            self.xyz[index],
            self.radii[index],
            self.parents[index],
            self.lines[index],
            self.header,
        )


def read_rows(text: str, report: Report) -> Rows:
    """Return the rows of an SWC text.

    Raises
    ------
    SwcError
        ``format.*``, ``value.*`` or ``id.*``, with the line.
    """
    _check_first_row(text[:HEAD_CHARS], report)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
        ends_with_newline = True
    else:
        ends_with_newline = False
    header, numbered = data_lines(lines, report)
    dialect = detect_dialect(numbered, report, n_header=len(header), text=text)
    if dialect.skip_first:
        numbered = (numbered[0][1:], numbered[1][1:])
        if not numbered[0]:
            raise report.error("format.no-points", "there is a header row and no points")
    rows = _parse_plain_table(numbered, dialect, header, report)
    if rows is None:
        rows = _parse_line_by_line(numbered, dialect, header, report, complete=ends_with_newline)
    if not ends_with_newline:
        report.add(
            "info",
            "format.no-final-eol",
            "the last line has no line end; if the file was cut off there, download it again",
            len(lines),
        )
    return rows


def _check_first_row(head: str, report: Report) -> None:
    """Refuse a large file because of its first row, before the rest is parsed."""
    trial = Report(report.name, report.path)
    lines = head.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    header, (numbers, data) = data_lines(lines, trial)
    if len(head) < HEAD_CHARS or not data:
        return
    dialect = detect_dialect((numbers, data), trial, n_header=len(header), text=head)
    if not dialect.skip_first:
        reader = RowReader(dialect, trial)
        reader.read(numbers[0], data[0], may_be_cut=False)
        reader.finish()


def _parse_plain_table(
    numbered: tuple[list[int], list[str]], dialect: Dialect, header: tuple[str, ...], report: Report
) -> Rows | None:
    """Return the rows of plain seven-column text, or None if the text contains anything else."""
    if not dialect.is_plain:
        return None
    numbers, lines = numbered
    blocks = []
    for begin in range(0, len(lines), CHUNK):
        report.update_progress(0.5 * begin / len(lines))
        chunk = lines[begin : begin + CHUNK]
        if "".join(chunk).translate(_PLAIN):
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                block = np.loadtxt(chunk, dtype=np.float64, ndmin=2, comments=None)
        except (ValueError, UserWarning):
            return None
        if block.shape[1] != 7:
            return None
        blocks.append(block)
    table = np.concatenate(blocks)
    integral = table[:, [0, 1, 6]]
    if not np.isfinite(table).all() or (integral != np.trunc(integral)).any():
        return None
    if np.abs(integral).max() >= _EXACT or np.abs(table[:, 2:6]).max() > RowReader.LIMIT:
        return None
    if integral[:, 0].min() < 0:
        return None
    integers = integral.astype(np.int64)
    return Rows(
        ids=integers[:, 0].copy(),
        types=integers[:, 1].copy(),
        xyz=np.ascontiguousarray(table[:, 2:5]),
        radii=table[:, 5].copy(),
        parents=integers[:, 2].copy(),
        lines=np.asarray(numbers, np.int64),
        header=header,
    )


def _parse_line_by_line(
    numbered: tuple[list[int], list[str]],
    dialect: Dialect,
    header: tuple[str, ...],
    report: Report,
    *,
    complete: bool,
) -> Rows:
    reader = RowReader(dialect, report)
    numbers, lines = numbered
    for index, (number, line) in enumerate(zip(numbers, lines, strict=True)):
        if index % 8192 == 0:
            report.update_progress(0.5 * index / len(lines))
        is_last = index == len(lines) - 1
        reader.read(number, line, may_be_cut=is_last and not complete)
        if reader.has_enough_errors:
            break
    reader.finish()
    integers = np.asarray(reader.integers, np.int64).reshape(-1, 3)
    reals = np.asarray(reader.reals, np.float64).reshape(-1, 4)
    return Rows(
        ids=integers[:, 0].copy(),
        types=integers[:, 1].copy(),
        xyz=np.ascontiguousarray(reals[:, :3]),
        radii=reals[:, 3].copy(),
        parents=integers[:, 2].copy(),
        lines=np.asarray(reader.lines, np.int64),
        header=header,
    )


def declared_units(header: tuple[str, ...]) -> str | None:
    """Return the unit that the header declares: ``"um"``, ``"nm"`` or None."""
    for line in header:
        found = re.search(
            r"units?\"?\s*[:=]?\s*\"?(?:\d+\s*)?(nm|nanomet|um|µm|μm|micron|micromet)", line, re.I
        )
        if found:
            return "nm" if found[1].lower().startswith("n") else "um"
    return None
