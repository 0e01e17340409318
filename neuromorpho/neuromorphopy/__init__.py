"""The names of neuromorphopy 0.3.3, for scripts written for it, over this package's client.

Such a script needs one word changed: ``from neuromorpho.neuromorphopy import NeuroMorphoClient``. What differs is in
docs/archive.md.
"""

from neuromorpho.neuromorphopy.api import NeuroMorphoClient, search_and_download
from neuromorpho.neuromorphopy.exceptions import ApiError, NeuroMorphoError, ValidationError
from neuromorpho.neuromorphopy.query import Query, QueryFields

__all__ = [
    "ApiError",
    "NeuroMorphoClient",
    "NeuroMorphoError",
    "Query",
    "QueryFields",
    "ValidationError",
    "search_and_download",
]
