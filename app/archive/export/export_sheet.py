"""`ExportSheet` and `Exporter`: choose a format and a file, and show the progress."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from app.archive.connection.service import LONG, ArchiveService, Failure
from app.archive.export.writers import FORMATS, ExportResult, Format, Selection, export, target_path
from app.archive.sheet import Sheet
from app.archive.text import cells_text
from app.notices import Notice, Notices
from app.tasks.runner import Progress
from app.ui.inputs import ComboBox
from app.ui.layouts import fill
from app.ui.sentence_label import SentenceLabel

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient

EXPORT = f"{LONG}export"
_SUFFIXES = {each.suffix for each in FORMATS}


class ExportSheet(Sheet):
    """Lets the user choose the format and the file for cells.

    Signals
    -------
    exportRequested(object, object)
        A `Format` and a `Path`.
    """

    exportRequested = Signal(object, object)

    def __init__(
        self, n_cells: int, folder: Path, note: str = "", parent: QWidget | None = None
    ) -> None:
        title = f"Export {cells_text(n_cells)}"
        super().__init__("exportSheet", title, 560, 200, parent, close="Cancel")
        self._folder = folder
        self.kind = ComboBox()
        self.kind.setAccessibleName("Format")
        self.kind.addItems([each.label for each in FORMATS])
        self.about, self.note = SentenceLabel("quiet"), SentenceLabel("quiet")
        self.name = QLineEdit(str(folder / f"neuromorpho-{n_cells}-cells.csv"))
        self.name.setAccessibleName("File name")
        self.browse = QPushButton("Choose…", accessibleName="Choose the file")
        self.browse.setAutoDefault(False)  # Return in the name exports
        self.export_button = self.add_button("Export")
        self.export_button.setObjectName("primary")
        self.kind.currentIndexChanged.connect(self._on_kind_changed)
        self.name.textChanged.connect(self._check_name)
        self.export_button.clicked.connect(self._request_export)
        self.browse.clicked.connect(self._choose_file)
        self._lay_out()
        self.note.show_sentence(note)
        self._on_kind_changed()

    def _lay_out(self) -> None:
        line = self.fontMetrics().lineSpacing()
        self.about.setMinimumHeight(3 * line)  # of the longest text, so that nothing moves
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.message.setMinimumHeight(line)
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        self.bar.hide()
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.addRow("Format", self.kind)
        form.addRow("", self.about)
        form.addRow("File", fill(QHBoxLayout(), (self.name, 1), self.browse, spacing=8))
        form.addRow("", self.message)
        self.lay_out(form, self.note, 1, self.bar)
        self.export_button.setDefault(True)

    @property
    def chosen_kind(self) -> Format:
        """The chosen format."""
        return FORMATS[self.kind.currentIndex()]

    def show_failure(self, sentence: str) -> None:
        """Show why nothing was written, and let the user choose another name."""
        self.set_working(False)
        self.show_message(sentence)
        self.name.setFocus()
        self.name.selectAll()

    def set_working(self, is_working: bool) -> None:
        """Let nothing be changed while the file is written."""
        super().set_working(is_working)
        for part in (self.kind, self.name, self.browse, self.export_button):
            part.setEnabled(not is_working)

    def _on_kind_changed(self) -> None:
        """Describe the format, and change the suffix of the name."""
        kind = self.chosen_kind
        self.about.setText(kind.note)
        path = Path(self.name.text())
        if path.suffix in _SUFFIXES:
            self.name.setText(str(path.with_suffix(kind.suffix)))
        self._check_name()

    def _check_name(self) -> Path | None:
        """Return the path of the typed name, and show that the file exists; None if the name is not valid."""
        try:
            path = target_path(self.name.text(), self.chosen_kind, self._folder)
        except ValueError as error:
            self.show_message(str(error))
            self.export_button.setEnabled(False)
            return None
        is_there = path.exists()
        self.show_message(f"{path.name} already exists and will be replaced." if is_there else "")
        self.export_button.setText("Replace" if is_there else "Export")
        self.export_button.setEnabled(True)
        return path

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self,
            "Export as",
            self.name.text(),
            f"{self.chosen_kind.label} (*{self.chosen_kind.suffix})",
            options=QFileDialog.Option.DontConfirmOverwrite,  # the sheet shows it
        )
        if path:
            self.name.setText(path)

    def _request_export(self) -> None:
        if (path := self._check_name()) is not None:
            self.exportRequested.emit(self.chosen_kind, path)


class Exporter(QObject):
    """Exports cells, one file at a time."""

    def __init__(
        self,
        service: ArchiveService,
        window_of: QWidget,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._service, self._of, self._notices = service, window_of, notices
        self._folder: Path | None = None
        self.sheet: ExportSheet | None = None

    def open(self, selection: Selection, note: str = "") -> None:
        """Let the user choose a format and a file, then write the cells."""
        if self.sheet is not None:
            self.sheet.close()
        if not selection.n_cells:
            text = "There is nothing to export: bundled cells are not from NeuroMorpho.Org."
            self._notices.post(Notice("info", text))
            return
        folder = self._folder or default_folder()
        self.sheet = sheet = ExportSheet(selection.n_cells, folder, note, self._of.window())
        sheet.exportRequested.connect(partial(self._export, selection))
        sheet.stopped.connect(lambda: self._service.cancel(EXPORT))
        sheet.finished.connect(self._on_sheet_closed)
        sheet.show()
        sheet.activateWindow()
        sheet.kind.setFocus()

    def _export(self, selection: Selection, kind: Format, path: Path) -> None:
        sheet = self.sheet
        assert sheet is not None  # it asked for this
        sheet.show_work(f"Writing {path.name}…", None)

        def work(client: NeuroMorphoClient, progress: Progress) -> ExportResult:
            return export(selection, kind, path, client, progress)

        self._service.run_long(EXPORT, work, self._on_done, self._on_failed, sheet.show_work)

    def _on_done(self, result: ExportResult) -> None:
        self._folder = result.path.parent
        severity = "warning" if result.n_damaged or result.problem else "info"
        self._notices.post(Notice(severity, result.text()))
        if self.sheet is not None:
            self.sheet.set_working(False)
            self.sheet.close()

    def _on_failed(self, failure: Failure) -> None:
        self._notices.post(Notice("error", failure.message, failure.details))
        if self.sheet is not None:
            self.sheet.show_failure(failure.message)

    def _on_sheet_closed(self) -> None:
        self.sheet = None


def default_folder() -> Path:
    """Return the user's documents folder."""
    found = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(found) if found else Path.home()
