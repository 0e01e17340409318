"""`CiteSheet`: what to cite for cells, as text, BibTeX or RIS that can be copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QWidget

from app.archive.export.writers import CITED
from app.archive.sheet import Sheet
from app.archive.text import cells_text
from app.ui.inputs import ComboBox
from app.ui.layouts import fill
from app.ui.plain import PlainLabel
from neuromorpho.bibliography.citations import Citation, citations, find_publications

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.records.models import NeuroMorphoNeuron

_KINDS = (("text", "Text"), ("bibtex", "BibTeX"), ("ris", "RIS"))


class CiteSheet(Sheet):
    """Shows citations."""

    def __init__(self, neurons: Sequence[NeuroMorphoNeuron], parent: QWidget | None = None) -> None:
        title = f"How to cite {cells_text(len(neurons))}"
        super().__init__("citeSheet", title, 580, 400, parent)
        self.kind = ComboBox()
        self.kind.setAccessibleName("Citation format")
        for key, word in _KINDS:
            self.kind.addItem(word, key)
        self.kind.currentIndexChanged.connect(self._write)
        self.text = QPlainTextEdit(readOnly=True, tabChangesFocus=True, accessibleName="Citation")
        self.copy = self.add_button("Copy")
        self.copy.clicked.connect(self._copy)
        row = fill(QHBoxLayout(), PlainLabel("As"), self.kind, 1, spacing=-1)
        self.lay_out(row, (self.text, 1))
        self.set_citations(citations(neurons))

    def set_citations(self, cited: Sequence[Citation]) -> None:
        """Show citations; titles may arrive later."""
        self._cited = cited
        self._write()

    def _write(self) -> None:
        self.text.setPlainText(CITED[self.kind.currentData()](self._cited))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())


def request_citations(
    client: NeuroMorphoClient, neurons: Sequence[NeuroMorphoNeuron]
) -> tuple[Citation, ...]:
    """Request the papers of cells, and return the citations."""
    papers, _ = find_publications(client, neurons)
    return citations(neurons, papers)
