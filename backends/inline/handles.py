"""What an author holds of a view, a plot and a control: an id, and what the layout and bindings need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from backends.controls import ControlSpec
from backends.inline.targets import Target
from backends.views import StateBinding, ViewSpec

if TYPE_CHECKING:
    from backends.scene import Scene


@dataclass(frozen=True, eq=False)
class Handle:
    """A panel of the window, for `layout`.

    Attributes
    ----------
    id : str
        Of the panel, and of what it shows.
    """

    id: str


@dataclass(frozen=True, eq=False)
class ViewHandle(Handle):
    """A view.

    Attributes
    ----------
    title : str
    make : callable
        Returns the view's spec; called with the scene that holds geometry and fields.
    field_ids : tuple of str
        Fields of its own, which other views can show too.
    """

    title: str
    make: Callable[[Scene], ViewSpec]
    field_ids: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class TraceHandle(ViewHandle):
    """A plot of traces over time.

    Attributes
    ----------
    names : tuple of str
        Of the traces, in order; `derive` takes them from here.
    """

    names: tuple[str, ...] = ()


@dataclass(eq=False)
class ControlHandle:
    """A control.

    Any attribute of a view may be a control (``limits=``, ``window_ms=`` …): the view then follows it.

    Attributes
    ----------
    id : str
    value : object
        What the control has now; for a choice between things, the thing.
    """

    spec: ControlSpec
    target: Target | None
    value: Any
    decode: Callable[[Any], Any] = field(default=lambda value: value, repr=False)
    encode: Callable[[Any], Any] = field(default=lambda value: value, repr=False)

    @property
    def id(self) -> str:
        """Its id in the window's state."""
        return self.spec.id


def bound(value: Any) -> Any:
    """Return `value`, or what stands for the present value of a control where it is one."""
    return StateBinding(value.id) if isinstance(value, ControlHandle) else value
