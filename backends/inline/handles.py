"""What an author holds of a view, a plot and a control: an id, and what the layout and bindings need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backends.controls import ControlSpec
from backends.inline.targets import NOTHING
from backends.live.targets import Target
from backends.views import StateBinding, ViewSpec

if TYPE_CHECKING:
    from backends.live.engine import LiveEngine


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
        Returns the view's spec; called with what runs the session, whose geometry is there.
    field_ids : tuple of str
        Fields of its own, which other views can show too.
    """

    title: str
    make: Callable[[LiveEngine], ViewSpec]
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


class ControlHandle:
    """A control.

    Any attribute of a view may be a control (``limits=``, ``window_ms=`` …): the view then follows it.

    Attributes
    ----------
    value : object
        What the control has now; of a choice between things, the thing, of a pad (x, y).
    spec : ControlSpec
        Its target is the attribute `shown` of this handle.
    """

    def __init__(
        self,
        target: Target | None,
        value: Any,
        decode: Callable[[Any], Any] | None = None,
        encode: Callable[[Any], Any] | None = None,
    ) -> None:
        self.target, self.value = target, value
        self.decode = decode or _same
        self.encode = encode or _same
        self.spec: ControlSpec

    @property
    def id(self) -> str:
        """Its id in the window's state."""
        return self.spec.id

    @property
    def state_key(self) -> str:
        """The name of `value` in the window's state, where views follow it: the id if the window has the same."""
        return self.id if self.encode is _same else f"{self.id} value"

    @property
    def shown(self) -> Any:
        """What the model has, as the window shows it; assigned, the model gets it. The target of `spec`."""
        present = NOTHING if self.target is None else self.target.read()
        if present is not NOTHING:
            self.value = present
        return self.encode(self.value)

    @shown.setter
    def shown(self, value: Any) -> None:
        meaning = self.decode(value)
        if self.target is not None:
            self.target.write(meaning)
        self.value = meaning


def _same(value: Any) -> Any:
    return value


def bound(value: Any) -> Any:
    """Return `value`, or what stands for the present value of a control where it is one."""
    return StateBinding(value.state_key) if isinstance(value, ControlHandle) else value
