"""`MissingView`: stands where a view cannot be shown, and says why."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.layouts import fill
from app.ui.rows import empty_hint
from app.views.base import ViewWidget
from backends.field import Field
from backends.views import ViewSpec


class MissingView(ViewWidget):
    """A sentence in the place of a view of a kind that this version does not draw."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = empty_hint("")
        fill(QVBoxLayout(self), self.label)

    def set_spec(self, view: ViewSpec) -> None:
        """Say which view it is."""
        self.label.setText(
            f"The view “{view.id}” is of the kind “{view.KIND}”, which this version of Somascope does not draw."
        )

    def set_field(self, field: Field) -> None:
        """Do nothing: the sentence stays."""
