"""`ArchiveDock`: search, results, detail and downloads in one widget that fits a narrow dock and a wide window.

In a narrow dock the filters replace the results when they are unfolded, and the detail appears below the results
once a cell is chosen; where there is no height for both, it replaces them. In a wide dock all are side by side.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.actions import keys_text
from app.archive.cell.detail_panel import DetailPanel
from app.archive.connection.status_line import ConnectionLine
from app.archive.dock_focus import DockFocus, DockPart, is_dock_key, press_button
from app.archive.downloads.add_all_card import AddAllCard
from app.archive.downloads.queue_panel import QueuePanel
from app.archive.results.model import ResultsModel
from app.archive.results.thumbnails import Thumbnails
from app.archive.results.view import ResultsView
from app.archive.search.filter_panel import FilterPanel
from app.archive.search.search_bar import SearchBar
from app.palette import Theme
from app.ui.buttons import KeyedButton, compact_button
from app.ui.layouts import fill, scrolled

WIDE_PX, TALL_PX = 680, 640
_FACETS_PX, _DETAIL_PX = 210, 320
_NARROWEST_PX, _MARGIN_PX = 260, 8
_QUEUE_PX, _LOWEST_PX = 190, 60
_PREVIEW_PX, _FEWEST_ROWS_PX = 470, 170


class ArchiveDock(QWidget):
    """All widgets of the archive, laid out; no service is used here.

    Attributes
    ----------
    is_wide : bool
        Whether the parts are side by side.

    Signals
    -------
    escapePressed
        Esc, if no widget inside used it.
    """

    escapePressed = Signal()

    def __init__(
        self, model: ResultsModel, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("archiveDock")
        self.setAccessibleName("NeuroMorpho")
        self.search = SearchBar()
        self.line = ConnectionLine()
        self.filters = FilterPanel()
        self.facets, self.ranges = self.filters.facets, self.filters.ranges
        self.results = ResultsView(model, thumbnails)
        self.detail = DetailPanel()
        self.queue = QueuePanel()
        self.add_all = AddAllCard()
        self.filter_button = _fold("Filter", "Choose values and ranges")
        self.detail_button = _fold("Details", "The chosen cell")
        self.queue_button = _fold("Downloads", "The queue of downloads")
        self.is_wide = self._is_tall = self._has_cell = False
        self._lay_out()
        self.focus = DockFocus(self._parts(), home=("results", "search"))
        for button in (self.filter_button, self.detail_button, self.queue_button):
            button.toggled.connect(self._show_arrows)
        self.filter_button.toggled.connect(self._toggle_filter)
        self.queue_button.toggled.connect(self._toggle_queue)
        self.detail_button.toggled.connect(self._toggle_detail)
        self.detail.pageShown.connect(self._enlarge_preview)
        self.add_all.closedWithFocus.connect(self.focus.leave)
        QApplication.instance().focusChanged.connect(self._scroll_to_focus)
        self.queue.hide()
        self._arrange()

    def _lay_out(self) -> None:
        self.setMinimumWidth(_NARROWEST_PX)
        self.body = QSplitter(Qt.Orientation.Vertical)
        self._detail_area = scrolled(self.detail)
        for part in (self.filters, self.results, self._detail_area):
            part.setMinimumHeight(_LOWEST_PX)
            self.body.addWidget(part)
        self.body.setChildrenCollapsible(False)
        self.body.setHandleWidth(1)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.body)
        self.splitter.addWidget(self.queue)
        self.splitter.setStretchFactor(0, 1)
        buttons = (self.filter_button, self.detail_button, self.queue_button)
        folds = fill(QHBoxLayout(), *buttons, 1, margins=(8, 4, 8, 4), spacing=4)
        line = QFrame()
        line.setObjectName("hairline")
        line.setFixedHeight(1)
        top = (self.search, self.line, line, self.add_all)
        fill(QVBoxLayout(self), *top, (self.splitter, 1), folds)

    def _parts(self) -> dict[str, DockPart]:
        """Return the parts in the order in which F6 goes through them."""
        tabs, results = self.detail.tabs.tabBar(), self.results
        return {
            "search": DockPart(self.search, self.search.focus_line),
            "filter": DockPart(self.filters, self.filters.go_to_first, self.filter_button),
            "results": DockPart(results, results.go_to_first, has_content=results.has_rows),
            "details": DockPart(
                self.detail,
                lambda: tabs.setFocus(Qt.FocusReason.ShortcutFocusReason),
                self.detail_button,
            ),
            "downloads": DockPart(self.queue, self._go_to_queue, self.queue_button),
        }

    def _go_to_queue(self) -> None:
        queue = self.queue
        places = (queue.view, queue.go_button, queue.retry_button, queue.clear_button)
        place = next((each for each in places if each.isVisible() and each.isEnabled()), None)
        (place or self.queue_button).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_detail(self, shown: bool) -> None:
        """Show the detail, or give its space to the results."""
        if shown != self._has_cell:
            self._has_cell = shown
            self.detail_button.setChecked(False)
            self._arrange()

    def go_to_search(self) -> None:
        """Give the search line the keyboard."""
        self.detail_button.setChecked(False)
        self.search.focus_line()

    def set_downloads_text(self, text: str) -> None:
        """Show on the fold how many downloads there are."""
        self.queue_button.setText(self.queue_button.text()[:2] + text)

    def set_theme(self, theme: Theme) -> None:
        """Use a theme's colours where no style sheet applies."""
        parts = (self.line.mark, self.facets, self.results, self.detail, self.queue.model)
        for part in parts:
            part.set_theme(theme)

    # -------------------------------------------------------------------------------------- events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the parts side by side where there is room."""
        super().resizeEvent(event)
        found = self.width() >= WIDE_PX, self.height() >= TALL_PX
        if found != (self.is_wide, self._is_tall):
            self.is_wide, self._is_tall = found
            self._arrange()

    def minimumSizeHint(self) -> QSize:
        """Return a size that a low window has room for; the parts scroll."""
        return QSize(_NARROWEST_PX, 5 * _LOWEST_PX)

    def event(self, event: QEvent) -> bool:
        """Keep the keys of rows and chips from the window."""
        if is_dock_key(event):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Emit Esc; press buttons; go from the search line to the results with the arrow down."""
        if event.key() == Qt.Key.Key_Escape:
            self.escapePressed.emit()
        elif press_button(event, self.focusWidget()):
            pass
        elif event.key() == Qt.Key.Key_Down and self.search.line.hasFocus():
            self.results.go_to_first()
        else:
            super().keyPressEvent(event)

    def _scroll_to_focus(self, _left: QWidget | None, focus: QWidget | None) -> None:
        """Scroll to the widget that has the focus: Qt does so only from within the same scroll area."""
        place = focus.parentWidget() if focus and self.isAncestorOf(focus) else None
        while place is not None and place is not self:
            if isinstance(place, QScrollArea):
                place.ensureWidgetVisible(focus, _MARGIN_PX, _MARGIN_PX)
            place = place.parentWidget()

    def _show_arrows(self) -> None:
        for each in (self.filter_button, self.detail_button, self.queue_button):
            each.setText(("▾" if each.isChecked() else "▸") + each.text()[1:])

    def _toggle_filter(self, opened: bool) -> None:
        if opened:
            self.detail_button.setChecked(False)
        self._arrange()
        if opened:
            self.filters.go_to_first()

    def _toggle_detail(self, opened: bool) -> None:
        if opened:
            self.filter_button.setChecked(False)
        self._arrange()
        if not opened and self._has_cell:
            self.results.go_to_first()

    def _toggle_queue(self, opened: bool) -> None:
        self.queue.setVisible(opened)
        if opened:
            room = max(self.splitter.height(), 2 * _QUEUE_PX)
            self.splitter.setSizes([room - _QUEUE_PX, _QUEUE_PX])

    def _enlarge_preview(self, page: str) -> None:
        """Give a preview below the results enough height to see a cell."""
        if page != "preview" or self.is_wide or not self._detail_area.isVisible():
            return
        sizes = self.body.sizes()
        results, detail = sizes[1], sizes[2]
        more = min(max(0, _PREVIEW_PX - detail), max(0, results - _FEWEST_ROWS_PX))
        self.body.setSizes([sizes[0], results - more, detail + more])
        self.results.show_current()

    def _arrange(self) -> None:
        """Show the parts that there is room for, each with its share."""
        has_room = self.is_wide or self._is_tall
        is_filtering = self.filter_button.isChecked()
        is_alone = self._has_cell and not has_room and self.detail_button.isChecked()
        self.search.setVisible(not is_alone)
        self.line.setVisible(not is_alone)
        is_detailed = self._has_cell and (has_room or self.detail_button.isChecked())
        self.filters.setVisible(is_filtering)
        self.results.setVisible(
            self.is_wide or not (is_filtering or (is_detailed and not has_room))
        )
        self._detail_area.setVisible(is_detailed and (self.is_wide or not is_filtering))
        self.detail_button.setVisible(not has_room)
        self.detail_button.setEnabled(self._has_cell)
        if self.is_wide:
            self.body.setOrientation(Qt.Orientation.Horizontal)
            rest = max(200, self.width() - _FACETS_PX - _DETAIL_PX)
            self.body.setSizes([_FACETS_PX, rest, _DETAIL_PX])
        else:
            self.body.setOrientation(Qt.Orientation.Vertical)
            height = max(self.body.height(), 300)
            self.body.setSizes([height, height * 45 // 100, height * 55 // 100])


def _fold(text: str, tip: str) -> KeyedButton:
    keys = keys_text(f"archive_{text.lower()}")
    return compact_button(f"▸ {text}", f"{tip} ({keys})", name=text, is_checkable=True)
