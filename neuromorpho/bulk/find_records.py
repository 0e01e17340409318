"""Finds the records and the morphometry of many cells by their ids, in few requests."""

from __future__ import annotations

from collections.abc import Sequence

from neuromorpho.api import MAX_PAGE_SIZE, ArchiveClient
from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoCancelled,
    NeuroMorphoDownError,
    NeuroMorphoError,
)
from neuromorpho.query.query import clause
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron


def find_records(
    client: ArchiveClient, neuron_ids: Sequence[int]
) -> tuple[dict[int, NeuroMorphoNeuron], dict[int, str]]:
    """Return the records in the order of the ids, and why there is no record of the other ids.

    Raises
    ------
    NeuroMorphoError
        The request failed; a record that is malformed is among the other ids instead.
    """
    found: dict[int, NeuroMorphoNeuron] = {}
    problems: dict[int, str] = {}
    for start in range(0, len(neuron_ids), MAX_PAGE_SIZE):
        ids = neuron_ids[start : start + MAX_PAGE_SIZE]
        try:
            page = client.search(clause("neuron_id", [str(each) for each in ids]), size=len(ids))
            found.update((each.neuron_id, each) for each in page.items)
        except NeuroMorphoAnswerError:  # a record among them is malformed: find out which
            for each in ids:
                try:
                    found[each] = client.get_neuron(each)
                except (NeuroMorphoCancelled, NeuroMorphoDownError):
                    raise
                except NeuroMorphoError as error:
                    problems[each] = str(error)
    for each in neuron_ids:
        if each not in found:
            problems.setdefault(each, f"NeuroMorpho.Org has no neuron NMO_{each:05d}.")
    return {each: found[each] for each in neuron_ids if each in found}, problems


def find_measurements(
    client: ArchiveClient, neuron_ids: Sequence[int]
) -> tuple[dict[int, NeuroMorphoMeasurement], str | None]:
    """Return the morphometry that the archive has, and why the request failed: files are useful without it."""
    try:
        return client.get_measurements(neuron_ids), None
    except NeuroMorphoCancelled:
        raise
    except NeuroMorphoError as error:
        return {}, str(error)
