"""`OutputFolder`: where the files of cells go, which of them are there, and how the others are fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from neuromorpho.api import ArchiveClient
from neuromorpho.bulk.download_cell import (
    NOT_GIVEN,
    download_neuron,
    fetch_part,
    raise_if_missing,
)
from neuromorpho.bulk.folder_template import FolderTemplate
from neuromorpho.bulk.queue import QUEUE_NAME, DownloadJob, DownloadQueue, QueuedFile
from neuromorpho.bulk.report import BulkItem
from neuromorpho.bulk.worker import Progress
from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.cache.files import sweep_parts
from neuromorpho.cache.metadata import damage_of, sha256_of
from neuromorpho.records.models import (
    DownloadMode,
    NeuroMorphoDownloadItem,
    NeuroMorphoFilePlan,
    NeuroMorphoNeuron,
)
from neuromorpho.urls import Site, plan_image, plan_neuron_files, thumbnail_url

MANIFEST_NAME, CITATION_NAME, BIBTEX_NAME = "manifest.json", "CITATION.txt", "citations.bib"
"""What `provenance` adds to the folder of a download."""
OWN_NAMES = tuple(map(str.casefold, (MANIFEST_NAME, CITATION_NAME, BIBTEX_NAME, QUEUE_NAME)))
"""How the names begin, in lower case, that neither a table nor a folder of cells gets."""


@dataclass(frozen=True)
class OutputFolder:
    """The folder of a download.

    Attributes
    ----------
    template
        Where the files go below `root`; None for a folder for each cell, with ``metadata.json``.
    images
        Whether the thumbnails are wanted.
    overwrite
        Whether files that are there are fetched again.
    tables
        Files of the caller's in the folder, resolved; no folder of the template gets the name of one.
    """

    root: Path
    template: FolderTemplate | None = None
    images: bool = False
    overwrite: bool = False
    tables: tuple[Path, ...] = ()

    @property
    def cache(self) -> NeuroMorphoCache:
        """The folder as a cache: of use where there is no template."""
        return NeuroMorphoCache(self.root)

    def path(self, neuron: NeuroMorphoNeuron, suffix: str) -> Path:
        """Return where a cell's file with a suffix goes."""
        if self.template is None:
            layout = self.cache.layout
            return layout.original_file_path(neuron.neuron_id, neuron.neuron_name, suffix)
        folder = self.root
        *levels, name = self.template.file(neuron, suffix).parts
        for level in levels:
            folder /= f"_{level}" if self._is_a_file(folder / level) else level
        return folder / name

    def _is_a_file(self, path: Path) -> bool:
        """Return whether a file of the download, and not of a cell, has this path, on some disk."""
        name = path.name.casefold()
        if path.parent == self.root and name.startswith(OWN_NAMES):
            return True
        return any(
            each.name.casefold() == name and each.parent == path.parent.resolve()
            for each in self.tables
        )

    def plans(
        self, neuron: NeuroMorphoNeuron, mode: DownloadMode, site: Site
    ) -> tuple[NeuroMorphoFilePlan, ...]:
        """Return the files that are wanted of a cell."""
        files = plan_neuron_files(neuron, mode=mode, site=site)
        return (*files, plan_image(neuron, site=site)) if self.images else files

    def result(
        self, neuron_id: int, neuron_name: str, items: Sequence[NeuroMorphoDownloadItem]
    ) -> BulkItem:
        """Return the result of a cell by the results of its files."""
        files = tuple(
            QueuedFile(
                each.kind,
                each.path.relative_to(self.root).as_posix(),
                each.path.stat().st_size,
                sha256_of(each.path),
            )
            for each in items
            if not each.reason
        )
        reason = next((each.reason for each in items if each.reason), None)
        is_new = any(each.downloaded_now for each in items)
        return BulkItem(neuron_id, neuron_name, "done" if is_new else "present", files, reason)

    def sweep(self, queue: DownloadQueue) -> None:
        """Remove the temporary files of downloads whose process was killed."""
        for neuron_id in queue.released:
            job = queue.job(neuron_id)
            if job is not None:
                sweep_parts(self.path(job.neuron, "").parent)

    # ---------------------------------------------------------------------------- what is there

    def existing(
        self,
        client: ArchiveClient,
        neuron: NeuroMorphoNeuron,
        mode: DownloadMode,
        job: DownloadJob | None,
    ) -> tuple[QueuedFile, ...] | None:
        """Return a cell's files if all that are wanted are there and complete, also by its job; else None."""
        image = self.path(neuron, ".png")
        wants_image = self.images and thumbnail_url(neuron, site=client.site)
        if wants_image and not image.is_file():
            return None
        if self.template is not None:
            return self._in_the_queue(neuron, mode, job)
        if not self.cache.complete(neuron.neuron_id, mode):
            return None
        items = download_neuron(client, neuron, self.root, mode=mode).download_items  # no request
        if wants_image:
            items += (NeuroMorphoDownloadItem("image", "", image.name, image, False),)
        return self.result(neuron.neuron_id, neuron.neuron_name, items).files

    def _in_the_queue(
        self, neuron: NeuroMorphoNeuron, mode: DownloadMode, job: DownloadJob | None
    ) -> tuple[QueuedFile, ...] | None:
        """Return the files that the queue lists, if they are complete and where this template puts them."""
        if job is None or job.state != "done" or job.mode != mode or not job.files:
            return None
        stem = self.path(neuron, "").relative_to(self.root).as_posix()
        for file in job.files:
            path = self.root / file.path
            known = {"size": file.size, "sha256": file.sha256}
            if not (file.path.startswith(f"{stem}.") and path.is_file()) or damage_of(path, known):
                return None
        return job.files

    # --------------------------------------------------------------------------------- fetching

    def fetch(
        self,
        client: ArchiveClient,
        neuron: NeuroMorphoNeuron,
        mode: DownloadMode,
        *,
        measurement: object = NOT_GIVEN,
        progress: Progress | None = None,
    ) -> BulkItem:
        """Fetch a cell's files; what is there already stays. For `measurement` see `download_neuron`.

        Raises
        ------
        NeuroMorphoError
            The file that is wanted cannot be fetched; a picture may be missing.
        """
        plans = self.plans(neuron, mode, client.site)
        items: tuple[NeuroMorphoDownloadItem, ...] = ()
        if self.template is None:
            items = download_neuron(
                client, neuron, self.root, mode=mode, overwrite=self.overwrite,
                measurement=measurement, progress=progress,
            ).download_items  # fmt: skip
            plans = tuple(each for each in plans if each.kind == "image")
        outcomes = [
            fetch_part(
                client, neuron, plan, partial(self.path, neuron), {},
                overwrite=self.overwrite, progress=progress,
            )
            for plan in plans
        ]  # fmt: skip
        raise_if_missing(outcomes, mode)
        items += tuple(each.item for each in outcomes)
        return self.result(neuron.neuron_id, neuron.neuron_name, items)
