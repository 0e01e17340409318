"""`InlineContext`: what a function of a script gets that asks for the context."""

from __future__ import annotations

from typing import Any

from backends.live.engine import LiveEngine
from backends.live.interaction import InteractionContext
from backends.session import BufferedSession


class InlineContext(InteractionContext):
    """What every session's hooks may use, and the clock.

    Attributes
    ----------
    t : float
        Simulated time, ms.
    dt : float
        Step, ms.
    """

    def __init__(self, session: BufferedSession, live: LiveEngine) -> None:
        interactions = live.interactions
        super().__init__(session, live, interactions.invoke, interactions.set_control)
        self._engine = live

    @property
    def t(self) -> float:
        """Simulated time, ms."""
        return self._engine.t

    @property
    def dt(self) -> float:
        """Step, ms."""
        return self._engine.dt

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"the context has no {name!r}; it has t, dt, state, set_state, set_control, selected_entity_id, "
            "entity_info, show_status, clear_status and invoke_action"
        )
