"""neuromorphopy's errors, which are this package's under other names."""

from neuromorpho.errors import (
    NeuroMorphoError,
    NeuroMorphoQueryError as ValidationError,
    NeuroMorphoRequestError as ApiError,
)

__all__ = ["ApiError", "NeuroMorphoError", "ValidationError"]
