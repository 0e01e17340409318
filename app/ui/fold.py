"""`Fold`: a heading that shows and hides what is below it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui.buttons import KeyedButton
from app.ui.labels import WrappingLabel
from app.ui.layouts import fill
from app.ui.plain import PlainLabel, plain_tip


class Fold(QWidget):
    """A heading with an arrow over a widget, folded at first.

    Parameters
    ----------
    is_group : bool
        The heading is that of a group of controls, as an author has written it: it wraps.

    Signals
    -------
    toggled(bool)
        The user has unfolded or folded it.
    """

    toggled = Signal(bool)

    def __init__(
        self,
        title: str,
        content: QWidget,
        parent: QWidget | None = None,
        *,
        is_group: bool = False,
    ) -> None:
        super().__init__(parent)
        self._title = title
        self._content = content
        self._is_group = is_group
        self.button = KeyedButton()
        self.button.setObjectName("fold")
        self.button.setCheckable(True)
        self.button.setAccessibleName(title)
        self.button.toggled.connect(self._show)
        self.button.clicked.connect(self.toggled)
        self._line = PlainLabel(parent=self)
        self._line.setObjectName("quiet")
        self._line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button.setProperty("group", is_group)
        beside: QWidget = self._line
        if is_group:
            self._line.hide()  # a group has no summary
            beside = self.heading = WrappingLabel(title)
            beside.setObjectName("group")
            beside.setIndent(0)
            self.heading.clicked.connect(self.button.click)
        head = fill(QHBoxLayout(), self.button, (beside, 1), spacing=4)
        fill(QVBoxLayout(self), head, content, spacing=8)
        self._show(False)

    @property
    def is_open(self) -> bool:
        """Whether the content is shown."""
        return self.button.isChecked()

    def set_open(self, is_open: bool) -> None:
        """Unfold or fold; emits no signal."""
        self.button.setChecked(is_open)

    def set_summary(self, text: str) -> None:
        """Set what is said of the content next to the heading."""
        self._line.setText(text)
        self._line.setToolTip(plain_tip(text))

    def _show(self, is_open: bool) -> None:
        self._content.setVisible(is_open)
        arrow = "▾" if is_open else "▸"
        self.button.setText(arrow if self._is_group else f"{arrow}  {self._title}")
        tip = self._title if self._is_group else f"the {self._title.lower()}"
        self.button.setToolTip(plain_tip(f"{'Hide' if is_open else 'Show'} {tip}"))
