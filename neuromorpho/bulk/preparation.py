"""Before cells are fetched: which are there, and the records and the morphometry of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from neuromorpho.api import ArchiveClient
from neuromorpho.bulk.find_records import find_measurements, find_records
from neuromorpho.bulk.output_folder import OutputFolder
from neuromorpho.bulk.queue import DownloadQueue
from neuromorpho.bulk.report import BulkItem
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import DownloadMode, NeuroMorphoNeuron

NO_MORPHOMETRY = "NeuroMorpho.Org has no morphometry of this cell."


@dataclass(frozen=True)
class PreparedCell:
    """A cell to fetch.

    Attributes
    ----------
    measurement
        Its morphometry, or why there is none; None if it is not wanted, or not known yet.
    """

    neuron: NeuroMorphoNeuron
    measurement: NeuroMorphoMeasurement | str | None = None


Cell = NeuroMorphoNeuron | int | PreparedCell


@dataclass(frozen=True)
class Preparation:
    """Finds out what is to be fetched.

    Attributes
    ----------
    queue
        None in a dry run into a folder without a queue.
    """

    client: ArchiveClient
    folder: OutputFolder
    queue: DownloadQueue | None
    mode: DownloadMode
    measurements: bool
    dry_run: bool

    def prepare(self, cells: Sequence[Cell]) -> list[BulkItem | PreparedCell]:
        """Return for each cell its result, if there is nothing to fetch, or the cell to fetch.

        One request for the records and one for the morphometry.

        Raises
        ------
        NeuroMorphoError
            The records cannot be fetched, or the queue cannot be written.
        """
        records = self._records([each for each in cells if isinstance(each, int)])
        prepared = [self._check(records[each] if isinstance(each, int) else each) for each in cells]
        if self.dry_run:
            return prepared
        todo = [each for each in prepared if isinstance(each, PreparedCell)]
        if self.queue is not None and todo:
            self.queue.add((each.neuron for each in todo), self.mode)
        if not self.measurements or self.folder.template is not None:
            return prepared
        unknown = [each.neuron.neuron_id for each in todo if each.measurement is None]
        measured, problem = find_measurements(self.client, unknown)
        otherwise = problem or NO_MORPHOMETRY
        return [
            replace(each, measurement=measured.get(each.neuron.neuron_id, otherwise))
            if isinstance(each, PreparedCell) and each.measurement is None
            else each
            for each in prepared
        ]

    def _records(self, neuron_ids: Sequence[int]) -> dict[int, NeuroMorphoNeuron | BulkItem]:
        """Return the records of ids: of cells that are complete on disk from there, the others in one request."""
        found: dict[int, NeuroMorphoNeuron | BulkItem] = {}
        cache = self.folder.cache
        for each in neuron_ids:
            if self.folder.template is None and cache.complete(each, self.mode):
                try:
                    payload = cache.metadata(each)["neuron"]
                    found[each] = NeuroMorphoNeuron.from_payload(payload)
                except (KeyError, ValueError):
                    pass  # damaged: ask the archive
        records, problems = find_records(
            self.client, [each for each in neuron_ids if each not in found]
        )
        failed = {
            each: BulkItem(each, "", "failed", reason=problem) for each, problem in problems.items()
        }
        return found | records | failed

    def _check(self, cell: BulkItem | NeuroMorphoNeuron | PreparedCell) -> BulkItem | PreparedCell:
        """Return what is there of a cell if that is all that is wanted, else the cell."""
        if isinstance(cell, BulkItem):
            return cell
        prepared = PreparedCell(cell) if isinstance(cell, NeuroMorphoNeuron) else cell
        neuron = prepared.neuron
        if not self.folder.overwrite:
            job = self.queue.job(neuron.neuron_id) if self.queue is not None else None
            files = self.folder.existing(self.client, neuron, self.mode, job)
            if files is not None:
                return BulkItem(neuron.neuron_id, neuron.neuron_name, "present", files)
        if self.dry_run:
            return BulkItem(neuron.neuron_id, neuron.neuron_name, "planned")
        return prepared
