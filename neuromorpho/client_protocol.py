"""What downloads, harvests and provenance need of a client; `client.NeuroMorphoClient` has it.

They take the client as an argument and do not import it, so that the client can offer them as methods.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

from neuromorpho.errors import NeuroMorphoError
from neuromorpho.http.transport import Transport
from neuromorpho.query.query import DEFAULT_SORT, NeuroMorphoQuery
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import (
    NeuroMorphoNeuron,
    NeuroMorphoPublication,
    NeuroMorphoSearchPage,
)
from neuromorpho.urls import Site


class RecordStore(Protocol):
    """What a harvest needs of a library; `library.library.Library` has it."""

    @property
    def path(self) -> Path:
        """The file."""

    def add(
        self,
        neurons: Iterable[NeuroMorphoNeuron | Mapping[str, Any]],
        *,
        measurements: Mapping[int, Mapping[str, Any]] | None = None,
        source: str = "",
    ) -> int:
        """Add records, and their raw measurements by id; return how many were new or changed."""


class ArchiveClient(Protocol):
    """The requests, the cache folder and the library that work on many cells needs."""

    @property
    def transport(self) -> Transport:
        """What makes the requests."""

    @property
    def site(self) -> Site:
        """The server in use."""

    @property
    def cancel(self) -> threading.Event | None:
        """What ends this client's work when set; None where nothing does."""

    @property
    def cache_dir(self) -> Path | None:
        """The folder of the cache; None where there is none."""

    @property
    def library(self) -> RecordStore | None:
        """The library; None where there is none."""

    @property
    def library_problem(self) -> NeuroMorphoError | None:
        """Why the library could not save something; None while it could."""

    def with_cancel(self, cancel: threading.Event) -> Self:
        """Return a client that shares everything with this one, and ends when `cancel` is set as well."""

    def before_parse(self, callback: Callable[[], object]) -> Self:
        """Return a client that calls `callback` before it parses a response."""

    def without_library(self) -> Self:
        """Return a client that shares everything but the library."""

    def search(
        self,
        query: str | NeuroMorphoQuery,
        *,
        fq: Sequence[str] | None = None,
        size: int = 20,
        page: int = 0,
        sort: str = DEFAULT_SORT,
    ) -> NeuroMorphoSearchPage:
        """Return one page of the cells that match."""

    def get_neuron(self, neuron_id: int) -> NeuroMorphoNeuron:
        """Return a cell's record."""

    def get_measurement(self, neuron: NeuroMorphoNeuron | int) -> NeuroMorphoMeasurement:
        """Return a cell's morphometry."""

    def get_measurements(self, neuron_ids: Iterable[int]) -> dict[int, NeuroMorphoMeasurement]:
        """Return the morphometry of many cells by id."""

    def search_literature(
        self, query: str, *, fq: Sequence[str] | None = None, size: int = 20, page: int = 0
    ) -> tuple[NeuroMorphoPublication, ...]:
        """Return one page of papers."""

    def record(
        self,
        neurons: Iterable[NeuroMorphoNeuron] = (),
        measurements: Iterable[NeuroMorphoMeasurement] = (),
    ) -> None:
        """Add what was received to the library."""

    def record_files(
        self, neuron_id: int, folder: Path, files: Iterable[Mapping[str, Any]]
    ) -> None:
        """Add a cell's files in the cache to the library, by their items of ``metadata.json``."""
