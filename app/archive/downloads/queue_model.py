"""`QueueModel`: the rows of the download queue as a Qt model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby

from PySide6.QtCore import (
    QAbstractTableModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor

from app.archive.downloads.snapshot import DownloadRow
from app.archive.drag_data import NEURON_MIME, ids_of, mime_of
from app.archive.text import origin_of, size_text
from app.palette import DARK, Theme

CELL, STATE, SIZE = range(3)
SHARE, THEME = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_HEADS = ("Cell", "State", "Size")
_WORDS = {"waiting": "Waiting", "running": "Downloading", "done": "Done", "failed": "Failed"}
_SIGNS = {"waiting": "·", "running": "↓", "done": "✓", "failed": "✕"}
_Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()


class QueueModel(QAbstractTableModel):
    """Cells of the queue, one a row.

    Signals
    -------
    moveRequested(list of int, object)
        Cells of the queue to put right before another, or (None) at the end.
    addRequested(list of int)
        Cells from other places that were dropped here.
    """

    moveRequested = Signal(list, object)
    addRequested = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs: list[DownloadRow] = []  # as shown
        self._rows: dict[int, int] = {}
        self._theme = DARK

    def row_of(self, neuron_id: int) -> int:
        """Return a cell's row, -1 if it is not in the queue."""
        return self._rows.get(neuron_id, -1)

    def set_jobs(self, jobs: Sequence[DownloadRow]) -> None:
        """Show other jobs; rows that stay keep their selection."""
        rows = {each.neuron_id: row for row, each in enumerate(jobs)}
        if self._rows.keys() - rows.keys():
            for first, last in _runs(self.jobs, lambda each: each.neuron_id not in rows):
                self.beginRemoveRows(_NO_PARENT, first, last)
                del self.jobs[first : last + 1]
                self.endRemoveRows()
        before, self._rows = self.jobs, rows
        if [each.neuron_id for each in before] != list(rows):
            self._show_order(jobs)
            return
        self.jobs = list(jobs)
        for row, (old, new) in enumerate(zip(before, jobs, strict=True)):
            if old is not new and old != new:
                self.dataChanged.emit(self.index(row, 0), self.index(row, SIZE))

    def _show_order(self, jobs: Sequence[DownloadRow]) -> None:
        """Show jobs in another order, or with new ones among them; the selection follows."""
        self.layoutAboutToBeChanged.emit()
        indexes = self.persistentIndexList()
        ids = [self.jobs[each.row()].neuron_id for each in indexes]
        self.jobs = list(jobs)
        rows = map(self.row_of, ids)
        moved = [self.index(row, each.column()) for row, each in zip(rows, indexes, strict=True)]
        self.changePersistentIndexList(indexes, moved)
        self.layoutChanged.emit()

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        if self.jobs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.jobs) - 1, SIZE))

    def rowCount(self, parent: _Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.jobs)

    def columnCount(self, parent: _Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(_HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section == SIZE else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a cell of the table shows."""
        if not index.isValid():
            return None
        job = self.jobs[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _text(job, index.column())
            case Qt.ItemDataRole.ToolTipRole:  # a name may look like markup; and a paragraph wraps
                return f"<p>{escape(tooltip_of(job))}</p>"
            case Qt.ItemDataRole.AccessibleTextRole:
                return tooltip_of(job)
            case Qt.ItemDataRole.TextAlignmentRole if index.column() == SIZE:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.ForegroundRole:
                return self._color(job, index.column())
            case _ if role == SHARE:
                return share_of(job) if job.state == "running" else None
            case _ if role == THEME:
                return self._theme
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Let rows be selected, dragged, and dropped between others."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        return [NEURON_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Return the dragged cells, in the queue's order."""
        rows = sorted({each.row() for each in indexes})
        return mime_of(self.jobs[row].neuron_id for row in rows)

    def supportedDropActions(self) -> Qt.DropAction:
        """Allow drops from this list and from the results."""
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: _Index
    ) -> bool:
        """Request that cells of the queue move and other cells are added; the rows change later."""
        dropped = ids_of(data)
        own = [each for each in dropped if each in self._rows]
        other = [each for each in dropped if each not in self._rows]
        row = parent.row() if row < 0 and parent.isValid() else row
        after = self.jobs[row:] if row >= 0 else []
        before = next((each.neuron_id for each in after if each.neuron_id not in own), None)
        if own:
            self.moveRequested.emit(own, before)
        if other:
            self.addRequested.emit(other)
        return False  # so that the view does not remove the dragged rows

    def _color(self, job: DownloadRow, column: int) -> QColor | None:
        theme = self._theme
        if column == STATE:
            shown = {"done": theme.good, "failed": theme.bad, "running": theme.accent}
            return QColor(*shown.get(job.state, theme.text_quiet))
        return QColor(*theme.text_quiet) if column == SIZE else None


def _runs(
    jobs: Sequence[DownloadRow], is_one: Callable[[DownloadRow], bool]
) -> Iterator[tuple[int, int]]:
    """Yield the first and last row of each run of jobs for which `is_one` is true, the last run first."""
    rows = range(len(jobs) - 1, -1, -1)
    for is_run, group in groupby(rows, key=lambda row: is_one(jobs[row])):
        if is_run:
            run = list(group)
            yield run[-1], run[0]


def share_of(job: DownloadRow) -> float | None:
    """Return the share of a job that is done, 0 … 1; None if it is unknown."""
    if job.state in ("done", "failed"):
        return 1.0
    if job.state == "running" and not job.total_bytes:
        return None
    return min(1.0, job.n_bytes / job.total_bytes) if job.total_bytes else 0.0


def _text(job: DownloadRow, column: int) -> str:
    if column == CELL:
        return " ".join(job.name.split()) or origin_of(job.neuron_id)
    if column == STATE:
        return f"{_SIGNS[job.state]} {_state_text(job)}"
    return size_text(job.n_bytes) if job.n_bytes else ""


def _state_text(job: DownloadRow) -> str:
    share = share_of(job)
    if job.state == "running" and share is not None:
        return f"{100 * share:.0f} %"
    is_incomplete = job.state == "done" and job.reason
    return "Done, incomplete" if is_incomplete else _WORDS[job.state]


def tooltip_of(job: DownloadRow) -> str:
    """Return everything about a job in one line."""
    name, word = " ".join(job.name.split()), _WORDS[job.state].lower()
    state = f"{word}: {job.reason}" if job.reason else word
    size = f", {size_text(job.n_bytes)}" if job.n_bytes else ""
    total = f" of {size_text(job.total_bytes)}" if job.total_bytes and size else ""
    return f"{name} ({origin_of(job.neuron_id)}), {state}{size}{total}"
