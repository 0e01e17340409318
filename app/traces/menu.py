"""`TraceMenu`: the context menu of the trace plot."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.traces.store import StoredTrace
from app.ui.plain import menu_text


class TraceMenu(QMenu):
    """Deletes itself when it closes.

    Parameters
    ----------
    chosen : StoredTrace or None
        The highlighted trace, which can be hidden or removed.
    is_following, is_auto, is_pinned, is_filled : bool
        Whether the plot follows the present time, whether its range follows the traces, whether the
        cursor is pinned, and whether there is anything to export.

    Signals
    -------
    liveRequested(), autoRequested(bool), unpinRequested(), exportRequested()
    toggleRequested(str), removeRequested(str)
        Of the trace of that id.
    """

    liveRequested = Signal()
    autoRequested = Signal(bool)
    unpinRequested = Signal()
    exportRequested = Signal()
    toggleRequested = Signal(str)
    removeRequested = Signal(str)

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
        self.addAction("Back to live", self.liveRequested).setEnabled(not is_following)
        auto = self.addAction("Auto range", lambda: self.autoRequested.emit(not is_auto))
        auto.setCheckable(True)
        auto.setChecked(is_auto)
        self.addAction("Unpin the cursor", self.unpinRequested).setEnabled(is_pinned)
        self.addSeparator()
        if chosen is not None:
            self._add_trace_actions(chosen)
        self.addAction("Export traces…", self.exportRequested).setEnabled(is_filled)
        self.aboutToHide.connect(self.deleteLater)

    def _add_trace_actions(self, chosen: StoredTrace) -> None:
        id_, verb = chosen.trace_id, "Hide" if chosen.shown else "Show"
        self.addAction(menu_text(f"{verb} {chosen.label}"), lambda: self.toggleRequested.emit(id_))
        self.addAction(menu_text(f"Remove {chosen.label}"), lambda: self.removeRequested.emit(id_))
        self.addSeparator()
