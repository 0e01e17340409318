"""`FieldView`: base class of the widgets that show a field's present values: header, warning, empty state, menu, export."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar, cast

from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.export.export_table import ExportTable
from app.palette import Theme
from app.ui.layouts import fill
from app.ui.plain import PlainLabel
from app.ui.rows import empty_hint
from app.ui.style import set_style_property
from app.views.base import ViewWidget
from app.views.field_values import is_same
from app.views.header import ViewHeader
from app.views.problem import NOTHING_YET, NoValues, ViewProblem
from backends.field import Field
from backends.views import View, ViewSpec

S = TypeVar("S", bound=View)


class FieldView(ViewWidget, Generic[S]):
    """A header, and below it what a subclass shows, or a sentence why it shows nothing.

    Attributes
    ----------
    fields : dict of str to Field
        Those of the view, with their present values.
    redraws : int
        How often it has been drawn.
    """

    EXPORT: ClassVar[str] = "Export values…"
    SPEC: ClassVar[type[View]] = View

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec: S | None = None
        self.fields: dict[str, Field] = {}
        self.redraws = 0
        self._problem: ViewProblem | None = NoValues()
        self._warnings: list[str] = []
        self.header = ViewHeader()
        self.header.backRequested.connect(self.show_all)
        self._warning = PlainLabel(wordWrap=True)
        self._warning.setObjectName("error")
        self._warning.setContentsMargins(10, 2, 10, 4)
        self._warning.hide()
        self._message = empty_hint(NOTHING_YET)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._message)
        fill(QVBoxLayout(self), self.header, self._warning, (self._pages, 1))
        self.setMinimumSize(160, 120)

    @property
    def spec(self) -> S:
        """What is shown; without bindings."""
        assert self._spec is not None
        return self._spec

    def _set_content(self, content: QWidget) -> None:
        """Make a widget the page that is shown while there is something to show."""
        self._pages.addWidget(content)
        self._content = content
        self._apply_theme(self.theme)

    # ------------------------------------------------------------------------------ setters

    def set_spec(self, view: ViewSpec) -> None:
        """Show a view, whose attributes have their present values; TypeError for one of another kind."""
        if not isinstance(view, self.SPEC):
            raise TypeError(f"{type(self).__name__} shows no {type(view).__name__}")
        if view != self._spec:
            self._spec = cast("S", view)
            self.schedule_redraw()

    def set_field(self, field: Field) -> None:
        """Show the present values of one of the view's fields."""
        if not is_same(self.fields.get(field.id), field):
            self.fields[field.id] = field
            self.schedule_redraw()

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        if theme is not self.theme:
            self._apply_theme(theme)
            super().set_theme(theme)

    def show_all(self) -> None:
        """Show all of it again, after the user has moved or zoomed."""
        self._follow()
        self.header.back.hide()
        self.schedule_redraw()

    # ------------------------------------------------------------------------------ drawing

    def _redraw(self) -> None:
        super()._redraw()
        self.redraws += 1
        self._warnings = []
        try:
            if self._spec is None or self._field() is None:
                raise NoValues
            self._show(self._spec, self.fields[self._spec.field_ids[0]])
        except ViewProblem as problem:
            self._problem = problem
            self._show_problem(problem)
        else:
            self._problem = None
            self._pages.setCurrentWidget(self._content)
        self._warning.setText(" ".join(self._warnings))
        self._warning.setVisible(bool(self._warnings))

    def _field(self) -> Field | None:
        """Return the present values of the view's first field."""
        return None if self._spec is None else self.fields.get(self._spec.field_ids[0])

    def _show_problem(self, problem: ViewProblem) -> None:
        is_empty = isinstance(problem, NoValues)
        self._message.setText(problem.message)
        set_style_property(self._message, "problem", not is_empty)
        self._pages.setCurrentWidget(self._message)
        self.header.set_summary("")
        self.header.set_readout("")

    def warn(self, sentence: str) -> None:
        """Say above the view, until it is drawn again, what of it cannot be shown as asked."""
        self._warnings.append(sentence)

    @property
    def message(self) -> str:
        """The sentence that stands in the place of the picture, "" while there is one."""
        return "" if self._problem is None else self._problem.message

    @property
    def problem_code(self) -> str:
        """Code of that sentence, "" while there is a picture."""
        return "" if self._problem is None else self._problem.code

    @property
    def warning(self) -> str:
        """What of the picture is not as asked, "" if nothing."""
        return " ".join(self._warnings)

    # ------------------------------------------------------- what a subclass says and does

    def _show(self, spec: S, field: Field) -> None:
        """Draw; raise `ViewProblem` where the field does not suit."""
        raise NotImplementedError

    def _apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""

    def _follow(self) -> None:
        """Forget what the user has moved."""

    def _table(self, spec: S, field: Field) -> ExportTable:
        """Return what is shown, for export."""
        raise NotImplementedError

    def export_table(self) -> ExportTable | None:
        """Return what is shown, for export; None while there is nothing."""
        field = self._field()
        if field is None:
            return None
        try:
            return self._table(self.spec, field)
        except ViewProblem:
            return None

    # ------------------------------------------------------------------------------- events

    def open_menu(self, place: QPoint) -> None:
        """Open the context menu at a place on the screen."""
        menu = QMenu(self)
        menu.setObjectName("viewMenu")
        self._fill_menu(menu)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _fill_menu(self, menu: QMenu) -> None:
        back = menu.addAction(self.header.back.text(), self.show_all)
        back.setEnabled(not self.header.back.isHidden())
        menu.addSeparator()
        export = menu.addAction(self.EXPORT, lambda: self.exportRequested.emit())
        export.setEnabled(self.export_table() is not None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu where no part of the view has its own."""
        self.open_menu(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The window handles every key."""
        event.ignore()
