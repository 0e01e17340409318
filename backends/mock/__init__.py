"""A backend without a simulator: a passive ball and stick in numpy, to copy when you add a backend.

What a backend consists of, in the order to write it:

1. ``stepping.py``: an object with the methods of `backends.live.stepper.Stepper`. It takes steps and reads
   values; it knows no message and no window.
2. ``scene.py``: the drawing. One value per segment; ids as NEURON writes them, ``"dend[0](0.25)"``.
3. ``session.py``: a subclass of `LiveEngine` whose `open_model` builds both, and the subclass of `LiveSession`
   that it runs. Running, pausing, traces, history and controls come with these two.
4. A row in ``KINDS`` of ``tests/backends/test_session_contract.py``, which then tests the backend.

Import the simulator inside functions only, so that this package can be imported without it.
"""

from backends.mock.session import MockSession

__all__ = ["MockSession"]
