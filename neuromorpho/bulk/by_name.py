"""Searches and downloads as records in, records out: a list of dictionaries, and files named by their cells.

This is what scripts written for neuromorphopy expect: ``downloads/<neuron_name>.swc``. The rest of the package
puts a cell's id into the path, since names are unique only by the archive's promise; here a cell whose name is
taken by another one gets its id behind the name.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from neuromorpho.api import ArchiveClient, check_cells
from neuromorpho.bulk.download import download_many
from neuromorpho.bulk.folder_template import FolderTemplate
from neuromorpho.bulk.progress_bar import progress_bar
from neuromorpho.bulk.queue import QUEUE_NAME, DownloadQueue
from neuromorpho.bulk.report import BulkItem, BulkReport, ProgressCallback
from neuromorpho.bulk.search_all import MAX_WORKERS, search_all
from neuromorpho.bulk.search_download import no_match_reasons, query_file_of, table_paths
from neuromorpho.bulk.tables import write_csv, write_json
from neuromorpho.errors import NeuroMorphoNotFoundError, NeuroMorphoQueryError
from neuromorpho.records.models import NeuroMorphoNeuron, record_of
from neuromorpho.records.parsing import short_repr

LOGGER = logging.getLogger("neuromorphopy")
"""What scripts that were written for neuromorphopy configure."""
DOWNLOADS = "downloads"
_STANDARD, _SHORT = ".CNG.swc", ".swc"


@dataclass(frozen=True)
class NameTemplate(FolderTemplate):
    """``downloads/<field>/…/<neuron_name>.swc``; created by `for_folder`.

    Attributes
    ----------
    owners
        The ids of the cells that have a path, by the path in lower case: some disks ignore case.
    """

    owners: dict[str, int] = field(default_factory=dict, compare=False)

    @classmethod
    def for_folder(cls, root: Path, group_by: str | None) -> NameTemplate:
        """Return the template of a download into a folder, with what earlier ones put there.

        Parameters
        ----------
        group_by
            Fields, separated by commas: a folder for each.

        Raises
        ------
        NeuroMorphoQueryError
            A field is unknown.
        """
        if group_by and "{" in group_by:
            raise NeuroMorphoQueryError(
                f"{short_repr(group_by)} is a template; give fields only, such as species,brain_region."
            )
        folders = FolderTemplate.parse(group_by).folders if group_by else ()
        made = cls((DOWNLOADS, *folders), "{neuron_name}")
        if (root / QUEUE_NAME).exists():
            with DownloadQueue(root / QUEUE_NAME) as queue:
                for job in queue.jobs():
                    for file in job.files:
                        made.owners.setdefault(
                            file.path.removesuffix(_SHORT).lower(), job.neuron_id
                        )
        return made

    def file(self, neuron: NeuroMorphoNeuron, suffix: str) -> PurePosixPath:
        """Return the path of a neuron's file; the standardized one ends in ``.swc`` only."""
        return super().file(neuron, _SHORT if suffix == _STANDARD else suffix)

    def path(self, neuron: NeuroMorphoNeuron) -> PurePosixPath:
        """Return a neuron's path; with the id if another neuron has the name already."""
        path = super().path(neuron)
        if self.owners.setdefault(str(path).lower(), neuron.neuron_id) == neuron.neuron_id:
            return path
        return path.with_name(f"{path.name}_{neuron.neuron_id}")


def search_records(
    client: ArchiveClient,
    query: Any,
    output_dir: str | Path | None = None,
    metadata_filename: str = "neuron_metadata.csv",
    show_progress: bool = True,
    *,
    max_concurrent: int = MAX_WORKERS,
    cancel: threading.Event | None = None,
) -> list[dict[str, Any]]:
    """Return the records of all the cells that match, as received, in the query's order.

    Where none does, a likely reason is logged.

    Parameters
    ----------
    query
        As for `search_download.search_and_download`; ``{}`` is the complete archive.
    output_dir
        The folder of the tables; None for none.
    """
    request = query_file_of(query)
    root = None if output_dir is None else Path(output_dir).expanduser()
    tables = None if root is None else table_paths(root, metadata_filename)
    with _progress("searching", show_progress) as progress:
        found = search_all(
            client, request.query, sort=request.sort, max_concurrent=max_concurrent,
            progress=progress, cancel=cancel,
        )  # fmt: skip
        neurons = list(found)
    if not neurons:
        asking = client if cancel is None else client.with_cancel(cancel)
        for sentence in no_match_reasons(asking, request.query):
            LOGGER.warning("%s", sentence)
    if tables is not None:
        write_csv(neurons, tables[0])
        write_json(neurons, tables[1])
    return [dict(record_of(each)) for each in neurons]


def download_records(
    client: ArchiveClient,
    neurons: Iterable[Mapping[str, Any] | NeuroMorphoNeuron | int],
    output_dir: str | Path,
    max_concurrent: int = MAX_WORKERS,
    show_progress: bool = True,
    group_by: str | None = None,
    *,
    cancel: threading.Event | None = None,
) -> BulkReport:
    """Download the standardized SWC files of cells to ``<output_dir>/downloads/``; what is there stays.

    Parameters
    ----------
    neurons
        Records as dictionaries; one that has a ``neuron_name`` only costs a request.

    Returns
    -------
    BulkReport
        One item for each cell. A cell's failure does not end the work.
    """
    root = Path(output_dir).expanduser()
    template = NameTemplate.for_folder(root, group_by)
    asking = client if cancel is None else client.with_cancel(cancel)
    cells: list[NeuroMorphoNeuron | int] = []
    unknown = []
    for each in check_cells(neurons):
        try:
            cells.append(_cell_of(asking, each))
        except NeuroMorphoNotFoundError as error:
            unknown.append(BulkItem(-1, each["neuron_name"], "failed", reason=str(error)))
    with _progress("downloading", show_progress) as progress:
        report = download_many(
            client, cells, root, group_by=template, measurements=False,
            max_concurrent=max_concurrent, progress=progress, cancel=cancel,
        )  # fmt: skip
    return replace(report, items=(*report.items, *unknown))


def _cell_of(
    client: ArchiveClient, cell: Mapping[str, Any] | NeuroMorphoNeuron | int
) -> NeuroMorphoNeuron | int:
    """Return a cell's record; request it by its name if the dictionary is no complete record."""
    if not isinstance(cell, Mapping):
        return cell
    if cell.get("archive"):
        try:
            return NeuroMorphoNeuron.from_payload(cell)
        except (KeyError, ValueError):  # such as a row of a table
            pass
    name = cell.get("neuron_name")
    if not isinstance(name, str):
        raise NeuroMorphoQueryError(f"{short_repr(cell)} is no record: it has no neuron_name.")
    return client.get_neuron_by_name(name)


def _progress(text: str, is_shown: bool) -> AbstractContextManager[ProgressCallback | None]:
    return progress_bar(text) if is_shown else nullcontext()
