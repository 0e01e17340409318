"""Citations written as BibTeX, as RIS and as plain text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from neuromorpho.bibliography.citations import Citation, single_line

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_INITIALS = re.compile(r"(.+?)\s+([A-Z]{1,3})\Z")
_UNSAFE_IN_AN_ADDRESS = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C", '"': "%22"})
_MOST_IDS = 12
_REQUEST_TO_CITE = (
    "Data from NeuroMorpho.Org are under the licence CC BY 4.0. Its terms of use require citing the original\n"
    "papers, NeuroMorpho.Org (RRID:SCR_002145), and the paper about it:"
)


def to_bibtex(cited: Sequence[Citation]) -> str:
    """Return a ``.bib`` file (UTF-8): an entry for each, with a unique key."""
    used: set[str] = set()
    return "\n".join(_entry(each, _key(each, used)) for each in cited)


def to_ris(cited: Sequence[Citation]) -> str:
    """Return an RIS file, as EndNote, Zotero and Mendeley read it."""
    return "\n".join(_ris(each) for each in cited)


def to_text(cited: Sequence[Citation]) -> str:
    """Return what to cite as numbered lines, with the cells and notes on problems."""
    lines = [_REQUEST_TO_CITE, ""]
    for number, each in enumerate(cited, start=1):
        lines.append(f"{number}. {_sentence(each)}")
        if each.neuron_ids:
            n = len(each.neuron_ids)
            lines.append(f"   {'cell' if n == 1 else 'cells'}: {_id_list(each.neuron_ids)}")
        lines += [f"   note: {problem}." for problem in each.problems]
    return "\n".join(lines) + "\n"


def _entry(cited: Citation, key: str) -> str:
    kind = "article" if cited.journal or cited.kind == "paper" else "misc"
    fields = {
        "title": f"{{{_escape(cited.title)}}}" if cited.title else "",
        "author": " and ".join(_escape(_bibtex_name(each)) for each in cited.authors),
        "journal": _escape(cited.journal),
        "year": str(cited.year or ""),
        "volume": _escape(cited.volume),
        "number": _escape(cited.issue),
        "pages": _escape(cited.pages.replace("-", "--")),
        "doi": cited.doi.translate(_UNSAFE_IN_AN_ADDRESS),
        "pmid": cited.pmid,
        "url": cited.url.translate(_UNSAFE_IN_AN_ADDRESS),
        "note": _escape(_note(cited)),
    }
    rows = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{kind}{{{key},\n" + ",\n".join(rows) + "\n}\n"


def _ris(cited: Citation) -> str:
    pages = cited.pages.split("-") if cited.pages else []
    rows = [
        ("TY", "JOUR" if cited.journal or cited.kind == "paper" else "DATA"),
        *(("AU", _bibtex_name(each)) for each in cited.authors),
        ("TI", cited.title),
        ("JO", cited.journal),
        ("PY", str(cited.year or "")),
        ("VL", cited.volume),
        ("IS", cited.issue),
        ("SP", pages[0] if pages else ""),
        ("EP", pages[1] if len(pages) > 1 else ""),
        ("DO", cited.doi),
        ("AN", cited.pmid),
        ("UR", cited.url),
        ("N1", _note(cited)),
    ]
    return "".join(f"{tag}  - {single_line(value)}\n" for tag, value in rows if value) + "ER  - \n"


def _sentence(cited: Citation) -> str:
    """Return one reference as a line."""
    where = cited.journal
    if cited.volume:
        where += f" {cited.volume}({cited.issue})" if cited.issue else f" {cited.volume}"
        where += f":{cited.pages}" if cited.pages else ""
    year = f"({cited.year})" if cited.year else ""
    parts = [
        " ".join(each for each in (_names(cited.authors), year) if each),
        cited.title or ("(title not known)" if cited.kind == "paper" else ""),
        where,
        f"doi:{cited.doi}" if cited.doi else "",
        f"PMID {cited.pmid}" if cited.pmid else "",
        cited.url if not cited.doi and not cited.pmid else "",
    ]
    return ". ".join(part.rstrip(".") for part in parts if part) + "."


def _names(authors: Sequence[str]) -> str:
    if len(authors) <= 3:
        return ", ".join(authors)
    return f"{authors[0]} et al."


def _note(cited: Citation) -> str:
    cells = f"Cells: {_id_list(cited.neuron_ids)}" if cited.neuron_ids else ""
    return ". ".join(each for each in (cells, *cited.problems) if each)


def _id_list(ids: Sequence[int]) -> str:
    labels = ", ".join(f"NMO_{each:05d}" for each in ids[:_MOST_IDS])
    return f"{labels} and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else labels


def _bibtex_name(author: str) -> str:
    """Return ``Wearne, S. L.`` for PubMed's ``Wearne SL``, which BibTeX would read in the wrong order."""
    author = single_line(author)
    found = None if "," in author else _INITIALS.match(author)
    return f"{found[1]}, {' '.join(f'{each}.' for each in found[2])}" if found else author


def _key(cited: Citation, used: set[str]) -> str:
    """Return a key of plain letters: ``Tecuatl2024``, ``pmid12345``, ``NeuroMorphoOrg``."""
    if cited.authors:
        surname = _bibtex_name(cited.authors[0]).split(",")[0].split()[-1]
        wanted = f"{_ascii(surname)}{cited.year or ''}"
    elif cited.pmid or cited.doi:
        wanted = f"pmid{cited.pmid}" if cited.pmid else f"doi{_ascii(cited.doi)}"
    else:
        wanted = f"archive{_ascii(cited.archive)}" if cited.archive else "NeuroMorphoOrg"
    wanted = wanted or "paper"
    key, number = wanted, 1
    while key.casefold() in used:
        number += 1
        key = f"{wanted}_{number}"
    used.add(key.casefold())
    return key


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "", plain)


def _escape(text: str) -> str:
    return "".join(_SPECIAL.get(each, each) for each in single_line(text))
