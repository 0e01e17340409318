"""`TraceMenu`: what a right click on the traces offers."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.traces.store import StoredTrace


class TraceMenu(QMenu):
    """Lives until it is closed.

    Parameters
    ----------
    chosen : StoredTrace or None
        The highlighted trace, which can be hidden or removed.
    is_following, is_auto, is_pinned, is_filled : bool
        Whether the picture follows the present time, its values the traces; whether the cursor is
        pinned, and whether there is anything to export.

    Signals
    -------
    liveAsked(), autoAsked(bool), unpinAsked(), exportAsked()
    toggleAsked(str), removeAsked(str)
        Of the trace of that id.
    """

    liveAsked = Signal()
    autoAsked = Signal(bool)
    unpinAsked = Signal()
    exportAsked = Signal()
    toggleAsked = Signal(str)
    removeAsked = Signal(str)

    def __init__(
        self,
        parent: QWidget,
        chosen: StoredTrace | None,
        *,
        is_following: bool,
        is_auto: bool,
        is_pinned: bool,
        is_filled: bool,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("traceMenu")
        self.addAction("Back to live", self.liveAsked).setEnabled(not is_following)
        auto = self.addAction("Auto range", lambda: self.autoAsked.emit(not is_auto))
        auto.setCheckable(True)
        auto.setChecked(is_auto)
        self.addAction("Let the cursor go", self.unpinAsked).setEnabled(is_pinned)
        self.addSeparator()
        if chosen is not None:
            self._offer(chosen)
        self.addAction("Export traces…", self.exportAsked).setEnabled(is_filled)
        self.aboutToHide.connect(self.deleteLater)

    def _offer(self, chosen: StoredTrace) -> None:
        id_, verb = chosen.trace_id, "Hide" if chosen.shown else "Show"
        self.addAction(f"{verb} {chosen.label}", lambda: self.toggleAsked.emit(id_))
        self.addAction(f"Remove {chosen.label}", lambda: self.removeAsked.emit(id_))
        self.addSeparator()
