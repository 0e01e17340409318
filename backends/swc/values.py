"""One row of an SWC file, value by value: what each may be, and the error if it is not."""

from __future__ import annotations

import math

from backends.swc.audit import Report, SwcError, count_text, quote
from backends.swc.dialect import NUMBER, Dialect

COLUMNS = ("id", "type", "x", "y", "z", "radius", "parent")
MAX_ERRORS = 1000
_NOT_FINITE = frozenset({"nan", "inf", "infinity", "1.#qnan", "1.#ind", "1.#inf", "-1.#ind"})


class RowReader:
    """Reads rows one by one; keeps going after an error to count what else is wrong.

    Attributes
    ----------
    integers : list of (int, int, int)
        id, type, parent.
    reals : list of (float, float, float, float)
        x, y, z, radius.
    lines : list of int
    """

    LIMIT = 1e12
    LARGEST_ID = 2**62

    def __init__(self, dialect: Dialect, report: Report) -> None:
        self.integers: list[tuple[int, int, int]] = []
        self.reals: list[tuple[float, float, float, float]] = []
        self.lines: list[int] = []
        self._dialect = dialect
        self._report = report
        self._errors: list[SwcError] = []
        self._width = 0
        self._extra_line: int | None = None

    @property
    def has_enough_errors(self) -> bool:
        """Whether there are so many errors that reading on is useless."""
        return len(self._errors) >= MAX_ERRORS

    def read(self, number: int, line: str, *, may_be_cut: bool) -> None:
        """Read the row on line `number`; `may_be_cut` is the last one of a file without line end."""
        values = self._dialect.split(line)
        try:
            self._check_width(values, number, may_be_cut=may_be_cut)
            integers = (
                self._integer(values[0], 0, number),
                self._integer(values[1], 1, number),
                self._integer(values[6], 6, number),
            )
            x, y, z, r = (self._real(values[column], column, number) for column in (2, 3, 4, 5))
        except SwcError as error:
            self._errors.append(error)
            return
        if integers[0] < 0:
            what = f"id {integers[0]} is negative; ids count from 0 or 1"
            self._errors.append(self._report.error("id.negative", what, number))
            return
        self.integers.append(integers)
        self.reals.append((x, y, z, r))
        self.lines.append(number)

    def finish(self) -> None:
        """Raise the first error with the number of the others, or report what was ignored."""
        if self._errors:
            first = self._errors[0]
            if len(self._errors) > 1:
                more = self._errors[1:9]
                rest = len(self._errors) - 1
                count = f"at least {rest}" if self.has_enough_errors else str(rest)
                first.details = "\n".join(
                    [f"and {count} more:", *(f"  {each.message}" for each in more)]
                )
            raise first
        if self._extra_line is not None:
            self._report.add(
                "info",
                "format.extra-columns",
                "values after the seventh column are not used",
                self._extra_line,
            )

    def _check_width(self, values: list[str], number: int, *, may_be_cut: bool) -> None:
        if len(values) < 7:
            code = "format.columns"
            what = f"there {'is' if len(values) == 1 else 'are'} {count_text(len(values), 'value')}"
            needed = "7 needed (id type x y z radius parent)"
            self._first_bad_value(values, number)
            if may_be_cut and self.lines:
                code, needed = "format.truncated", f"{needed}; the file ends in mid-line"
            raise self._report.error(code, f"{what}, {needed}", number)
        if len(values) >= 14 and self._width < 14 and _are_two_points(values):
            count = "more than 40" if len(values) > 40 else str(len(values))
            raise self._report.error(
                "format.columns", f"there are {count} values: several points on one line", number
            )
        self._width = self._width or min(len(values), 13)
        if len(values) > 7 and self._extra_line is None:
            self._extra_line = number

    def _first_bad_value(self, values: list[str], number: int) -> None:
        """Raise an error about a row that begins with a word, which matters more than its width."""
        if values and not NUMBER.match(values[0]) and values[0][0] not in "+-.":
            raise self._not_a_number(values[0], 0, number)

    def _integer(self, value: str, column: int, number: int) -> int:
        try:
            found = int(value) if value.isascii() and "_" not in value else None
        except ValueError:
            found = None
        if found is None:
            real = self._real(value, column, number)
            if real != math.trunc(real):
                kind = "type" if column == 1 else "id"
                raise self._report.error(
                    f"{kind}.not-integer",
                    f"{COLUMNS[column]} {quote(value)} is not an integer",
                    number,
                )
            found = int(real)
        if abs(found) >= (2**31 if column == 1 else self.LARGEST_ID):
            kind = "type" if column == 1 else "id"
            raise self._report.error(
                f"{kind}.range", f"{COLUMNS[column]} {quote(value)} is too large", number
            )
        return found

    def _real(self, value: str, column: int, number: int) -> float:
        if self._dialect.decimal_comma:
            value = value.replace(",", ".")
        if not NUMBER.fullmatch(value):
            raise self._not_a_number(value, column, number)
        real = float(value)
        if math.isinf(real):
            raise self._report.error(
                "value.not-finite", f"{COLUMNS[column]} {quote(value)} is too large", number
            )
        if abs(real) > self.LIMIT and column not in (0, 6):
            raise self._report.error(
                "value.range", f"{COLUMNS[column]} {quote(value)} is beyond 1e12", number
            )
        return real

    def _not_a_number(self, value: str, column: int, number: int) -> SwcError:
        name = COLUMNS[column]
        if value.lower().lstrip("+-") in _NOT_FINITE:
            return self._report.error(
                "value.not-finite", f"{name} is {quote(value)}, not a finite number", number
            )
        hint = ""
        if value.startswith(("<<<<<<<", "=======", ">>>>>>>")):
            hint = " (a Git merge conflict)"
        elif column == 6:
            hint = "; a root has parent -1"
        return self._report.error(
            "value.not-a-number", f"{name} is {quote(value)}, not a number{hint}", number
        )


def _are_two_points(values: list[str]) -> bool:
    return all(NUMBER.fullmatch(value) for value in values[:14]) and all(
        "." not in values[column] for column in (7, 8, 13)
    )
