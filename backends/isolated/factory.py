"""What makes a session, as bytes that the child can read."""

from __future__ import annotations

import pickle
from collections.abc import Callable

from backends.errors import RequestError
from backends.session import Session


def pickled_factory(factory: Callable[[], Session], name: str) -> bytes:
    """Return `factory` as bytes for another process.

    Raises
    ------
    RequestError
        ``not-importable`` or ``not-picklable``, with the session's `name`.
    """
    if getattr(factory, "__module__", None) == "__main__":
        raise RequestError(
            f"{name} is defined in the script that is being run; put its class in another file "
            f"and import it, so that its process can import it too.",
            code="not-importable",
        )
    try:
        return pickle.dumps(factory, pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise RequestError(
            f"What makes {name} cannot be sent to another process: {error}; use a class or a function "
            f"of a module, or a SessionSource.",
            code="not-picklable",
        ) from error
