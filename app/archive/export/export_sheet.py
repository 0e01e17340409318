"""`ExportSheet` and `Exporter`: choose a format and a file, and show the progress."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.archive.connection.service import LONG, ArchiveService, Failure
from app.archive.export.writers import FORMATS, ExportResult, Format, Selection, export, target_path
from app.archive.text import cells_text
from app.notices import Notice, Notices
from app.tasks.runner import Progress

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient

EXPORT = f"{LONG}export"
_SUFFIXES = {each.suffix for each in FORMATS}


class ExportSheet(QDialog):
    """Lets the user choose the format and the file for cells.

    Signals
    -------
    exportRequested(object, object)
        A `Format` and a `Path`.
    stopped
        The sheet was closed during the export.
    """

    exportRequested = Signal(object, object)
    stopped = Signal()

    def __init__(
        self, n_cells: int, folder: Path, note: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("exportSheet")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Export {cells_text(n_cells)}")
        self.resize(560, 200)
        self._folder = folder
        self._is_working = False
        self.kind = QComboBox()
        for each in FORMATS:
            self.kind.addItem(each.label, each)
        self.kind.setAccessibleName("Format")
        self.about, self.note, self.message = QLabel(), QLabel(note), QLabel()
        self.name = QLineEdit(str(folder / f"neuromorpho-{n_cells}-cells.csv"))
        self.name.setAccessibleName("File name")
        self.browse = QPushButton("Choose…")
        self.browse.setAccessibleName("Choose the file")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("Progress")
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        self.bar.hide()
        self._lay_out()
        self._connect()
        self._on_kind_changed()

    def _lay_out(self) -> None:
        for label in (self.about, self.note, self.message):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        line = self.fontMetrics().lineSpacing()
        self.about.setMinimumHeight(3 * line)  # of the longest text, so that nothing moves
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.message.setMinimumHeight(line)
        self.about.setObjectName("quiet")
        self.note.setObjectName("quiet")
        self.note.setVisible(bool(self.note.text()))
        self.buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        self.export_button: QPushButton = self.buttons.addButton("Export", role.ActionRole)
        self.close_button: QPushButton = self.buttons.addButton("Cancel", role.RejectRole)
        self.export_button.setObjectName("primary")
        self.browse.setAutoDefault(False)  # Return in the name exports
        place = QHBoxLayout()
        place.setSpacing(8)
        place.addWidget(self.name, 1)
        place.addWidget(self.browse)
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.addRow("Format", self.kind)
        form.addRow("", self.about)
        form.addRow("File", place)
        form.addRow("", self.message)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(8)
        column.addLayout(form)
        column.addWidget(self.note)
        column.addStretch(1)
        column.addWidget(self.bar)
        column.addWidget(self.buttons)
        self.export_button.setDefault(True)

    def _connect(self) -> None:
        self.kind.currentIndexChanged.connect(self._on_kind_changed)
        self.name.textChanged.connect(self._check_name)
        self.browse.clicked.connect(self._choose_file)
        self.export_button.clicked.connect(self._request_export)
        self.buttons.rejected.connect(self.close)

    # ----------------------------------------------------------------------------------- setters

    @property
    def chosen_kind(self) -> Format:
        """The chosen format."""
        kind: Format = FORMATS[self.kind.currentIndex()]
        return kind

    def show_work(self, sentence: str, share: float | None) -> None:
        """Show what is being done, and the share that is done."""
        self._set_working(True)
        self._show_message(sentence)
        self.bar.setRange(0, 0 if share is None else 1000)
        self.bar.setValue(0 if share is None else round(1000 * share))

    def show_failure(self, sentence: str) -> None:
        """Show why nothing was written, and let the user choose another name."""
        self._set_working(False)
        self._show_message(sentence)
        self.name.setFocus()
        self.name.selectAll()

    def finish(self) -> None:
        """Close after the file is written."""
        self._is_working = False
        self.close()

    def done(self, result: int) -> None:
        """Stop a running export when the sheet closes."""
        if self._is_working:
            self._is_working = False
            self.stopped.emit()
        super().done(result)

    # ------------------------------------------------------------------------------------ inside

    def _set_working(self, is_working: bool) -> None:
        self._is_working = is_working
        self.bar.setVisible(is_working)
        for part in (self.kind, self.name, self.browse, self.export_button):
            part.setEnabled(not is_working)
        self.close_button.setText("Stop" if is_working else "Cancel")
        if is_working:
            self.close_button.setFocus()

    def _show_message(self, sentence: str) -> None:
        self.message.setText(sentence)
        self.message.setAccessibleName(sentence)

    def _on_kind_changed(self) -> None:
        """Describe the format, and change the suffix of the name."""
        kind = self.chosen_kind
        self.about.setText(kind.note)
        path = Path(self.name.text())
        if path.suffix in _SUFFIXES:
            self.name.setText(str(path.with_suffix(kind.suffix)))
        self._check_name()

    def _check_name(self) -> None:
        """Show what is wrong with the name, or that the file exists."""
        try:
            path = target_path(self.name.text(), self.chosen_kind, self._folder)
        except ValueError as error:
            self._show_message(str(error))
            self.export_button.setEnabled(False)
            return
        is_there = path.exists()
        self._show_message(f"{path.name} already exists and will be replaced." if is_there else "")
        self.export_button.setText("Replace" if is_there else "Export")
        self.export_button.setEnabled(True)

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, "Export as", self.name.text())
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # the sheet shows it
        dialog.setNameFilter(f"{self.chosen_kind.label} (*{self.chosen_kind.suffix})")
        dialog.setDefaultSuffix(self.chosen_kind.suffix.removeprefix("."))
        dialog.fileSelected.connect(self.name.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _request_export(self) -> None:
        try:
            path = target_path(self.name.text(), self.chosen_kind, self._folder)
        except ValueError as error:
            self._show_message(str(error))
            return
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
        sheet.exportRequested.connect(
            lambda kind, path, chosen=selection: self._export(chosen, kind, path)
        )
        sheet.stopped.connect(self.cancel)
        sheet.finished.connect(self._on_sheet_closed)
        sheet.show()
        sheet.activateWindow()
        sheet.kind.setFocus()

    def cancel(self) -> bool:
        """Stop the export; return whether one was running."""
        return self._service.cancel(EXPORT)

    def _export(self, selection: Selection, kind: Format, path: Path) -> None:
        sheet = self.sheet
        if sheet is None:
            return
        sheet.show_work(f"Writing {path.name}…", None)

        def work(client: NeuroMorphoClient, progress: Progress) -> ExportResult:
            return export(selection, kind, path, client, progress)

        self._service.run_long(EXPORT, work, self._on_done, self._on_failed, sheet.show_work)

    def _on_done(self, result: ExportResult) -> None:
        self._folder = result.path.parent
        severity = "warning" if result.n_damaged or result.problem else "info"
        self._notices.post(Notice(severity, result.text()))
        if self.sheet is not None:
            self.sheet.finish()

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
