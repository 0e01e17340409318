"""The publications of the made archives: two each, 18 keys, dates in milliseconds."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from tests.neuromorpho.server import made, vocabulary as words
from tests.support.query_language import parse, values_of

KEYS = (
    "article_id",
    "pmid",
    "doi",
    "journal",
    "title",
    "authors",
    "species",
    "brainRegion",
    "cellType",
    "tracingSystem",
    "evaluatedDate",
    "publishedDate",
    "globalStatus",
    "collection",
    "dataUsage",
    "sharedReconstructions",
    "status",
    "nReconstructions",
)
_A_DAY_MS = 86_400_000


@cache
def papers() -> tuple[dict[str, Any], ...]:
    """Return every publication."""
    return tuple(
        _paper(archive, paper) for archive in range(len(words.ARCHIVES)) for paper in range(2)
    )


def select(queries: Sequence[str]) -> list[dict[str, Any]]:
    """Return the publications that match every query."""
    parsed = [parse(text) for text in queries]
    return [paper for paper in papers() if all(query(paper) for query in parsed)]


def by_id(article: str) -> dict[str, Any] | None:
    """Return the publication with an article id."""
    return next((paper for paper in papers() if paper["article_id"] == article), None)


def counts(field: str) -> dict[str, int]:
    """Return how many publications hold each value of a field."""
    found = Counter(value for paper in papers() for value in set(values_of(paper, field)))
    return dict(found.most_common())


def _paper(archive: int, paper: int) -> dict[str, Any]:
    number = 2 * archive + paper
    doi = made.doi_of(archive, paper)
    cell = made.prototypes()[archive].record
    authors = [
        words.SURNAMES[(number + i) % len(words.SURNAMES)] + f" {'ABC'[i]}" for i in range(3)
    ]
    published = (12_000 + 137 * number) * _A_DAY_MS
    return {
        "article_id": hashlib.sha256(doi.encode()).hexdigest()[:24],
        "pmid": made.pmid_of(archive, paper),
        "doi": doi,
        "journal": words.JOURNALS[number % len(words.JOURNALS)],
        "title": f"Dendritic geometry of {cell['species'].strip()} {cell['cell_type'][0]} cells: "
        f"“{words.ARCHIVES[archive][0]}” & its {'first' if paper == 0 else 'second'} series",
        "authors": authors,
        "species": [cell["species"]],
        "brainRegion": cell["brain_region"],
        "cellType": cell["cell_type"],
        "tracingSystem": [cell["reconstruction_software"]],
        "evaluatedDate": published + 200 * _A_DAY_MS,
        "publishedDate": published,
        "globalStatus": "Available",
        "collection": "Neurons",
        "dataUsage": ["Describing", "Citing"],
        "sharedReconstructions": [words.ARCHIVES[archive][0]],
        "status": "Positive",
        "nReconstructions": 10 + number,
    }
