"""`StaticSession`: a morphology with values per segment, and nothing that runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backends.errors import ProtocolError, RequestError
from backends.field import checked_array
from backends.live.default_scene import DISPLAY_FIELD_ID
from backends.messages import (
    EntityClicked,
    FieldReplace,
    KeyPressed,
    ScenePatch,
    SessionCommand,
    SetDisplayVariable,
    SetSpeed,
    SetStopTime,
    StopSession,
)
from backends.morphology.morphology import Morphology, build_geometry, segment_counts
from backends.replay.scenes import limits_of, morphology_scene
from backends.scene import UNTITLED, DisplayVariable, MorphologyGeometry, MorphologyViewSpec, Scene
from backends.session import BufferedSession

CANNOT_RUN = "These values do not change with time, so there is nothing to run."

Values = ArrayLike | Callable[[MorphologyGeometry], ArrayLike]


@dataclass(frozen=True, eq=False)
class StaticVariable:
    """What a morphology can be coloured by.

    Attributes
    ----------
    values : array, shape (n_segments,), or function
        In `unit`; a function gets the `MorphologyGeometry` and returns them.
    unit, label : str
    limits : (float, float) or None
        Colour range; None is that of the values.
    """

    values: Values
    unit: str = ""
    label: str = ""
    limits: tuple[float, float] | None = None


class StaticSession(BufferedSession):
    """Shows a morphology coloured by values that do not change; the Cell panel chooses among several.

    Parameters
    ----------
    morphology : MorphologyGeometry, Morphology, or path of an SWC file
        A `Morphology` or file gets its segments by the d_lambda rule.
    variables : mapping of str to StaticVariable, (values, unit) or values
        What it can be coloured by, by name; the first is shown at first.
    title : str
        By default the morphology's name.

    Raises
    ------
    ProtocolError
        If there is no variable, or one does not have a value per segment (in `initialize`).
    """

    def __init__(
        self,
        morphology: MorphologyGeometry | Morphology | str | Path,
        variables: Mapping[str, StaticVariable | tuple[Values, str] | Values],
        *,
        title: str = "",
    ) -> None:
        super().__init__()
        if not variables:
            raise ProtocolError(
                "StaticSession: give at least one variable with a value per segment",
                code="no-variable",
            )
        self._morphology = morphology
        self._variables = {name: _variable(each) for name, each in variables.items()}
        self._values: dict[str, NDArray[np.float32]] = {}
        self._specs: dict[str, DisplayVariable] = {}
        self._scene: Scene | None = None
        self._title = title

    def initialize(self) -> Scene:
        """Return the scene: the morphology, coloured by the first variable."""
        geometry, title = self._geometry()
        for name, each in self._variables.items():
            values = each.values(geometry) if callable(each.values) else each.values
            where = f"StaticSession: values of {name!r} ({geometry.n_segments} segments)"
            array = checked_array(where, values, shape=(geometry.n_segments,), dtype=np.float32)
            limits = limits_of(each.limits, array)
            self._values[name] = array
            self._specs[name] = DisplayVariable(name, each.label or name, each.unit, limits)
        first = next(iter(self._specs.values()))
        scene = morphology_scene(
            geometry,
            self._values[first.name],
            unit=first.unit,
            label=first.label,
            limits=first.limits,
            title=self._title or title,
            variables=tuple(self._specs.values()),
            with_traces=False,
        )
        self._scene = replace(scene, backend="", cannot_run=CANNOT_RUN)
        return self._scene

    def _geometry(self) -> tuple[MorphologyGeometry, str]:
        found = self._morphology
        if isinstance(found, MorphologyGeometry):
            return found, UNTITLED if found.cell_names == ("cell",) else found.cell_names[0]
        if not isinstance(found, Morphology):
            from backends.swc.reader import read_swc

            found = read_swc(Path(found))
        return build_geometry(found, segment_counts(found).tolist()), found.name

    def handle(self, command: SessionCommand) -> None:
        """Show another variable; RequestError for what needs time."""
        match command:
            case SetDisplayVariable(name):
                self._show(name)
            case StopSession():
                self.shutdown()
            case SetSpeed() | SetStopTime() | EntityClicked() | KeyPressed():
                return  # a click selects, which the window does; speed and stop time are of a run
            case _:
                raise RequestError(CANNOT_RUN, code="cannot-run")

    def _show(self, name: str) -> None:
        if self._scene is None or name not in self._specs:
            raise RequestError(
                f"{name!r} cannot be shown; there are: {', '.join(self._specs) or 'none'}.",
                code="unknown-variable",
            )
        spec = self._specs[name]
        views: tuple[Any, ...] = tuple(
            replace(each, unit=spec.unit, label=spec.label, color_limits=spec.limits)
            if isinstance(each, MorphologyViewSpec)
            else each
            for each in self._scene.views
        )
        self._scene = replace(self._scene, views=views)
        self.emit(ScenePatch({"views": views}))
        self.emit(FieldReplace(DISPLAY_FIELD_ID, self._values[name]))

    def is_live(self) -> bool:
        """Return False: there is nothing to advance."""
        return False

    def idle_sleep(self) -> float | None:
        """Return None: only a command changes anything."""
        return None

    def advance(self) -> None:
        """Do nothing: `is_live` is never true."""
        return


def _variable(given: StaticVariable | tuple[Values, str] | Values) -> StaticVariable:
    if isinstance(given, StaticVariable):
        return given
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], str):
        return StaticVariable(given[0], given[1])
    return StaticVariable(given)
