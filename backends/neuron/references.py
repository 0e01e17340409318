"""Which things of NEURON can be read and recorded: hoc references, and segments for their voltage."""

from __future__ import annotations

from typing import Any

_REFERENCES = ("data_handle<", "<hoc ref", "<pointer")


def reference_of(source: Any) -> Any:
    """Return `source` if it is a hoc reference, of a segment that of its voltage; None for anything else."""
    kind = type(source)
    if (kind.__module__, kind.__name__) == ("nrn", "Segment"):
        return source._ref_v
    is_reference = kind.__name__ == "HocObject" and repr(source).startswith(_REFERENCES)
    return source if is_reference else None
