"""`CellPanel`: name of the cell, facts about it, and the audit of its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from app.palette import Theme
from app.panels.audit import AuditCard
from app.ui.fold import Fold
from app.ui.inputs import ComboBox
from app.ui.layouts import ScrollColumn
from app.ui.plain import PlainLabel, plain_tip
from app.ui.rows import FactRows
from app.ui.sentence_label import SentenceLabel
from backends.scene import DisplayVariable, Finding


class CellPanel(QWidget):
    """The open cell.

    Signals
    -------
    cellChosen(str)
        Name of a bundled cell to open.
    variableChosen(str)
        Name of the display variable to colour the cell by.
    membraneChosen(str)
        "hh" or "passive".
    factsToggled(bool)
        The user has unfolded or folded the facts.
    """

    cellChosen = Signal(str)
    variableChosen = Signal(str)
    membraneChosen = Signal(str)
    factsToggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = SentenceLabel("title", "No cell")
        self._backend = PlainLabel()
        self._backend.setObjectName("chip")
        self._backend.hide()
        self.bundled = ComboBox()
        self.bundled.setPlaceholderText("Open a bundled cell…")
        self.bundled.setAccessibleName("Open a bundled cell")
        self.bundled.activated.connect(self._choose_cell)
        self.variables = ComboBox()
        self.variables.setAccessibleName("Colour the cell by")
        self.variables.activated.connect(self._choose_variable)
        self.membranes = ComboBox()
        self.membranes.setAccessibleName("Membrane")
        self.membranes.addItem("HH (demo)", "hh")
        self.membranes.addItem("Passive", "passive")
        self.membranes.setToolTip(
            "HH (demo): Hodgkin and Huxley's squid axon at 6.3 °C, not this neuron's own channels.\n"
            "Passive: a leak of 20 kΩ cm² everywhere."
        )
        self.membranes.activated.connect(self._choose_membrane)
        self._membrane_row = _labelled("Membrane", self.membranes)
        self._membrane_row.hide()
        self._variable_row = _labelled("Colour by", self.variables)
        self._variable_row.hide()
        self._bundled_row = _labelled("Cell", self.bundled)
        self._bundled_row.hide()
        self._facts = FactRows()
        self.fold = Fold("Facts", self._facts)
        self.fold.toggled.connect(self.factsToggled)
        self.fold.hide()
        self.audit = AuditCard()
        self._lay_out()

    def _lay_out(self) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title, 1)
        head.addWidget(self._backend, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        column.addWidget(self._bundled_row)
        column.addWidget(self._membrane_row)
        column.addWidget(self._variable_row)
        column.addWidget(self.audit)
        column.addWidget(self.fold)
        column.addStretch(1)
        scroll = ScrollColumn(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    # -------------------------------------------------------------------------------- setters

    def set_title(self, title: str, backend: str = "") -> None:
        """Show the names of cell and simulator."""
        self._title.setText(title or "No cell")
        self._backend.setText(backend)
        self._backend.setVisible(bool(backend))

    def set_facts(self, facts: Mapping[str, str]) -> None:
        """Show short facts in order: ``{"Segments": "732"}``."""
        self._facts.set_rows(facts)
        self.fold.set_summary(", ".join(counts_in(facts)[:2]))
        self.fold.setVisible(bool(facts))

    def set_findings(self, findings: Sequence[Finding] | None) -> None:
        """Show the findings about a file; None if the cell has no file."""
        self.audit.set_findings(findings or ())
        self.audit.setVisible(findings is not None)

    def set_bundled(self, cells: Sequence[tuple[str, str, str]]) -> None:
        """List the bundled cells: (name, title, note)."""
        with QSignalBlocker(self.bundled):
            self.bundled.clear()
            for name, title, note in cells:
                self.bundled.addItem(title, name)
                self.bundled.setItemData(
                    self.bundled.count() - 1, plain_tip(note), Qt.ItemDataRole.ToolTipRole
                )
            self.bundled.setCurrentIndex(-1)
        self._bundled_row.setVisible(bool(cells))

    def set_cell(self, name: str | None) -> None:
        """Select the open bundled cell, None for another cell; emits no signal."""
        self.bundled.setCurrentIndex(self.bundled.findData(name) if name else -1)

    def set_membrane(self, membrane: str | None) -> None:
        """Select the membrane of a loaded morphology; None hides the choice, for a model with its own."""
        self._membrane_row.setVisible(membrane is not None)
        self.membranes.setCurrentIndex(self.membranes.findData(membrane))

    def set_variables(
        self, variables: Sequence[DisplayVariable], chosen: str | None = None
    ) -> None:
        """List the display variables; the first is selected unless `chosen` names another."""
        names = [each.name for each in variables]
        keep = chosen or self.variables.currentData()
        with QSignalBlocker(self.variables):
            self.variables.clear()
            for each in variables:
                unit = f" ({each.unit})" if each.unit else ""
                self.variables.addItem(f"{each.label}{unit}", each.name)
            self.variables.setCurrentIndex(names.index(keep) if keep in names else 0)
        self._variable_row.setVisible(len(names) > 1)

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme where the style sheet does not apply."""
        self.audit.set_theme(theme)

    # -------------------------------------------------------------------------------- signals

    def _choose_cell(self, index: int) -> None:
        self.cellChosen.emit(str(self.bundled.itemData(index)))

    def _choose_membrane(self, index: int) -> None:
        self.membraneChosen.emit(str(self.membranes.itemData(index)))

    def _choose_variable(self, index: int) -> None:
        self.variableChosen.emit(str(self.variables.itemData(index)))


def counts_in(facts: Mapping[str, str]) -> list[str]:
    """Return the facts that are numbers of things: ``["1 section", "3 904 points"]``."""
    counts = {name.lower(): text for name, text in facts.items() if text.replace(" ", "").isdigit()}
    return [f"{n} {name.removesuffix('s') if n == '1' else name}" for name, n in counts.items()]


def _labelled(text: str, widget: QComboBox) -> QWidget:
    """Return a row of a label and a widget; the labels of all rows have the same width."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    label = PlainLabel(text)
    label.setObjectName("tableKey")
    label.setMinimumWidth(64)
    label.setBuddy(widget)
    layout.addWidget(label)
    widget.setMinimumContentsLength(8)
    widget.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    layout.addWidget(widget, 1)
    return row
