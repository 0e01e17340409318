"""`FileSaving`: asks for the name of a picture or a table, writes it, and says where it is or why it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from app.export.files import not_written, with_added_suffix
from app.model import Model
from app.notices import Notice, Notices

if TYPE_CHECKING:
    from app.views.base import ViewWidget

Write = Callable[[Path], object]
_TABLES = "Table (*.csv);;NumPy archive (*.npz)"


class FileSaving:
    """Saves what a window shows; file names begin with the scene's title."""

    def __init__(self, window: QWidget, model: Model, notices: Notices) -> None:
        self._window = window
        self._model = model
        self._notices = notices

    def save_picture(self, write: Write) -> None:
        """Ask for a file name, then write a PNG."""
        path, _ = QFileDialog.getSaveFileName(
            self._window, "Save picture", f"{self._stem()}.png", "PNG picture (*.png)"
        )
        if path:
            self._write("The picture", path, (".png",), ".png", write)

    def save_table(self, heading: str, name: str, what: str, write: Write) -> None:
        """Ask for a file name, then write a table or an archive.

        Parameters
        ----------
        heading : str
            Title of the dialog.
        name : str
            How the proposed name ends.
        what : str
            Subject of the sentence that says where it is.
        """
        path, kind = QFileDialog.getSaveFileName(
            self._window, heading, f"{self._stem()}-{_safe(name)}.csv", _TABLES
        )
        if path:
            default = ".npz" if ".npz" in kind else ".csv"
            self._write(what, path, (".csv", ".npz"), default, write)

    def save_values(self, view_id: str, widget: ViewWidget) -> None:
        """Ask for a file name, then write what a view shows."""
        from app.export.tables import write_table

        table = widget.export_table()
        if table is None:
            self._notices.post(Notice("info", f"View {view_id} has no values yet."))
            return
        what = f"The table of view {view_id}"
        self.save_table("Export values", view_id, what, lambda path: write_table(path, table))

    def _write(
        self, what: str, path: str, suffixes: tuple[str, ...], default: str, write: Write
    ) -> None:
        try:
            write(target := with_added_suffix(path, suffixes, default))
        except (OSError, MemoryError) as error:
            self._notices.post(Notice("error", not_written(what, Path(path), error)))
        else:
            self._notices.post(Notice("info", f"{what} is saved as {target}"))

    def _stem(self) -> str:
        return _safe(self._model.scene.title or "somascope")


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
