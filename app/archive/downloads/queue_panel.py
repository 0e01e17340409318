"""`QueuePanel`: the list of downloads, their overall progress, and the buttons for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.archive.downloads.downloads import Downloads
from app.archive.downloads.queue_model import (
    CELL,
    SHARE,
    SIZE,
    STATE,
    THEME,
    QueueModel,
    share_of,
    tooltip_of,
)
from app.archive.downloads.snapshot import DownloadRow
from app.archive.drag_data import NEURON_MIME, ids_of
from app.archive.text import counted, size_text
from app.ui.layouts import fill
from app.ui.plain import plain_tip
from app.ui.rows import empty_hint
from app.ui.sentence_label import SentenceLabel

NOTHING = "Nothing to download. Cells that you add from the results appear here."
_MARGIN_PX = 8
_BAR_PX = 3.0
_ROOM_PX = 10


class QueuePanel(QWidget):
    """The queue of downloads.

    Signals
    -------
    pauseRequested, resumeRequested
        Others are of its `model`, its `view` and its buttons.
    """

    pauseRequested = Signal()
    resumeRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Downloads")
        self.setAcceptDrops(True)
        self._is_going = self._can_go = False
        self.model = QueueModel(self)
        self.view = QueueView(self.model)
        self.bar = QProgressBar(textVisible=False, maximum=1000, accessibleName="All downloads")
        self.summary, self.notice, self.reason = (
            SentenceLabel(name) for name in ("quiet", "error", "quiet")
        )
        self.notice.hide()
        self.go_button = QPushButton()
        self.retry_button = QPushButton("Retry failed", toolTip="Try the failed downloads again")
        self.clear_button = QPushButton(
            "Clear done", toolTip="Remove the finished downloads from the list; the files stay"
        )
        self.go_button.clicked.connect(self._toggle)
        self.view.selectionModel().selectionChanged.connect(self._show_reason)
        self._lay_out()
        self.set_jobs(())

    def _lay_out(self) -> None:
        self._stack = QStackedLayout()
        self._stack.addWidget(empty_hint(NOTHING))
        self._stack.addWidget(self.view)
        buttons = (self.go_button, self.retry_button, self.clear_button)
        row = fill(QHBoxLayout(), *buttons, 1, spacing=8)
        items = (row, self.bar, self.summary, self.notice, (self._stack, 1), self.reason)
        fill(QVBoxLayout(self), *items, margins=(_MARGIN_PX,) * 4, spacing=8)

    def set_jobs(self, jobs: Sequence[DownloadRow]) -> None:
        """Show the queue."""
        self.model.set_jobs(jobs)
        self._stack.setCurrentIndex(1 if jobs else 0)
        states = Counter([each.state for each in jobs])
        running = sum(share_of(each) or 0.0 for each in jobs if each.state == "running")
        done = states["done"] + states["failed"] + running
        # Otherwise Qt paints at once, and with the bar everything else that waits, the 3-D view too.
        self.bar.setUpdatesEnabled(False)
        self.bar.setValue(round(1000 * done / len(jobs)) if jobs else 0)
        self.bar.setUpdatesEnabled(True)
        self.bar.setVisible(bool(jobs))
        self.summary.show_sentence(summary_of(jobs) if jobs else "")
        self._show_reason()
        self._can_go = states["waiting"] + states["running"] > 0
        self.retry_button.setEnabled(states["failed"] > 0)
        self.clear_button.setEnabled(states["done"] > 0)
        self._show_going()

    def set_going(self, is_going: bool, stopped: str = "") -> None:
        """Show whether downloads are started, and what stopped the queue ("" for nothing)."""
        self._is_going = is_going
        self.notice.show_sentence(stopped)
        self._fit_labels()
        self._show_going()

    def _show_going(self) -> None:
        self.go_button.setText("Pause" if self._is_going else "Resume")
        hint = "Pause: running downloads finish, no new ones start"
        self.go_button.setToolTip(
            plain_tip(hint if self._is_going else "Start the downloads that wait")
        )
        self.go_button.setEnabled(self._is_going or self._can_go)

    def _show_reason(self) -> None:
        """Show below the list why the selected cell failed, or what is missing of it."""
        jobs = self.view.selected_jobs()
        has_reason = len(jobs) == 1 and bool(jobs[0].reason)
        self.reason.show_sentence(tooltip_of(jobs[0]) if has_reason else "")
        self._fit_labels()

    def _fit_labels(self) -> None:
        """Make the labels high enough for their text; a splitter ignores their height for width."""
        width = self.width() - 2 * _MARGIN_PX
        for label in (self.notice, self.reason):
            height = 0 if label.isHidden() else label.heightForWidth(width)
            if label.minimumHeight() != height:
                label.setMinimumHeight(height)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept cells anywhere; an empty queue has no row to drop them on."""
        if event.mimeData().hasFormat(NEURON_MIME):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Request that the cells are added."""
        if ids := ids_of(event.mimeData()):
            event.acceptProposedAction()
            self.model.addRequested.emit(ids)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the labels as many lines as they need at this width."""
        super().resizeEvent(event)
        self._fit_labels()

    def _toggle(self) -> None:
        (self.pauseRequested if self._is_going else self.resumeRequested).emit()


class QueueView(QTreeView):
    """The rows; Del cancels, Enter loads or retries, Alt+Up and Alt+Down move.

    Signals
    -------
    cancelRequested(list of int), retryRequested(list of int)
        Cells to remove, or to try again.
    openRequested(int)
        A cell that is done is to be loaded.
    """

    cancelRequested = Signal(list)
    retryRequested = Signal(list)
    openRequested = Signal(int)

    def __init__(self, model: QueueModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        self.setAccessibleName("Downloads")
        self.setProperty("ringed", "true")
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setItemDelegate(_ProgressDelegate(self))
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(CELL, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(SIZE, self.fontMetrics().horizontalAdvance("000.0 MB  "))
        header.resizeSection(STATE, self.fontMetrics().horizontalAdvance("✓ Done, incomplete  "))
        self.activated.connect(self._activate)

    def selected_jobs(self) -> list[DownloadRow]:
        """Return the selected jobs in order."""
        rows = sorted({each.row() for each in self.selectionModel().selectedRows()})
        return [self._model.jobs[row] for row in rows]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_alt = event.modifiers() == Qt.KeyboardModifier.AltModifier
        match event.key():
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self._cancel()
            case Qt.Key.Key_Up if is_alt:
                self._move_selected(-1)
            case Qt.Key.Key_Down if is_alt:
                self._move_selected(1)
            case _:
                super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.open_menu(event.globalPos())

    def open_menu(self, place: QPoint) -> QMenu | None:
        """Show and return the menu of the selected cells; None if no cell is selected."""
        jobs = self.selected_jobs()
        if not jobs:
            return None
        states = {each.state for each in jobs}
        menu = QMenu(self)
        menu.setObjectName("queueMenu")
        if states == {"done"} and len(jobs) == 1:
            menu.addAction("Load", lambda: self.openRequested.emit(jobs[0].neuron_id))
        if "failed" in states:
            menu.addAction("Retry", lambda: self.retryRequested.emit(_ids(jobs, "failed")))
        if states - {"done"}:
            menu.addAction("Cancel\tDel", self._cancel)
        menu.addAction("Move up\tAlt+Up", lambda: self._move_selected(-1))
        menu.addAction("Move down\tAlt+Down", lambda: self._move_selected(1))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)
        return menu

    def _activate(self, index: QModelIndex) -> None:
        job = self._model.jobs[index.row()]
        if job.state == "done":
            self.openRequested.emit(job.neuron_id)
        elif job.state == "failed":
            self.retryRequested.emit([job.neuron_id])

    def _cancel(self) -> None:
        if ids := _ids(self.selected_jobs(), "waiting", "running", "failed"):
            self.cancelRequested.emit(ids)

    def _move_selected(self, by: int) -> None:
        """Move the selected cells one place up or down, together."""
        ids = _ids(self.selected_jobs())
        if not ids:
            return
        rows = [self._model.row_of(each) for each in ids]
        wanted = max(0, min(rows) - 1) if by < 0 else max(rows) + 2
        others = [each.neuron_id for each in self._model.jobs[wanted:] if each.neuron_id not in ids]
        self._model.moveRequested.emit(ids, others[0] if others else None)


class _ProgressDelegate(QStyledItemDelegate):
    """Draws a progress bar below the text of a state."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        hint = super().sizeHint(option, index)
        return QSize(hint.width(), hint.height() + _ROOM_PX)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the text, and the bar of a running download."""
        super().paint(painter, option, index)
        share = index.data(SHARE) if index.column() == STATE else None
        if share is None:
            return
        theme = index.data(THEME)
        area = QRectF(option.rect).adjusted(4, 0, -8, -1)
        area.setTop(area.bottom() - _BAR_PX)
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*theme.border))
        painter.drawRoundedRect(area, 1.5, 1.5)
        area.setWidth(area.width() * float(share))
        painter.setBrush(QColor(*theme.accent))
        painter.drawRoundedRect(area, 1.5, 1.5)
        painter.restore()


def summary_of(jobs: Sequence[DownloadRow]) -> str:
    """Return a summary of the queue: ``"3 of 12 cells, 1 failed · 1.2 MB"``."""
    counts = Counter([each.state for each in jobs])
    n_bytes = sum([each.n_bytes for each in jobs])
    failed = f", {counts['failed']:,} failed" if counts["failed"] else ""
    size = f" · {size_text(n_bytes)}" if n_bytes else ""
    return f"{counts['done']:,} of {counted(len(jobs), 'cell')}{failed}{size}"


def connect_queue(panel: QueuePanel, downloads: Downloads) -> None:
    """Connect the panel with the queue, but for `model.addRequested` and `view.openRequested`."""
    downloads.changed.connect(panel.set_jobs)
    downloads.goingChanged.connect(panel.set_going)
    panel.pauseRequested.connect(downloads.pause)
    panel.resumeRequested.connect(downloads.resume)
    panel.clear_button.clicked.connect(downloads.clear_done)
    panel.retry_button.clicked.connect(lambda: downloads.retry())
    panel.view.retryRequested.connect(downloads.retry)
    panel.view.cancelRequested.connect(downloads.cancel)
    panel.model.moveRequested.connect(downloads.move)
    panel.set_jobs(downloads.rows)
    panel.set_going(downloads.is_going, downloads.stopped)


def _ids(jobs: Iterable[DownloadRow], *states: str) -> list[int]:
    return [each.neuron_id for each in jobs if not states or each.state in states]
