"""`AuditCard`: what the reader of a morphology file found, as an icon and a list of sentences."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.palette import DARK, Theme
from app.ui.plain import PlainLabel, plain_tip
from app.ui.sentence_label import SentenceLabel
from app.ui.severity import SEVERITY_WORDS, SeverityMark
from backends.scene import Finding

_SHOWN = 100
_READINGS = {
    "tree.several": (("Open all trees", "trees", "all"),),
    "tree.all": (("Open the main tree only", "trees", "main"),),
    "units.suspect": (("Read as nm", "units", "nm"), ("Read as 8 nm voxels", "units", "8nm")),
    "units.scaled": (("Read as µm", "units", "um"),),
}
"""What can be done about a finding: text of the button, field of `SessionSource`, its value."""
_ORDER = {"error": 0, "repair": 1, "warning": 2, "info": 3}


class AuditCard(QFrame):
    """The audit of a morphology.

    Signals
    -------
    readingChosen(str, str)
        Read the file again with another value of this field of its `SessionSource`.
    """

    readingChosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._findings: tuple[Finding, ...] = ()
        self._theme = DARK
        self.light = SeverityMark("good")
        self.summary = PlainLabel()
        self.summary.setWordWrap(True)
        self.copy_all = QPushButton("Copy all")
        self.copy_all.setToolTip("Copy every finding as text")
        self.copy_all.clicked.connect(self._copy)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.light, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.summary, 1)
        head.addWidget(self.copy_all, 0, Qt.AlignmentFlag.AlignTop)
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(10)
        column.addLayout(head)
        column.addLayout(self._list)
        self._show()

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """Show findings, the most severe first."""
        ordered = tuple(sorted(findings, key=lambda each: (_ORDER[each.severity], each.line or 0)))
        if ordered != self._findings:
            self._findings = ordered
            self._show()

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        for mark in self.findChildren(SeverityMark):
            mark.set_theme(theme)

    def text(self) -> str:
        """Return every finding as text, one a line."""
        return "\n".join(
            f"{SEVERITY_WORDS[each.severity]}{f', line {each.line}' if each.line else ''}: {each.message}"
            for each in self._findings
        )

    def _show(self) -> None:
        self.light.set_severity(self._findings[0].severity if self._findings else "good")
        self.summary.setText(summary_of(self._findings))
        self.copy_all.setVisible(bool(self._findings))
        while self._list.count():
            widget = self._list.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        for finding in self._findings[:_SHOWN]:
            self._list.addWidget(self._row(finding))
        if len(self._findings) > _SHOWN:
            more = PlainLabel(
                f"… and {len(self._findings) - _SHOWN} more; Copy all copies them too."
            )
            more.setObjectName("quiet")
            self._list.addWidget(more)

    def _row(self, finding: Finding) -> QWidget:
        row = QWidget()
        row.setObjectName("plain")
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        mark = SeverityMark(finding.severity)
        mark.set_theme(self._theme)
        layout.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(0)
        sentence = SentenceLabel(text=finding.message)
        sentence.setToolTip(plain_tip(finding.code))
        where = f"{SEVERITY_WORDS[finding.severity]}, line {finding.line}" if finding.line else ""
        place = PlainLabel(where or SEVERITY_WORDS[finding.severity])
        place.setObjectName("quiet")
        column.addWidget(place)
        column.addWidget(sentence)
        column.addLayout(self._buttons(finding.code))
        layout.addLayout(column, 1)
        return row

    def _buttons(self, code: str) -> QHBoxLayout:
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, 4, 0, 0)
        buttons.setSpacing(8)
        for text, field, value in _READINGS.get(code, ()):
            button = QPushButton(text)
            button.clicked.connect(partial(self.readingChosen.emit, field, value))
            buttons.addWidget(button)
        buttons.addStretch(1)
        return buttons

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())


def summary_of(findings: Sequence[Finding]) -> str:
    """Return the audit in a few words: ``"2 repairs, 1 note"``."""
    if not findings:
        return "The file needed no repair."
    nouns = {"error": "error", "repair": "repair", "warning": "warning", "info": "note"}
    counts = {kind: sum(each.severity == kind for each in findings) for kind in nouns}
    return ", ".join(
        f"{count} {nouns[kind]}{'s' if count != 1 else ''}"
        for kind, count in counts.items()
        if count
    )
