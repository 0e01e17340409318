"""Readers of a record's values: each takes them and returns `LinkPart` s and a unit. No Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from app.archive.records.links import LinkPart, linked, note_parts, parts_of, safe_url
from app.archive.records.plain_text import NOTHING, plain_value, single_line, texts_of
from app.archive.text import origin_of
from neuromorpho.bibliography.citations import usable_doi, usable_pmid
from neuromorpho.records.parsing import is_missing, neuron_id_of, number_of

_GROUP_OF_DIGITS = "\u00a0"
_DIGITS = 4
_AGE_UNITS = {"year": "years", "month": "months", "week": "weeks", "day": "days", "hour": "hours"}

Value = tuple[tuple[LinkPart, ...], str]  # and its unit


def number_text(value: float, digits: int = _DIGITS) -> str:
    """Return a number with as many digits as mean something, thousands in groups, a true minus sign."""
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if not -5 <= size < 15:
        return f"{value:.{digits - 1}e}".replace("-", "−")
    text = f"{value:,.{max(0, digits - 1 - size)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", _GROUP_OF_DIGITS).replace("-", "−")


def read_words(value: Any) -> Value:
    return parts_of(plain_value(value)), ""


def read_levels(value: Any) -> Value:
    return parts_of(plain_value(value, " › ")), ""


def read_number(value: Any, unit: str = "") -> Value:
    """Return a number with its unit; anything else as it is."""
    number = number_of(value)
    return read_words(value) if number is None else ((LinkPart(number_text(number)),), unit)


def _range_of(low: Any, high: Any) -> tuple[str, bool]:
    """Return a range as text, and whether it is of numbers."""
    is_number = number_of(low) is not None or number_of(high) is not None
    low_text, high_text = (read_number(each)[0][0].text for each in (low, high))
    if low_text == high_text:
        return low_text, is_number
    if low_text == NOTHING:
        return f"up to {high_text}", is_number
    if high_text == NOTHING:
        return f"from {low_text}", is_number
    return f"{low_text}–{high_text}", is_number


def read_age(low: Any, high: Any, scale: Any) -> Value:
    text, is_number = _range_of(low, high)
    if not is_number:
        return parts_of(text), ""
    if is_missing(scale):
        return parts_of(f"{text} (unit unknown)"), ""
    word = plain_value(scale)
    return parts_of(text), _AGE_UNITS.get(word.casefold().removesuffix("s"), word)


def read_weight(low: Any, high: Any) -> Value:
    text, is_number = _range_of(low, high)
    return parts_of(text), "g" if is_number else ""


def read_id(value: Any) -> Value:
    neuron_id = neuron_id_of(value)
    page = f"https://neuromorpho.org/neuron_info.jsp?neuron_id={neuron_id}"
    return (LinkPart(origin_of(neuron_id), page),), ""


def read_note(value: Any) -> Value:
    is_text = isinstance(value, str) and not is_missing(value)
    return (note_parts(value), "") if is_text else read_words(value)


def read_picture_link(value: Any) -> Value:
    url = safe_url(value) if isinstance(value, str) and not is_missing(value) else ""
    return ((LinkPart("picture at NeuroMorpho.Org", url),), "") if url else read_words(value)


def read_pmids(value: Any) -> Value:
    def part(text: str) -> LinkPart:
        pmid = usable_pmid(text)
        if pmid:
            return LinkPart(pmid, f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/")
        return LinkPart(f"{text} (a placeholder of the archive, not in PubMed)")

    return linked(map(part, texts_of(value))), ""


def read_dois(value: Any) -> Value:
    def part(text: str) -> LinkPart:
        doi = usable_doi(text)
        url = safe_url(f"https://doi.org/{doi}", hosts=frozenset({"doi.org"})) if doi else ""
        return LinkPart(doi, url) if url else LinkPart(f"{text} (not a DOI)")

    return linked(map(part, texts_of(value))), ""


def read_addresses(links: Any) -> Value:
    found = []
    for name, link in list(links.items())[:10] if isinstance(links, Mapping) else []:
        href = link.get("href") if isinstance(link, Mapping) else link
        url = safe_url(href) if isinstance(href, str) else ""
        if url:
            found.append(LinkPart(single_line(name).replace("_", " "), url))
    return linked(found), ""
