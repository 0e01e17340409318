"""`Preview`: a cell of the archive in 3-D before it is loaded, coloured by type, to be turned.

A viewport holds a renderer and, with a GPU, memory of it. So there is one only while somebody looks
at a cell: it is made when the page becomes visible with a cell, and released when the page is hidden; what
remains is the geometry, numbers of a few hundred kB. A preview has one segment per section, since
nothing is simulated: the section's type is its colour.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from html import escape

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.palette import DARK, Theme, hex_of, type_colors
from app.panels.audit import summary_of
from app.ui.buttons import compact_button
from app.ui.layouts import fill
from app.ui.sentence_label import SentenceLabel, hint_label
from app.ui.text import NO_BREAK
from app.viewport.colors import TYPE_MAP
from app.viewport.factory import make_viewport
from app.viewport.widget import Viewport
from backends.errors import MorphologyError
from backends.morphology.morphology import build_geometry
from backends.morphology.swc_types import type_word
from backends.scene import MorphologyGeometry
from backends.swc.reader import Cancelled, read_swc
from backends.text import grouped

PROMPT = (
    "See the cell in 3-D before it is loaded. Its file is downloaded if it is not on this disk."
)
_WORDS = {5: "custom", 6: "unspecified neurite", 7: "glial process"}
CellPreview = tuple[MorphologyGeometry | None, str]
_LAST_TYPE = 7
_CUSTOM = 5
_TURN = 1 / 12  # of the picture's height, which is half a turn: 15°
_ZOOM = 1.25
_VIEWS = (
    ("Front", "xy", "Look along z, at the plane of x and y"),
    ("Side", "yz", "Look along x, at the plane of y and z"),
    ("Top", "xz", "Look along y, at the plane of x and z"),
    ("Fit", "", "Fit the entire cell into the view"),
)


def read_preview(
    path: str | os.PathLike[str], cancelled: Callable[[], bool] | None = None
) -> CellPreview:
    """Read a file for its preview; for a worker, it takes a second for a million points.

    Returns
    -------
    geometry : MorphologyGeometry or None
        None where the file cannot be read.
    sentence : str
        What the audit found, in a few words, or why the file cannot be read.

    Raises
    ------
    Cancelled
        `cancelled` returned True.
    """
    try:
        morphology = read_swc(path, cancelled=cancelled)
        geometry = build_geometry(morphology, [1] * len(morphology.sections))
    except Cancelled:
        raise
    except MorphologyError as error:
        return None, error.message
    return geometry, summary_of(morphology.findings)


def legend_of(geometry: MorphologyGeometry) -> tuple[tuple[int, str, float], ...]:
    """Return the types of a cell: type, the word for it, and the length of its cable in µm."""
    found = []
    for swc_type in np.unique(geometry.swc_type).tolist():
        length = float(geometry.length[geometry.swc_type == swc_type].sum())
        found.append((swc_type, _WORDS.get(swc_type) or type_word(swc_type), length))
    return tuple(found)


def _color_types(geometry: MorphologyGeometry) -> NDArray[np.float32]:
    """Return each segment's type as the colour map knows it, shape (n_segments,)."""
    types = geometry.swc_type
    return np.where((types < 0) | (types > _LAST_TYPE), _CUSTOM, types).astype(np.float32)


def _split_at_types(geometry: MorphologyGeometry) -> MorphologyGeometry:
    """Return a geometry whose types do not run into each other.

    The viewport blends the values of neighbours, and half-way from soma to basal dendrite is an axon.
    """
    parents, types = geometry.parent_segment, geometry.swc_type
    is_border = (parents >= 0) & (types != types[parents])
    return replace(geometry, parent_segment=np.where(is_border, -1, parents).astype(np.int32))


class PreviewCanvas(QFrame):
    """Holds the viewport, and turns it by the keyboard."""

    def __init__(self) -> None:
        super().__init__()
        self.viewport: Viewport | None = None
        self.theme = DARK
        self._column = fill(QVBoxLayout(self))
        self.setObjectName("previewCanvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(140)
        self.setAccessibleName("3-D preview of the cell")
        self.setAccessibleDescription(
            "Arrow keys rotate it, plus and minus zoom, Home fits it into the view"
        )

    def show_cell(self, geometry: MorphologyGeometry) -> None:
        """Show a geometry, in a viewport made now where there is none."""
        if self.viewport is None:
            view = make_viewport()
            view.set_hint("")
            view.set_theme(self.theme)
            view.set_decorations(color_bar=False)
            view.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            view.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # a click gives it to the stage
            view.setMouseTracking(False)  # nothing here can be picked
            view.setToolTip("Drag to rotate, Shift-drag to move, wheel to zoom")
            self._column.addWidget(view)
            self.viewport = view
        self.viewport.set_geometry(geometry)
        self.viewport.set_color_map(TYPE_MAP, (-0.5, _LAST_TYPE + 0.5), "", "Type")
        self.viewport.set_values(_color_types(geometry))

    def release(self) -> None:
        """Release the viewport; a second call does nothing."""
        view, self.viewport = self.viewport, None
        if view is not None:
            view.close_view()
            self._column.removeWidget(view)
            view.hide()
            view.deleteLater()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.theme = theme
        if self.viewport is not None:
            self.viewport.set_theme(theme)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn, zoom, or show the complete cell."""
        move = None if self.viewport is None else self._move(self.viewport, Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
        else:
            move()

    def _move(self, view: Viewport, key: Qt.Key) -> Callable[[], None] | None:
        step = self.height() * _TURN
        return {
            Qt.Key.Key_Left: partial(view.turn, -step, 0.0),
            Qt.Key.Key_Right: partial(view.turn, step, 0.0),
            Qt.Key.Key_Up: partial(view.turn, 0.0, -step),
            Qt.Key.Key_Down: partial(view.turn, 0.0, step),
            Qt.Key.Key_Plus: partial(view.zoom, _ZOOM),
            Qt.Key.Key_Equal: partial(view.zoom, _ZOOM),
            Qt.Key.Key_Minus: partial(view.zoom, 1 / _ZOOM),
            Qt.Key.Key_Home: view.reset_view,
        }.get(key)


class Preview(QWidget):
    """The page of the preview.

    Signals
    -------
    requested()
        The user wants to see the cell.
    """

    requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._geometry: MorphologyGeometry | None = None
        self.hint = hint_label(PROMPT)
        self.show_button = QPushButton()
        self.show_button.clicked.connect(self.requested)
        self.canvas = PreviewCanvas()
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.found = SentenceLabel("quiet")
        self._stack = QStackedLayout(self)
        prompt, cell, views = QWidget(), QWidget(), QHBoxLayout()
        column = fill(QVBoxLayout(prompt), self.hint, self.show_button, 1, spacing=-1)
        column.setAlignment(self.show_button, Qt.AlignmentFlag.AlignHCenter)
        for word, plane, tip in _VIEWS:
            button = compact_button(word, tip)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.clicked.connect(partial(self._look, plane))
            views.addWidget(button)
        fill(views, 1, spacing=4)
        items = ((self.canvas, 1), self.legend, views, self.found)
        fill(QVBoxLayout(cell), *items, margins=(8, 8, 8, 12), spacing=8)
        self._stack.addWidget(prompt)
        self._stack.addWidget(cell)
        self.set_geometry(None)

    def _look(self, plane: str) -> None:
        view = self.canvas.viewport
        if view is not None and plane:
            view.view_axis(plane)
        elif view is not None:
            view.fit()

    def set_geometry(self, geometry: MorphologyGeometry | None, sentence: str = "") -> None:
        """Show a cell and what its audit found, or a sentence instead.

        Parameters
        ----------
        geometry : MorphologyGeometry or None
            None shows the button to load it, or `sentence`.
        sentence : str
            One that ends with "…" describes what is going on, so there is no button.
        """
        if geometry is not None and not geometry.n_frusta:
            geometry, sentence = None, sentence or "The file contains nothing to draw."
        self._geometry = None if geometry is None else _split_at_types(geometry)
        self._stack.setCurrentIndex(0 if geometry is None else 1)
        self.found.setText(sentence)
        self.found.setVisible(bool(sentence))
        if geometry is None:
            self.hint.setText(sentence or PROMPT)
            self.show_button.setText("Try again" if sentence else "Show in 3-D")
            self.show_button.setVisible(not sentence.endswith("…"))
            self.canvas.release()
            return
        self._write_legend()
        if self._geometry is not None and self.isVisible():
            self.canvas.show_cell(self._geometry)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.canvas.set_theme(theme)
        self._write_legend()

    def _write_legend(self) -> None:
        if self._geometry is None:
            return
        rows = legend_of(self._geometry)
        colors = type_colors(self.canvas.theme)
        marks = []
        for swc_type, word, length in rows:
            color = colors[swc_type if 0 <= swc_type <= _LAST_TYPE else _CUSTOM]
            text = escape(f"■ {word} {grouped(round(length))} µm").replace(" ", NO_BREAK)
            marks.append(text.replace("■", f'<span style="color:{hex_of(color)}">■</span>'))
        self.legend.setText(" &nbsp; ".join(marks))
        words = ", ".join(f"{word} {length:.0f} µm" for _, word, length in rows)
        self.legend.setAccessibleName(f"Colours by type: {words}")

    def showEvent(self, event: QShowEvent) -> None:
        """Make the viewport if there is a cell to show."""
        super().showEvent(event)
        if self._geometry is not None and not event.spontaneous():
            self.canvas.show_cell(self._geometry)

    def hideEvent(self, event: QHideEvent) -> None:
        """Release the viewport while it is not visible."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.canvas.release()
