"""`OpenedStepper`: NEURON stepped as the model's own run system would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backends.neuron.simulator import simulator_error
from backends.neuron.stepping import LONGEST_DELAY_MS, NeuronStepper


class OpenedStepper(NeuronStepper):
    """A stepper whose reset is the model's ``stdinit()``, and whose step is its ``advance()`` where it has its own.

    ``stdinit`` sets dt (``setdt``, ``steps_per_ms``), then calls the model's ``init``. Steps are NEURON's own where the model
    has not defined ``advance``: the same that ``continuerun`` takes, bit for bit.

    Attributes
    ----------
    keeps_state : bool
        Whether the next `reset` takes the present state as the beginning: the model has initialized itself.
    """

    def __init__(
        self,
        h: Any,
        segments: Sequence[Any],
        close: Callable[[], None],
        *,
        has_own_advance: bool,
    ) -> None:
        super().__init__(h, segments, close)
        self.keeps_state = False
        self._has_own_advance = has_own_advance

    def reset(self, v_init: float | None) -> None:
        """Initialize as the model does; its own ``v_init`` and ``dt`` are used."""
        h = self._h
        self._note_filled()
        self._samplers.note_started()
        is_done, self.keeps_state = self.keeps_state, False
        if not is_done:
            try:
                h.stdinit()
            except RuntimeError as error:
                raise simulator_error(h, "Initializing the model (stdinit)", error) from error
        self._context.set_maxstep(LONGEST_DELAY_MS)  # psolve refuses to run without

    @property
    def _is_fast(self) -> bool:
        return super()._is_fast and not self._has_own_advance

    def step(self, n: int) -> None:
        """Take `n` steps."""
        if not self._has_own_advance:
            super().step(n)
            return
        try:
            self._advance_by_hand(n, self._h.advance)
        except RuntimeError as error:
            words = f"advance() of the model, after t = {self.t:g} ms,"
            raise simulator_error(self._h, words, error) from error
