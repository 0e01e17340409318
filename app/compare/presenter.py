"""`ComparePresenter`: the state of a comparison window, and the connections between its parts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from app.compare.numbers import DifferenceLocation
from app.compare.plots import TracePair
from app.compare.result import Result, Scale, symmetric_range
from app.compare.saving import FILTERS, save, with_suffix
from app.compare.segments import SegmentRow, difference_text, voltage_text
from app.compare.window import CompareWindow
from app.export.files import not_written
from app.notices import Notice
from app.palette import Rgb, Theme, free_color_index, trace_color
from backends.comparison.metrics import UPSTROKE_MARGIN_MS, MaxDifference
from backends.comparison.result import ROUNDING_MV
from backends.errors import RequestError
from backends.morphology.morphology import type_word
from backends.morphology.segment_names import check_segments

STATUS_MS = 8000


class ComparePresenter(QObject):
    """Shows a result at one time, with the traces of chosen segments.

    Attributes
    ----------
    result : Result or None
    chosen : dict of str to int
        Colour index of each segment whose traces are shown, by id, in order.
    """

    def __init__(self, window: CompareWindow, theme: Theme) -> None:
        super().__init__(window)
        self.result: Result | None = None
        self.chosen: dict[str, int] = {}
        self._window = window
        self._theme = theme
        self._spans_sample = False
        self._hovered = -1
        self._unknown = ""
        window.time_bar.sampleChosen.connect(self._show_sample)
        window.views.segmentClicked.connect(self._toggle)
        window.views.segmentHovered.connect(self._hover)
        window.plots.timeClicked.connect(self._go_to_time)
        window.segments.removeRequested.connect(self.remove)
        window.segments.focusRequested.connect(self._focus)
        window.segment_field.segmentNamed.connect(self._choose_by_name)
        window.numbers.locationRequested.connect(self.go_to)
        window.colorSpanChosen.connect(self._set_color_span)
        window.commands["overlay"].triggered.connect(self._overlay_hovered)
        window.commands["worst"].triggered.connect(self._go_to_worst)
        window.commands["copy"].triggered.connect(self._copy)
        window.commands["export"].triggered.connect(self._export)

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme for the window and the traces."""
        self._theme = theme
        self._window.set_theme(theme)
        self._show_chosen()

    def show_result(self, result: Result, wanted: Mapping[str, int]) -> None:
        """Show a result at its largest difference.

        Parameters
        ----------
        wanted : mapping of str to int
            Segments to show if none has been chosen here, with their colour indices.
        """
        window, comparison = self._window, result.comparison
        names = comparison.left_name, comparison.right_name
        still_chosen = {id_: color for id_, color in self.chosen.items() if id_ in result.geometry}
        self.result, self.chosen, self._hovered = result, {}, -1
        window.setWindowTitle(f"{comparison.title}: {names[0]} − {names[1]} — Somascope")
        window.set_names(*names)
        window.segment_field.set_segments(result.geometry.segment_ids)
        window.views.set_cell(result.geometry, result.captions, result.difference_limits())
        window.plots.set_run(result.times, result.names)
        self.chosen = still_chosen or self._first_choice(wanted)
        self._show_numbers()
        window.set_filled(True)
        window.time_bar.set_times(tuple(result.times.tolist()))
        self._show_chosen()
        window.time_bar.set_sample(result.worst.sample)
        self._show_sample(window.time_bar.sample)

    def go_to(self, segment: int, sample: int) -> None:
        """Show a segment at a sample: its traces, and it in the views."""
        if self.result is None:
            return
        self._choose(self.result.geometry.segment_ids[segment])
        self._window.time_bar.stop()
        self._window.time_bar.set_sample(sample)

    def remove(self, segment_id: str) -> None:
        """Remove a segment's traces."""
        if self.chosen.pop(segment_id, None) is not None:
            self._show_chosen()

    # -------------------------------------------------------------------------------- choosing

    def _first_choice(self, wanted: Mapping[str, int]) -> dict[str, int]:
        """Return the main window's traced segments; if they are fewer than two, also the soma and a far tip."""
        assert self.result is not None
        chosen = {id_: color for id_, color in wanted.items() if id_ in self.result.geometry}
        if len(chosen) < 2:
            for id_ in self.result.comparison.default_segments:
                chosen.setdefault(id_, free_color_index(set(chosen.values())))
        return chosen

    def _toggle(self, segment: int) -> None:
        if self.result is None:
            return
        segment_id = self.result.geometry.segment_ids[segment]
        if segment_id in self.chosen:
            self.remove(segment_id)
        else:
            self._choose(segment_id)

    def _choose(self, segment_id: str) -> None:
        if segment_id not in self.chosen:
            self.chosen[segment_id] = free_color_index(set(self.chosen.values()))
            self._show_chosen()

    def _choose_by_name(self, name: str) -> None:
        """Add the segment of that id, or show which ids are similar."""
        result, window = self.result, self._window
        if result is None:
            return
        try:
            check_segments(result.geometry, (name,), result.comparison.title)
        except RequestError as error:
            self._unknown = error.message
            window.banner.show_notice(Notice("warning", error.message))
        else:
            if window.banner.message == self._unknown:
                window.banner.hide()
            window.segment_field.clear()
            self._choose(name)

    def _overlay_hovered(self) -> None:
        """Add the segment under the pointer; if there is none, go to the input line."""
        if self.result is not None and self._hovered >= 0:
            self._choose(self.result.geometry.segment_ids[self._hovered])
        else:
            self._window.focus_segment_field()

    def _focus(self, segment_id: str) -> None:
        if self.result is not None:
            self._window.views.focus_segment(self.result.geometry.index_of(segment_id))

    # --------------------------------------------------------------------------------- showing

    def _color(self, segment_id: str) -> Rgb:
        return trace_color(self.chosen[segment_id], self._theme)

    def _show_chosen(self) -> None:
        result = self.result
        if result is None:
            return
        index = {id_: result.geometry.index_of(id_) for id_ in self.chosen}
        left, right = result.comparison.left, result.comparison.right
        self._window.plots.set_pairs(
            [TracePair(id_, self._color(id_), left[:, i], right[:, i]) for id_, i in index.items()]
        )
        self._window.views.set_marks([(i, self._color(id_)) for id_, i in index.items()])
        self._show_rows()

    def _show_sample(self, sample: int) -> None:
        result = self.result
        if result is None:
            return
        comparison, time_ms = result.comparison, float(result.times[sample])
        difference = result.difference_at(sample)
        if self._spans_sample:
            self._window.views.set_difference_limits(
                symmetric_range(float(np.abs(difference).max()))
            )
        self._window.views.set_values(
            comparison.left[sample], comparison.right[sample], difference, time_ms
        )
        self._window.plots.set_time(time_ms)
        self._window.set_table_time(time_ms)
        self._show_rows()

    def _show_rows(self) -> None:
        result = self.result
        if result is None:
            return
        sample, comparison = self._window.time_bar.sample, result.comparison
        rows = []
        for id_ in self.chosen:
            i = result.geometry.index_of(id_)
            left, right = float(comparison.left[sample, i]), float(comparison.right[sample, i])
            rows.append(SegmentRow(id_, self._color(id_), left, right))
        self._window.segments.set_rows(rows)

    def _show_numbers(self) -> None:
        result = self.result
        assert result is not None
        outside = f"more than {UPSTROKE_MARGIN_MS:g} ms from upstrokes"
        self._window.numbers.set_locations(
            self._location("Largest |ΔV|", result.worst),
            self._location(f"Largest |ΔV| {outside}", result.worst_outside_upstrokes),
        )
        groups = _without_repetition(result.groups)
        rms = result.comparison.rms()
        if rms > ROUNDING_MV:  # in the unit of the cards above it
            groups["Agreement"]["Rms ΔV"] = Scale.of(rms).text(rms)
        self._window.numbers.set_groups(groups)

    def _location(self, title: str, worst: MaxDifference) -> DifferenceLocation:
        result = self.result
        assert result is not None
        if math.isnan(worst.value):
            return DifferenceLocation(title, "—", "no samples left")
        if result.is_identical:
            return DifferenceLocation(
                title, result.verdict, "identical within the rounding of the samples"
            )
        where = result.geometry.segment_ids[worst.segment]
        at = f"{where} at {result.times[worst.sample]:g} ms"
        size = abs(worst.value)
        return DifferenceLocation(title, Scale.of(size).text(size), at, worst.segment, worst.sample)

    def _hover(self, segment: int) -> None:
        self._hovered = segment
        self._show_read_out(segment)

    def _show_read_out(self, segment: int) -> None:
        result = self.result
        if result is None or segment < 0:
            self._window.read_out.set_parts(())
            return
        geometry, sample = result.geometry, self._window.time_bar.sample
        comparison = result.comparison
        left, right = (
            float(comparison.left[sample, segment]),
            float(comparison.right[sample, segment]),
        )
        values = (
            f"{comparison.left_name} {voltage_text(left, 2)} mV",
            f"{comparison.right_name} {voltage_text(right, 2)} mV",
            f"ΔV {difference_text(left - right)} mV",
        )
        kind = type_word(int(geometry.swc_type[segment]))
        self._window.read_out.set_parts((geometry.segment_ids[segment], "   ".join(values), kind))

    # ----------------------------------------------------------------------------------- commands

    def _set_color_span(self, is_sample_only: bool) -> None:
        self._spans_sample = is_sample_only
        if self.result is not None:
            self._window.views.set_difference_limits(self.result.difference_limits())
            self._show_sample(self._window.time_bar.sample)

    def _go_to_time(self, time_ms: float) -> None:
        if self.result is not None:
            self._window.time_bar.stop()
            self._window.time_bar.set_sample(self.result.sample_at(time_ms))

    def _go_to_worst(self) -> None:
        if self.result is not None:
            self.go_to(self.result.worst.segment, self.result.worst.sample)

    def _copy(self) -> None:
        if self.result is not None:
            QGuiApplication.clipboard().setText(self.result.as_text())
            self._window.statusBar().showMessage("Numbers copied to the clipboard", STATUS_MS)

    def _export(self) -> None:
        result, window = self.result, self._window
        if result is None:
            return
        title = "".join(c if c.isalnum() or c in "-_." else "_" for c in result.comparison.title)
        path, kind = QFileDialog.getSaveFileName(
            window, "Export the comparison", f"{title}-comparison.csv", ";;".join(FILTERS)
        )
        if not path:
            return
        try:
            target = with_suffix(path, kind)
            written = save(target, result.comparison, tuple(self.chosen), window.centralWidget())
        except (OSError, MemoryError) as error:
            window.banner.show_notice(
                Notice("error", not_written("The comparison", Path(path), error))
            )
        else:
            window.statusBar().showMessage(f"{written} written to {target}", STATUS_MS)


def _without_repetition(groups: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return the rows without those shown in a card, and without the heading's word in their labels."""
    groups_left: dict[str, dict[str, str]] = {}
    for heading in sorted(groups, key=lambda each: each == "Experiment"):
        rows = {
            _capitalized(label.removeprefix(f"{heading}, ")): text
            for label, text in groups[heading].items()
            if not label.startswith("Max |ΔV|")
        }
        groups_left[heading] = rows
    return groups_left


def _capitalized(label: str) -> str:
    """Return a label with a capital first letter."""
    return label[:1].upper() + label[1:]
