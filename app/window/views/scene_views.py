"""`SceneViews`: shows the views of the model's scene, in the middle of the window and in the dock of traces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.export.files import write_bytes
from app.model import Model
from app.presenters.viewport import ViewportPresenter
from app.window.main_window import MainWindow
from app.window.views.area import ViewArea
from app.window.views.contents import ViewContents
from app.window.views.panel import ViewPanel
from app.window.views.saved import SavedArrangements
from app.window.views.texts import panel_texts
from app.window.views.tree import ALONE, Place, Plan, plan_of, unplaced_views
from backends.views import TracePlotViewSpec

if TYPE_CHECKING:
    from app.presenters.traces import TracesPresenter
    from app.traces.plot import TracePlot
    from app.viewport.widget import Viewport

SAVE_AFTER_MS = 400


class SceneViews(QObject):
    """Puts the widget of each view where the scene's layout has it.

    A view that stays in the scene keeps its widget, and with it camera, ranges and samples. What the user
    changes of sizes and tabs is saved by the scene's title and the shape of its layout, until *Reset layout*.

    Attributes
    ----------
    area : ViewArea
        The middle of the window.
    contents : ViewContents
    plan : Plan
        How the present scene is shown.
    """

    def __init__(self, window: MainWindow, model: Model, viewport: Viewport) -> None:
        super().__init__(window)
        self.area = ViewArea()
        self.contents = ViewContents(model, viewport, self.area, window.theme)
        self.plan: Plan = plan_of(model.scene)
        self._window = window
        self._model = model
        self._traces_dock = window.docks["traces"]
        self._dock_plot: TracePlot | None = None
        self._dock_mode: tuple[bool, str] | None = None  # as it is shown; None for a new session
        self._has_left_over = False
        self._panels: dict[str, ViewPanel] = {}
        self._title = ""
        self._saved = SavedArrangements(window.settings)
        self._save_timer = QTimer(self, singleShot=True, interval=SAVE_AFTER_MS)
        self._save_timer.timeout.connect(self.save)
        self.area.arrangedByUser.connect(self._save_timer.start)
        window.layoutReset.connect(self._reset)
        window.themeChanged.connect(self.contents.set_theme)
        model.tracesChanged.connect(self._show_left_over)
        model.sceneChanged.connect(self._report_unplaced)
        self.show()

    # --------------------------------------------------------------------------- reading

    def viewports(self) -> list[Viewport]:
        """Return the viewports, that of the first cell first."""
        return [each.widget for each in self.contents.all() if each.kind == "morphology"]

    def active_viewport(self) -> Viewport:
        """Return the viewport that commands are for: that of the cell that the pointer was on last."""
        view = self._model.morphology_view
        content = None if view is None else self.contents.get(view.id)
        viewport: Viewport = (content or self.contents.main).widget
        return viewport

    def others_of_cell(self, viewport: Viewport) -> list[Viewport]:
        """Return the other viewports that show the cell of one."""
        cells = {}
        for each in self.contents.all():
            view = each.presenter.view if isinstance(each.presenter, ViewportPresenter) else None
            if view is not None:
                cells[each.widget] = view.geometry_id
        own = cells.pop(viewport, None)
        return [other for other, geometry_id in cells.items() if geometry_id == own]

    def plots(self) -> list[TracePlot]:
        """Return the trace plots, that of the dock first."""
        middle = [each.widget for each in self.contents.all() if each.kind == "traces"]
        return middle if self._dock_plot is None else [self._dock_plot, *middle]

    def widget_of(self, view_id: str) -> QWidget | None:
        """Return the widget of a view in the middle, None where it has none."""
        content = self.contents.get(view_id)
        return None if content is None else content.widget

    def panel(self, panel_id: str) -> ViewPanel | None:
        """Return the panel of an id, None where there is none."""
        return self._panels.get(panel_id)

    def save_picture(self, path: Path) -> None:
        """Write what the middle shows as a PNG; OSError if it cannot be written."""
        for viewport in filter(QWidget.isVisible, self.viewports()):
            viewport.grab_image()  # draws what a frame leaves to the next ones: see LayeredLines
        data = QBuffer()
        data.open(QIODevice.OpenModeFlag.WriteOnly)
        self.area.grab().save(data, "PNG")
        write_bytes(path, data.data().data())

    # --------------------------------------------------------------------------- showing

    def begin_session(self) -> None:
        """The next scene is that of another session: the dock of traces begins anew."""
        self._dock_mode, self._has_left_over = None, False

    def add_traces(self, traces: TracesPresenter, plot: TracePlot) -> None:
        """Make the plots and the other views too, from now on; `plot` is that of the dock."""
        self.contents.traces, self._dock_plot = traces, plot
        self.contents.turns.add(plot)
        self.show()

    def show(self) -> None:
        """Show the views of the present scene and layout."""
        scene = self._model.scene
        self.plan = plan_of(scene)
        self.contents.begin(self.plan.places)
        for place in self.plan.places:
            self._fill(place)
        if self.contents.main.widget.parent() is None:  # a scene without a cell from the start
            self.contents.park(self.contents.main.widget)
        self._arrange()
        self._remove_panels()
        self._show_dock()

    def _report_unplaced(self) -> None:
        """Say which views of a new scene have no panel; a later layout may leave views out, as tabs do."""
        scene = self._model.scene
        left_out = [] if plan_of(scene).is_plain else unplaced_views(scene)
        if left_out:
            names = ", ".join(map(repr, left_out))
            one, it = ("The view", "it") if len(left_out) == 1 else ("The views", "them")
            words = f"{one} {names}: no panel of the layout shows {it}; add a PanelSpec for {it}."
            self._model.report(words, "view-without-panel")

    def _fill(self, place: Place) -> None:
        """Put the widget of a place into its panel."""
        panel_id = ALONE if self.plan.is_plain else place.panel.id
        panel = self._panels.get(panel_id)
        if panel is None:
            panel = self._panels[panel_id] = ViewPanel(self.area)
            panel.hide()
        view = self._model.view(place.view_id)
        content = self.contents.content(place) if place.key else self.contents.main
        if view is not None and not self.plan.is_plain:
            panel.set_title(*panel_texts(place.panel, view, self._model.scene))
        if content is None:
            return
        if panel.view_widget is not None and panel.view_widget is not content.widget:
            panel.release_view_widget(self.contents.park)
        panel.set_view_widget(content.widget)
        if content.kind == "traces" and self.contents.traces is not None:
            self.contents.traces.set_title_above(content.widget, panel.title.text())
        if isinstance(content.presenter, ViewportPresenter):
            content.presenter.set_view(
                place.view_id,
                is_captioned=self.plan.is_plain,
                title=self._model.panel_titles.get(place.panel.id),
            )

    def _arrange(self) -> None:
        scene, tree = self._model.scene, self.plan.tree
        if self._save_timer.isActive() and (tree, scene.title) != (self.area.tree, self._title):
            self.save()
        self._title = scene.title
        if self.area.show_tree(tree, self._panels, headers=not self.plan.is_plain):
            arranged = self._saved.read(scene.title, tree)
            if arranged is not None:
                self.area.arrange(arranged)
        self.area.setVisible(tree is not None)

    def _remove_panels(self) -> None:
        used = {ALONE if self.plan.is_plain else place.panel.id for place in self.plan.places}
        for panel_id in [id_ for id_ in self._panels if id_ not in used]:
            panel = self._panels.pop(panel_id)
            panel.release_view_widget(self.contents.park)
            panel.deleteLater()

    # ------------------------------------------------------------------ the dock of traces

    def _show_dock(self) -> None:
        """Show in the dock the plot that has no place in the middle, or the traces that no plot shows."""
        if self._dock_plot is not None and self.contents.traces is not None:
            self.contents.traces.show_in(self._dock_plot, self.plan.dock_view)
        if not self._model.scene.views:
            return
        mode, before = (self.plan.is_dock_asked_for, self.plan.dock_view), self._dock_mode
        self._dock_mode = mode
        if self.plan.is_dock_asked_for:
            if self._model.scene.layout.panels or mode != before:
                self._traces_dock.show()
        elif mode != before:
            self._has_left_over = before is not None and bool(self._left_over())
            self._traces_dock.hide()
        self._show_left_over()

    def _left_over(self) -> tuple[str, ...]:
        """Return the traces in the dock."""
        view = self._model.view(self.plan.dock_view)
        if isinstance(view, TracePlotViewSpec):
            return self._model.traces_of(view)
        return self._model.traces_in_no_plot()

    def _show_left_over(self) -> None:
        """Open the dock that nobody has asked for with the first trace in it."""
        if self.plan.is_dock_asked_for or not self._model.scene.views:
            return
        has, had = bool(self._left_over()), self._has_left_over
        self._has_left_over = has
        if has and not had:
            self._traces_dock.show()

    # ----------------------------------------------------------------- what a user arranges

    def save(self) -> None:
        """Save the sizes and tabs that the user has chosen."""
        self._save_timer.stop()
        self._saved.write(self._title, self.area.tree, self.area.arranged())

    def _reset(self) -> None:
        self._save_timer.stop()
        self._saved.remove(self._title, self.area.tree)
        self.area.reset()

    def close(self) -> None:
        """Save what is not saved yet, and release what VTK holds."""
        if self._save_timer.isActive():
            self.save()
        self.contents.close()
