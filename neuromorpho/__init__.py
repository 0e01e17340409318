"""NeuroMorpho.Org: its client, a cache, and a library that is searched without the network.

Names are looked up when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuromorpho.bulk import download_many as download_many
    from neuromorpho.bulk import search_and_download as search_and_download
    from neuromorpho.cache import NeuroMorphoCache as NeuroMorphoCache
    from neuromorpho.cache import NeuroMorphoCacheLayout as NeuroMorphoCacheLayout
    from neuromorpho.client import NeuroMorphoClient as NeuroMorphoClient
    from neuromorpho.entry import fetch_neuromorpho as fetch_neuromorpho
    from neuromorpho.entry import load_neuromorpho as load_neuromorpho
    from neuromorpho.library import Library as Library
    from neuromorpho.query import NeuroMorphoQuery as NeuroMorphoQuery
    from neuromorpho.records import NeuroMorphoNeuron as NeuroMorphoNeuron

_NAMES_OF = {
    "bulk": ("download_many", "search_and_download"),
    "cache": (
        "DEFAULT_USER_CACHE_DIR",
        "NeuroMorphoCache",
        "NeuroMorphoCacheLayout",
        "default_cache_dir",
    ),
    "cache_check": ("CacheProblem",),
    "cite": ("Citation", "citations", "publications_of", "to_bibtex", "to_ris", "to_text"),
    "client": ("NeuroMorphoClient",),
    "entry": ("fetch_neuromorpho", "load_neuromorpho"),
    "errors": (
        "NeuroMorphoAnswerError",
        "NeuroMorphoCacheError",
        "NeuroMorphoCancelled",
        "NeuroMorphoDownError",
        "NeuroMorphoError",
        "NeuroMorphoHTTPError",
        "NeuroMorphoNotFoundError",
        "NeuroMorphoQueryError",
        "NeuroMorphoRedirectError",
        "NeuroMorphoStorageError",
        "NeuroMorphoTooLargeError",
    ),
    "harvest": ("search_all",),
    "harvest_run": ("harvest_to_file", "harvest_to_library"),
    "http": ("DEFAULT_TIMEOUT",),
    "library": ("Library", "LibraryFile", "LibraryPage"),
    "library_repair": ("repair_library",),
    "limiter": ("RateLimiter",),
    "provenance": ("manifest", "write_manifest", "write_provenance"),
    "query": ("NeuroMorphoQuery",),
    "query_file": ("NeuroMorphoQueryFile",),
    "queue": ("DownloadQueue",),
    "records": (
        "UNITS",
        "DownloadMode",
        "NeuroMorphoCacheStatus",
        "NeuroMorphoDetail",
        "NeuroMorphoDownloadItem",
        "NeuroMorphoDownloadRecord",
        "NeuroMorphoFacet",
        "NeuroMorphoFieldValues",
        "NeuroMorphoFilePlan",
        "NeuroMorphoMeasurement",
        "NeuroMorphoNeuron",
        "NeuroMorphoPersistence",
        "NeuroMorphoPublication",
        "NeuroMorphoSearchPage",
        "NeuroMorphoUrls",
        "jsonable",
    ),
    "report": ("BulkItem", "BulkProgress", "BulkReport"),
    "tables": ("write_csv", "write_json"),
    "templates": ("FolderTemplate",),
    "urls": (
        "API_BASE",
        "FILE_BASE",
        "MIRROR",
        "NEUROMORPHO",
        "Site",
        "build_measurement_url",
        "build_original_file_url",
        "build_standard_swc_url",
        "infer_original_extension",
        "plan_neuron_files",
    ),
    "names": ("safe_filename",),
}
_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names}
__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module 'neuromorpho' has no attribute {name!r}")
    value = getattr(import_module(f"neuromorpho.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF})
