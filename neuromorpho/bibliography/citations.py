"""`citations`: what to cite for cells, namely their papers, NeuroMorpho.Org itself, and the paper about it.

The terms of use require all three. A record names its papers by PubMed number and DOI; a negative number is
a placeholder of the archive, and some DOIs are invalid ("e97368"): these are listed as problems and not
looked up. A cell without a usable number or DOI is cited by the archive that it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from neuromorpho.api import ArchiveClient
from neuromorpho.errors import NeuroMorphoError
from neuromorpho.query.query import clause
from neuromorpho.records.models import NeuroMorphoNeuron, NeuroMorphoPublication
from neuromorpho.records.parsing import is_missing

TERMS_URL = "https://neuromorpho.org/useterm.jsp"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
_DOI = re.compile(r"10\.[0-9]{4,9}/\S+\Z")
_BEFORE_A_DOI = re.compile(r"\A(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_PER_REQUEST = 50
_NO_RECORD = NeuroMorphoPublication("")
_MOST_ANSWERS = 2 * _PER_REQUEST  # a paper may be listed twice
CitationKind = Literal["paper", "archive", "resource"]


@dataclass(frozen=True)
class Citation:
    """One thing to cite.

    Attributes
    ----------
    kind
        ``"paper"``, ``"archive"`` (for its cells without a known paper), or ``"resource"``:
        NeuroMorpho.Org, and the paper about it.
    title, journal, authors, year
        "", () and None if only the number of a paper is known.
    neuron_ids : tuple of int
        The cells that it is for; empty for a resource, which is for all cells.
    problems : tuple of str
        What is wrong in the records.
    """

    kind: CitationKind
    title: str = ""
    journal: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    volume: str = ""
    issue: str = ""
    pages: str = ""
    pmid: str = ""
    doi: str = ""
    url: str = ""
    archive: str = ""
    neuron_ids: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()


REPOSITORY = Citation(
    "resource", title="NeuroMorpho.Org (RRID:SCR_002145)", url="https://neuromorpho.org"
)
REPOSITORY_PAPER = Citation(
    "resource",
    title="Accelerating the continuous community sharing of digital neuromorphology data",
    journal="FASEB BioAdvances",
    authors=("Tecuatl, C.", "Ljungquist, B.", "Ascoli, G. A."),
    year=2024,
    volume="6",
    issue="7",
    pages="207-221",
    doi="10.1096/fba.2024-00048",
)


@dataclass
class _Paper:
    """A paper, while the cells that name it are collected."""

    pmid: str = ""
    doi: str = ""
    neuron_ids: dict[int, None] = field(default_factory=dict)
    problems: dict[str, None] = field(default_factory=dict)


def citations(
    neurons: Iterable[NeuroMorphoNeuron], publications: Iterable[NeuroMorphoPublication] = ()
) -> tuple[Citation, ...]:
    """Return everything to cite for cells: papers, archives of cells without a paper, and the two resources.

    Parameters
    ----------
    publications
        The papers' records (`find_publications`); without its record a paper has its numbers only.
    """
    publications = tuple(publications)
    by_pmid = {each.pmid: each for each in publications if each.pmid}
    by_doi = {
        usable_doi(each.doi).casefold(): each for each in publications if usable_doi(each.doi)
    }
    papers = _Papers(by_pmid)
    by_archive: dict[str, _Paper] = {}
    for neuron in neurons:
        problems = papers.add(neuron)
        if problems is not None:
            paper = by_archive.setdefault(str(neuron.archive or "unknown"), _Paper())
            paper.neuron_ids[neuron.neuron_id] = None
            paper.problems.update(dict.fromkeys(problems))
    found = [_of_paper(each, by_pmid, by_doi) for each in papers.all]
    found += [_of_archive(name, each) for name, each in by_archive.items()]
    return (*found, REPOSITORY, REPOSITORY_PAPER)


def find_publications(
    client: ArchiveClient, neurons: Iterable[NeuroMorphoNeuron]
) -> tuple[tuple[NeuroMorphoPublication, ...], NeuroMorphoError | None]:
    """Return the records of the papers of cells from the archive's literature service, 50 per request.

    Returns
    -------
    publications, problem
        What was found, and the error that ended the search early, or None. Citations need no records,
        so this raises no `NeuroMorphoError`.
    """
    pmids: dict[str, None] = {}
    dois: dict[str, None] = {}
    for neuron in neurons:
        for pmid, doi, _ in references_of(neuron):
            if pmid:
                pmids[pmid] = None
            elif doi:
                dois[doi] = None
    found: dict[str, NeuroMorphoPublication] = {}
    try:
        for name, values in (("pmid", list(pmids)), ("doi", list(dois))):
            for start in range(0, len(values), _PER_REQUEST):
                wanted = values[start : start + _PER_REQUEST]
                for each in client.search_literature(clause(name, wanted), size=_MOST_ANSWERS):
                    found[each.article_id] = each
    except NeuroMorphoError as error:
        return tuple(found.values()), error
    return tuple(found.values()), None


def references_of(neuron: NeuroMorphoNeuron) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield PubMed number and DOI of a cell's papers, "" if unusable, and what is wrong with them."""
    pmids, dois = _texts(neuron.get("reference_pmid")), _texts(neuron.get("reference_doi"))
    if len(pmids) == len(dois):
        pairs: Iterable[tuple[str, str]] = zip(pmids, dois, strict=True)
    else:  # it is unknown which belong together
        pairs = [*((pmid, "") for pmid in pmids), *(("", doi) for doi in dois)]
    for pmid, doi in pairs:
        problems = []
        if pmid and not usable_pmid(pmid):
            problems.append(f"{pmid} is a placeholder, not a PubMed number")
        if doi and not usable_doi(doi):
            problems.append(f"{doi} is not a DOI")
        if pmid or doi:
            yield usable_pmid(pmid), usable_doi(doi), tuple(problems)


def usable_pmid(text: str | None) -> str:
    """Return a PubMed number; "" for anything else, such as the archive's negative placeholders."""
    text = (text or "").strip()
    return text if text.isascii() and text.isdigit() and int(text[:20]) > 0 else ""


def usable_doi(text: str | None) -> str:
    """Return a DOI without a prefix such as "doi:"; "" for anything else."""
    bare = _BEFORE_A_DOI.sub("", (text or "").strip())
    return bare if _DOI.match(bare) and bare.isprintable() else ""


class _Papers:
    """The papers of cells, each once: the same PubMed number or the same DOI is the same paper."""

    def __init__(self, by_pmid: dict[str, NeuroMorphoPublication]) -> None:
        self._publications = by_pmid
        self._known: dict[tuple[str, str], _Paper] = {}

    @property
    def all(self) -> list[_Paper]:
        """Every paper once, in the order of the cells."""
        return list({id(each): each for each in self._known.values()}.values())

    def add(self, neuron: NeuroMorphoNeuron) -> tuple[str, ...] | None:
        """Add the papers of a cell; return None, or if it has no usable paper, what is wrong in its record."""
        unusable: list[str] = []
        is_cited = False
        for pmid, doi, problems in references_of(neuron):
            if not pmid and not doi:
                unusable += problems
                continue
            paper = self._paper(pmid, doi)
            paper.neuron_ids[neuron.neuron_id] = None
            paper.problems.update(dict.fromkeys(problems))
            is_cited = True
        return None if is_cited else tuple(unusable)

    def _paper(self, pmid: str, doi: str) -> _Paper:
        doi = doi or usable_doi(self._publications.get(pmid, _NO_RECORD).doi)
        keys = [key for key in (("pmid", pmid), ("doi", doi.casefold())) if key[1]]
        paper = next((self._known[key] for key in keys if key in self._known), _Paper())
        paper.pmid, paper.doi = paper.pmid or pmid, paper.doi or doi
        for key in keys:
            other = self._known.setdefault(key, paper)
            if other is not paper:  # until now treated as two papers
                self._merge(other, paper)
        return paper

    def _merge(self, other: _Paper, paper: _Paper) -> None:
        paper.pmid, paper.doi = paper.pmid or other.pmid, paper.doi or other.doi
        paper.neuron_ids.update(other.neuron_ids)
        paper.problems.update(other.problems)
        for key in [known for known, there in self._known.items() if there is other]:
            self._known[key] = paper


def _of_paper(
    paper: _Paper,
    by_pmid: dict[str, NeuroMorphoPublication],
    by_doi: dict[str, NeuroMorphoPublication],
) -> Citation:
    record = by_pmid.get(paper.pmid) or by_doi.get(paper.doi.casefold()) or _NO_RECORD
    pmid, doi = paper.pmid or usable_pmid(record.pmid), paper.doi or usable_doi(record.doi)
    pubmed = f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else ""
    return Citation(
        "paper",
        title=single_line(record.title),
        journal=single_line(record.journal),
        authors=tuple(name for name in map(single_line, record.authors) if name),
        year=record.published.year if record.published else None,
        pmid=pmid,
        doi=doi,
        url=f"https://doi.org/{doi}" if doi else pubmed,
        neuron_ids=tuple(paper.neuron_ids),
        problems=tuple(paper.problems),
    )


def _of_archive(name: str, paper: _Paper) -> Citation:
    return Citation(
        "archive",
        title=f"Digital reconstructions of the archive {single_line(name)}, NeuroMorpho.Org",
        url="https://neuromorpho.org",
        archive=name,
        neuron_ids=tuple(paper.neuron_ids),
        problems=(*paper.problems, "the record has no paper with a usable PubMed number or DOI"),
    )


def _texts(value: Any) -> list[str]:
    """Return the values under a key of references, missing ones as ""."""
    values = value if isinstance(value, list | tuple) else [value]
    return ["" if is_missing(each) else str(each).strip() for each in values]


def single_line(text: str | None) -> str:
    """Return a text without line ends and control characters, which have a meaning in citation formats."""
    return " ".join("".join(c if c.isprintable() else " " for c in text or "").split())
