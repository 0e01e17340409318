"""The targets of controls in a Jaxley model: parameters of the whole model, or of a part of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.jaxley.catalog import parameter_names, unit_of_parameter
from backends.jaxley.checks import is_module
from backends.live.targets import Step, Target, TargetFinder, UnknownTarget, listed, parse_path


class ParameterTarget(Target):
    """A parameter in the tables of a module or of a view of it.

    Parameters
    ----------
    view : jx.Module or jx.View
    key : str
        ``"HH_gNa"``.
    refresh : callable
        Puts the tables to use in the running model.
    """

    def __init__(self, view: Any, key: str, refresh: Callable[[], object]) -> None:
        self._view = view
        self._key = key
        self._refresh = refresh
        self.unit = unit_of_parameter(view.base, key)
        known = parameter_names(view.base)
        if key not in known:
            raise UnknownTarget(f"but the model has no parameter {key!r}; {listed(key, known)}")
        if not len(self._values()):
            raise UnknownTarget(f"but that part of the model has no {key!r}")

    def _values(self) -> NDArray[np.float64]:
        """Return the present values of the part: a view's own tables are copies of when it was made."""
        view, base = self._view, self._view.base
        here, all_ = (
            (view.nodes, base.nodes) if self._key in base.nodes else (view.edges, base.edges)
        )
        if self._key not in all_:
            return np.empty(0)
        values: NDArray[np.float64] = all_.loc[here.index, self._key].to_numpy(np.float64)
        return values[~np.isnan(values)]

    def read(self) -> float:
        return float(self._values()[0])

    def write(self, value: Any) -> None:
        self._view.set(self._key, value)
        self._refresh()


class JaxleyTargetFinder(TargetFinder):
    """Finds ``"HH_gNa"``, ``"branch(0).HH_gNa"``, ``"dends.HH_gNa"`` (a group), ``"IonotropicSynapse_gS"``.

    What selects the part is written as in Jaxley; `session.network` is the module that it begins with.
    """

    def in_model(self, path: str) -> Target | None:
        """Return a parameter of the network; None where the path begins with an attribute of the session."""
        *selection, last = parse_path(path)
        network = self.session.network
        if not is_module(network) or last.calls:
            return None
        if not selection:
            is_known = last.name in parameter_names(network)
            return self._parameter(network, last.name) if is_known else None
        if not self._is_part(network, selection[0]):
            return None
        view = network
        for step in selection:
            view = _selected(view, step)
        return self._parameter(view, last.name)

    def _parameter(self, view: Any, key: str) -> ParameterTarget:
        return ParameterTarget(view, key, lambda: self.session.refresh_runtime_parameters())

    @staticmethod
    def _is_part(network: Any, step: Step) -> bool:
        """Whether a step selects a part of the network, and is no attribute of the session."""
        base = network.base
        groups = [*base.group_names, *base.synapse_names, *(each._name for each in base.channels)]
        return step.name in groups or (
            step.name in _SELECTORS and bool(step.calls) and step.calls[0][0]
        )

    def on_object(self, owner: Any, name: str) -> Target:
        """Return a parameter of a module or view, or an attribute of another object."""
        is_view = hasattr(owner, "base") and hasattr(owner, "set") and hasattr(owner, "nodes")
        return self._parameter(owner, name) if is_view else super().on_object(owner, name)

    def names(self) -> Sequence[str]:
        """Return the parameters of the model."""
        network = self.session.network
        return parameter_names(network) if is_module(network) else ()


_SELECTORS = ("cell", "branch", "comp", "loc", "edge")


def _selected(view: Any, step: Step) -> Any:
    """Return the part of a view that a step selects."""
    try:
        found = step.follow(view)
        is_empty = found is None or not (len(found.nodes) or len(found.edges))
    except Exception as error:  # Jaxley raises many kinds for an index that is not there
        raise UnknownTarget(f"but the model has no such {step.name}: {error}") from error
    if is_empty:
        raise UnknownTarget(f"but the model has no such {step.name}")
    return found
