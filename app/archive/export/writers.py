"""Writes cells to a file, as a table, records, provenance or citations. No Qt.

Every file is written under a temporary name and renamed when it is complete. The content comes from the records
and the library; the network is used only for the titles of papers, if the caller wants them. Bundled cells are in
none of these files, because they are not from NeuroMorpho.Org.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.archive.connection.failure import window_text
from app.archive.connection.shared_client import library_of
from app.archive.records.bundled import is_bundled
from app.archive.search.query_state import QueryState
from app.archive.text import cells_text
from app.tasks.runner import Progress
from neuromorpho.bibliography.citations import Citation, citations, find_publications
from neuromorpho.bibliography.formats import to_bibtex, to_ris, to_text
from neuromorpho.bulk.queue import QueuedFile
from neuromorpho.bulk.tables import Table, csv_table, json_table
from neuromorpho.cache.files import write_atomically
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoError
from neuromorpho.provenance import manifest

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.records.measurements import NeuroMorphoMeasurement
    from neuromorpho.records.models import NeuroMorphoNeuron, NeuroMorphoPublication

MAX_IN_MANIFEST = 20_000
MAX_CITED_CELLS = 500
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: what a person chooses, the suffix with its dot, and what is in it."""

    key: str
    label: str
    suffix: str
    note: str


FORMATS = (
    Format(
        "csv",
        "Table (CSV)",
        ".csv",
        "A row for each cell, with its record, and its morphometry if that is on this disk; headings have "
        "units, values are those of the archive.",
    ),
    Format(
        "json",
        "Records (JSON)",
        ".json",
        "Every record and its morphometry exactly as received; nothing is lost or renamed.",
    ),
    Format(
        "manifest",
        "Provenance (JSON)",
        ".json",
        "The origin of each cell and each file on this disk: addresses, dates, sizes, hashes, the "
        f"search, the licence. At most {MAX_IN_MANIFEST:,} cells.",
    ),
    Format(
        "bibtex",
        "Citations (BibTeX)",
        ".bib",
        "The papers of the cells, NeuroMorpho.Org and the paper about it, as the terms of use require.",
    ),
    Format("ris", "Citations (RIS)", ".ris", "The same for EndNote, Zotero and Mendeley."),
    Format(
        "text", "Citations (text)", ".txt", "The same as plain text, with the cells of each paper."
    ),
)
CITED: dict[str, Callable[[Sequence[Citation]], str]] = {
    "bibtex": to_bibtex,
    "ris": to_ris,
    "text": to_text,
}


@dataclass(frozen=True)
class Selection:
    """Cells to write.

    Attributes
    ----------
    n_cells : int
        How many there are, without bundled ones.
    neurons : tuple of NeuroMorphoNeuron, or None
        None for all cells of the library that match `state`.
    state : QueryState
    fetch_titles : bool
        Whether the titles of papers are requested from the archive.
    """

    n_cells: int
    neurons: tuple[NeuroMorphoNeuron, ...] | None = None
    state: QueryState = field(default_factory=QueryState)
    fetch_titles: bool = False

    @classmethod
    def of(cls, neurons: Iterable[NeuroMorphoNeuron], *, fetch_titles: bool = False) -> Selection:
        """Return a selection of cells, without bundled ones."""
        chosen = tuple(each for each in neurons if not is_bundled(each.neuron_id))
        return cls(len(chosen), chosen, fetch_titles=fetch_titles)


@dataclass
class ExportResult:
    """What was written.

    Attributes
    ----------
    n_damaged : int
        Cells that are missing, or have no morphometry, because their entry is damaged.
    problem : str
        Why papers have no titles; "" if they have, or the titles were not requested.
    """

    path: Path
    n_cells: int = 0
    n_damaged: int = 0
    problem: str = ""

    def text(self) -> str:
        """Return what was written, and what is missing."""
        parts = [f"{cells_text(self.n_cells).capitalize()} exported to {self.path}"]
        if self.n_damaged:
            parts.append(f"{self.n_damaged:,} damaged entries left out; Verify lists them")
        if self.problem:
            parts.append(f"papers lack titles: {self.problem}".rstrip("."))
        return "; ".join(parts)


def target_path(text: str, kind: Format, folder: Path) -> Path:
    """Return the path for a typed file name.

    Parameters
    ----------
    text
        A path, or a name in `folder`; without a suffix it gets that of its kind.

    Raises
    ------
    ValueError
        The text is not a valid file name; the message is for the user.
    """
    bare = text.strip()
    if not bare or bare.endswith(("/", "\\")) or "\x00" in bare:
        raise ValueError("Type a name for the file.")
    path = Path(bare).expanduser()
    path = path if path.is_absolute() else folder / path
    if path.is_dir():
        raise ValueError(f"{path} is a folder; type the name of a file in it.")
    return path if path.suffix else path.with_name(path.name + kind.suffix)


def export(
    selection: Selection, kind: Format, path: Path, client: NeuroMorphoClient, progress: Progress
) -> ExportResult:
    """Write cells to a file; an old file stays until the new one is complete.

    Parameters
    ----------
    client
        Its library and cache have the cells; its server is used only for titles.
    progress
        Is called with a sentence and the share; what it raises ends the work, and no file is left.

    Raises
    ------
    NeuroMorphoError
        The file cannot be written, or the library is damaged.
    """
    run = _ExportRun(selection, path, client, progress)
    if kind.key == "manifest":
        run.write_manifest()
    elif kind.key in CITED:
        run.write_citations(CITED[kind.key])
    else:
        run.write_table(csv_table if kind.key == "csv" else json_table)
    return run.result


class _ExportRun:
    """One export."""

    def __init__(
        self, selection: Selection, path: Path, client: NeuroMorphoClient, progress: Progress
    ) -> None:
        self.result = ExportResult(path)
        self._selection, self._path, self._client = selection, path, client
        self._progress = progress

    def write_table(self, table: Table) -> None:
        """Write a CSV or JSON, cell by cell."""
        with table(self._path) as add:
            for neuron in self._cells():
                add(neuron, self._measurement(neuron.neuron_id))

    def write_citations(self, to_format: Callable[[Sequence[Citation]], str]) -> None:
        """Write what to cite."""
        selection = self._selection
        publications: tuple[NeuroMorphoPublication, ...] = ()
        if selection.fetch_titles and selection.neurons is not None:
            self._progress("Requesting the papers from NeuroMorpho.Org…", None)
            cells = selection.neurons[:MAX_CITED_CELLS]
            publications, problem = find_publications(self._client, cells)
            self.result.problem = window_text(problem) if problem else ""
            if not problem and selection.n_cells > MAX_CITED_CELLS:
                self.result.problem = (
                    f"only those of the first {MAX_CITED_CELLS} cells were requested"
                )
        text = to_format(citations(self._cells(), publications))
        write_atomically(self._path, text.encode("utf-8", "backslashreplace"))

    def write_manifest(self) -> None:
        """Write the origin of cells and files; the entry is an export, not a download."""
        if self._selection.n_cells > MAX_IN_MANIFEST:
            raise NeuroMorphoError(
                f"The provenance of at most {MAX_IN_MANIFEST:,} cells fits into one file, and these are "
                f"{self._selection.n_cells:,}; narrow the search, or choose another format.",
                code="too-many-cells",
            )
        is_search = self._selection.neurons is None
        neurons = list(self._cells())
        content = manifest(
            neurons,
            {each.neuron_id: self._files(each.neuron_id) for each in neurons},
            query=self._selection.state.query_text() if is_search else None,
            client=self._client,
            root=self._client.cache_dir,
        )
        content["exports"] = content.pop("downloads")
        text = json.dumps(content, indent=2, ensure_ascii=False)
        write_atomically(self._path, f"{text}\n".encode("utf-8", "backslashreplace"))

    def _cells(self) -> Iterator[NeuroMorphoNeuron]:
        """Yield the cells, and report the progress."""
        known, n_all = self._selection.neurons, max(1, self._selection.n_cells)
        cells = self._search_library() if known is None else iter(known)
        for neuron in cells:
            if self.result.n_cells % _BATCH == 0:
                done = self.result.n_cells
                self._progress(f"Writing {done:,} of {n_all:,} cells", min(1.0, done / n_all))
            self.result.n_cells += 1
            yield neuron

    def _search_library(self) -> Iterator[NeuroMorphoNeuron]:
        """Yield the results of the search in the library, page by page."""
        library = library_of(self._client)
        state = self._selection.state
        offset, total = 0, 1
        while offset < total:
            page = library.search(
                **state.to_library(), sort=state.sort, limit=_BATCH, offset=offset
            )
            self.result.n_damaged += len(page.damaged)
            yield from page.items
            offset, total = offset + _BATCH, page.total

    def _measurement(self, neuron_id: int) -> NeuroMorphoMeasurement | None:
        library = self._client.library
        try:
            return None if library is None else library.measurement(neuron_id)
        except NeuroMorphoCacheError:
            self.result.n_damaged += 1
            return None

    def _files(self, neuron_id: int) -> list[QueuedFile]:
        """Return a cell's files on this disk, their paths below the cache folder."""
        library, root = self._client.library, self._client.cache_dir
        if library is None or root is None:
            return []
        return [
            QueuedFile(each.kind, _relative_path(root, each.path), each.size, each.sha256)
            for each in library.files(neuron_id)
            if each.path.is_file()
        ]


def _relative_path(root: Path, path: Path) -> str:
    here = root.expanduser().absolute()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
