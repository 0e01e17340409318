"""`ViewContents`: makes the widget of each view, keeps it while the scene has the view, and deletes it then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.model import Model
from app.palette import Theme
from app.presenters.view import ViewPresenter
from app.presenters.viewport import ViewportPresenter
from app.window.views.paint_order import PaintTurns
from app.window.views.texts import empty_hint_of
from app.window.views.tree import Place
from backends.views import ViewSpec

if TYPE_CHECKING:
    from app.presenters.traces import TracesPresenter
    from app.viewport.widget import Viewport

_CELL = "morphology"


@dataclass(eq=False, slots=True)
class Content:
    """The widget of a view, and what updates it; a plot is updated with all others by `TracesPresenter`."""

    kind: str
    view_id: str
    widget: Any
    presenter: ViewportPresenter | ViewPresenter | None = None


class ViewContents(QObject):
    """The widgets of the present scene, by `Place.key`.

    Parameters
    ----------
    viewport : Viewport
        For the first view of a cell; it stays when there is none.
    area : QWidget
        The parent of widgets that are in no panel.

    Signals
    -------
    made(Content)
        A new widget is there, not yet in its panel.
    """

    made = Signal(object)

    def __init__(self, model: Model, viewport: Viewport, area: QWidget, theme: Theme) -> None:
        super().__init__(area)
        self.turns = PaintTurns(self)
        self.traces: TracesPresenter | None = None
        self._model = model
        self._area = area
        self._theme = theme
        self._contents: dict[str, Content] = {}
        self._main_key = ""
        self.main = self._viewport_content("", viewport)

    def get(self, key: str) -> Content | None:
        """Return the content of a key, None if there is none."""
        return self._contents.get(key)

    def all(self) -> list[Content]:
        """Return all contents, that of the first cell first."""
        return [self.main, *(each for each in self._contents.values() if each is not self.main)]

    def set_theme(self, theme: Theme) -> None:
        """Apply a theme to all widgets but plots."""
        self._theme = theme
        for each in self.all():
            if each.presenter is not None:
                each.presenter.set_theme(theme)

    # ------------------------------------------------------------------------- one scene

    def begin(self, places: tuple[Place, ...]) -> None:
        """Give the first viewport to a cell of the scene, and delete what the scene no longer has."""
        wanted = {each.key: each.panel.kind for each in places}
        cells = [key for key, kind in wanted.items() if kind == _CELL]
        if self._main_key not in cells:
            self._contents.pop(self._main_key, None)
            self._main_key = cells[0] if cells else ""
            if cells:
                self._delete(self._contents.pop(cells[0], None))
                self._contents[cells[0]] = self.main
        for key in [k for k, each in self._contents.items() if wanted.get(k) != each.kind]:
            self._delete(self._contents.pop(key))

    def content(self, place: Place) -> Content | None:
        """Return the content of a place, made if need be; None where it cannot be made yet.

        All but cells wait until `traces` is set, that is until the first frame is drawn: they import much.
        """
        content = self._contents.get(place.key)
        if content is not None:
            content.view_id = place.view_id
            return content
        view = self._model.view(place.view_id)
        if view is None or (view.KIND != _CELL and self.traces is None):
            return None
        content = self._contents[place.key] = self._make(view)
        self.made.emit(content)
        return content

    def _make(self, view: ViewSpec) -> Content:
        if view.KIND == _CELL:
            from app.viewport.factory import make_viewport

            return self._viewport_content(view.id, make_viewport())
        if view.KIND == "traces":
            return self._plot_content(view)
        from app.views.factory import make_view

        widget = make_view(view)
        self.turns.add(widget)
        presenter = ViewPresenter(self._model, widget, self._theme, view.id)
        return Content(view.KIND, view.id, widget, presenter)

    def _viewport_content(self, view_id: str, viewport: Viewport) -> Content:
        self.turns.add_viewport(viewport)
        presenter = ViewportPresenter(self._model, viewport, self._theme, view_id)
        return Content(_CELL, view_id, viewport, presenter)

    def _plot_content(self, view: ViewSpec) -> Content:
        from app.traces.plot import TracePlot

        assert self.traces is not None
        plot = TracePlot(store=self.traces.store)
        plot.set_empty_hint(empty_hint_of(view, self._model.scene))
        self.traces.show_in(plot, view.id)
        self.turns.add(plot)
        return Content("traces", view.id, plot)

    def park(self, widget: QWidget) -> None:
        """Keep a widget that no panel shows."""
        widget.hide()
        widget.setParent(self._area)

    def _delete(self, content: Content | None) -> None:
        if content is None:
            return
        widget = content.widget
        if content.kind == _CELL:
            self.turns.remove_viewport(widget)
            widget.close_view()
        else:
            self.turns.remove(widget)
        if content.kind == "traces":
            assert self.traces is not None
            self.traces.release(widget)
        elif content.kind != _CELL:
            widget.close_view()
        widget.hide()
        widget.setParent(self._area)  # its panel may be deleted sooner
        widget.deleteLater()

    def close(self) -> None:
        """Release what VTK holds."""
        for each in self.all():
            if each.kind != "traces":
                each.widget.close_view()
