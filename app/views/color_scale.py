"""`ColorScale`: what a view's colour map, limits and norm make of values; no Qt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.traces.ranges import Range
from app.viewport.colors import color_map_names, color_table, is_color_map, legible_table
from app.views.color_range import ColorRange
from app.views.field_values import Numbers

Warn = Callable[[str], object]


class ColorScale:
    """A table of colours and its limits.

    Attributes
    ----------
    table : ndarray, shape (n, 3), uint8
    limits : (float, float)
    """

    def __init__(self) -> None:
        self.table: NDArray[np.uint8] = color_table("scalar")
        self.limits: Range = (0.0, 1.0)
        self._range = ColorRange()

    def follow(self) -> None:
        """Forget the range that followed the values."""
        self._range = ColorRange()

    def set(
        self,
        name: str,
        fixed: Range | None,
        norm: str,
        unit: str | None,
        values: Numbers,
        *,
        on_dark: bool | None,
        warn: Warn,
    ) -> None:
        """Use a view's colours for some values.

        Parameters
        ----------
        on_dark : bool or None
            Makes every colour visible on a dark or a light ground; None takes the map as published.
        warn : callable
            Called with a sentence if there is no map of that name.
        """
        if not is_color_map(name):
            warn(
                f"There is no colour map {name!r}; the default one is shown. There are scalar, "
                f"{', '.join(color_map_names())}, and each with _r after it."
            )
            name = "scalar"
        if name == "scalar" and norm == "symmetric":
            name = "diverging"  # as cells are coloured
        self.table = color_table(name) if on_dark is None else legible_table(name, on_dark)
        self.limits = self._range.limits(fixed, norm, unit, values)

    def shares(self, values: Numbers) -> Numbers:
        """Return where values are between the limits, 0 … 1; NaN stays NaN."""
        low, high = self.limits
        return np.clip((values - low) / (high - low), 0.0, 1.0)

    def color_of(self, value: float) -> tuple[int, int, int]:
        """Return the colour of one value that is not NaN."""
        share = float(self.shares(np.array([value]))[0])
        red, green, blue = self.table[round(share * (len(self.table) - 1))].tolist()
        return red, green, blue
