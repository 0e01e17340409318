"""What the package hands out: read by type checkers, and by `lazy_loader` when a name is first used."""

from .bibliography.citations import (
    Citation as Citation,
    citations as citations,
    find_publications as find_publications,
)
from .bibliography.formats import (
    to_bibtex as to_bibtex,
    to_ris as to_ris,
    to_text as to_text,
)
from .bulk.download import (
    download_many as download_many,
)
from .bulk.folder_template import (
    FolderTemplate as FolderTemplate,
)
from .bulk.harvest import (
    harvest_to_file as harvest_to_file,
    harvest_to_library as harvest_to_library,
)
from .bulk.queue import (
    DownloadQueue as DownloadQueue,
)
from .bulk.report import (
    BulkItem as BulkItem,
    BulkProgress as BulkProgress,
    BulkReport as BulkReport,
)
from .bulk.search_all import (
    search_all as search_all,
)
from .bulk.tables import (
    write_csv as write_csv,
    write_json as write_json,
)
from .cache.cache import (
    DEFAULT_USER_CACHE_DIR as DEFAULT_USER_CACHE_DIR,
    NeuroMorphoCache as NeuroMorphoCache,
    NeuroMorphoCacheLayout as NeuroMorphoCacheLayout,
    default_cache_dir as default_cache_dir,
)
from .client import (
    NeuroMorphoClient as NeuroMorphoClient,
)
from .errors import (
    NeuroMorphoAnswerError as NeuroMorphoAnswerError,
    NeuroMorphoCacheError as NeuroMorphoCacheError,
    NeuroMorphoCancelled as NeuroMorphoCancelled,
    NeuroMorphoDownError as NeuroMorphoDownError,
    NeuroMorphoError as NeuroMorphoError,
    NeuroMorphoHTTPError as NeuroMorphoHTTPError,
    NeuroMorphoNotFoundError as NeuroMorphoNotFoundError,
    NeuroMorphoQueryError as NeuroMorphoQueryError,
    NeuroMorphoRedirectError as NeuroMorphoRedirectError,
    NeuroMorphoRequestError as NeuroMorphoRequestError,
    NeuroMorphoStorageError as NeuroMorphoStorageError,
    NeuroMorphoTooLargeError as NeuroMorphoTooLargeError,
)
from .filenames import (
    safe_filename as safe_filename,
)
from .http.failures import (
    DEFAULT_TIMEOUT as DEFAULT_TIMEOUT,
)
from .http.rate_limiter import (
    RateLimiter as RateLimiter,
)
from .library.bulk_import import (
    import_harvest as import_harvest,
)
from .library.check import (
    CacheProblem as CacheProblem,
)
from .library.library import (
    Library as Library,
)
from .library.repair import (
    repair_library as repair_library,
)
from .library.results import (
    LibraryFile as LibraryFile,
    LibraryPage as LibraryPage,
)
from .provenance import (
    manifest as manifest,
    write_manifest as write_manifest,
    write_provenance as write_provenance,
)
from .query.query import (
    NeuroMorphoQuery as NeuroMorphoQuery,
)
from .query.query_file import (
    NeuroMorphoQueryFile as NeuroMorphoQueryFile,
)
from .records.measurements import (
    UNITS as UNITS,
    NeuroMorphoMeasurement as NeuroMorphoMeasurement,
)
from .records.models import (
    DownloadMode as DownloadMode,
    NeuroMorphoCacheStatus as NeuroMorphoCacheStatus,
    NeuroMorphoDetail as NeuroMorphoDetail,
    NeuroMorphoDownloadItem as NeuroMorphoDownloadItem,
    NeuroMorphoDownloadRecord as NeuroMorphoDownloadRecord,
    NeuroMorphoFacet as NeuroMorphoFacet,
    NeuroMorphoFieldValues as NeuroMorphoFieldValues,
    NeuroMorphoFilePlan as NeuroMorphoFilePlan,
    NeuroMorphoNeuron as NeuroMorphoNeuron,
    NeuroMorphoPersistence as NeuroMorphoPersistence,
    NeuroMorphoPublication as NeuroMorphoPublication,
    NeuroMorphoSearchPage as NeuroMorphoSearchPage,
    NeuroMorphoUrls as NeuroMorphoUrls,
)
from .records.serialise import (
    jsonable as jsonable,
)
from .shortcuts import (
    fetch_neuromorpho as fetch_neuromorpho,
    load_neuromorpho as load_neuromorpho,
    search_and_download as search_and_download,
)
from .urls import (
    API_BASE as API_BASE,
    FILE_BASE as FILE_BASE,
    MIRROR as MIRROR,
    NEUROMORPHO as NEUROMORPHO,
    Site as Site,
    build_measurement_url as build_measurement_url,
    build_original_file_url as build_original_file_url,
    build_standard_swc_url as build_standard_swc_url,
    infer_original_extension as infer_original_extension,
    plan_neuron_files as plan_neuron_files,
)
