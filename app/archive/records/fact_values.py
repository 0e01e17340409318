"""Readers of a record's values: each returns the value as `LinkPart` s, and its unit. No Qt."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from app.archive.records.links import LinkPart, linked, note_parts, parts_of, safe_url
from app.archive.records.plain_text import NOTHING, single_line
from neuromorpho.bibliography.citations import usable_doi, usable_pmid
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.records.parsing import is_missing

_GROUP_OF_DIGITS = "\u00a0"
_DIGITS = 4
_AGE_UNITS = {"year": "years", "month": "months", "week": "weeks", "day": "days", "hour": "hours"}

Keys = tuple[str, ...]
Value = tuple[tuple[LinkPart, ...], str]  # and its unit
Read = Callable[[NeuroMorphoNeuron, Keys], Value]


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


def count_or_number(number: float) -> str:
    """Return integers completely, other numbers with four digits."""
    return number_text(number, 15) if number.is_integer() else number_text(number)


def as_number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and not isinstance(value, bool) else None


def plain_value(value: Any) -> str:
    """Return a value as text, the items of a list between commas."""
    if is_missing(value):
        return NOTHING
    if isinstance(value, list | tuple):
        return (
            ", ".join(single_line(each) for each in value[:50] if not is_missing(each)) or NOTHING
        )
    return single_line(value)


def read_words(neuron: NeuroMorphoNeuron, keys: Keys) -> Value:
    return parts_of(plain_value(neuron.get(keys[0]))), ""


def read_levels(neuron: NeuroMorphoNeuron, keys: Keys) -> Value:
    value = neuron.get(keys[0])
    values = value if isinstance(value, list | tuple) else [value]
    return parts_of(" › ".join(plain_value(v) for v in values if not is_missing(v)) or NOTHING), ""


def read_in_unit(unit: str) -> Read:
    """Return the reader of one number in a unit; anything else is shown as it is."""

    def read(neuron: NeuroMorphoNeuron, keys: Keys) -> Value:
        value = neuron.get(keys[0])
        number = as_number(value)
        if number is None:
            return parts_of(plain_value(value)), ""
        return (LinkPart(count_or_number(number)),), unit

    return read


def range_of(neuron: NeuroMorphoNeuron, low_key: str, high_key: str) -> tuple[str, bool]:
    """Return a range as text, and whether it is of numbers."""
    low, high = neuron.get(low_key), neuron.get(high_key)
    numbers = as_number(low), as_number(high)
    low_text, high_text = (
        plain_value(value) if number is None else count_or_number(number)
        for value, number in zip((low, high), numbers, strict=True)
    )
    is_number = any(number is not None for number in numbers)
    if low_text == high_text:
        return low_text, is_number
    if low_text == NOTHING:
        return f"up to {high_text}", is_number
    if high_text == NOTHING:
        return f"from {low_text}", is_number
    return f"{low_text}–{high_text}", is_number


def read_age(neuron: NeuroMorphoNeuron, keys: Keys) -> Value:
    text, is_number = range_of(neuron, *keys[:2])
    scale = neuron.get(keys[2])
    if not is_number:
        return parts_of(text), ""
    if is_missing(scale):
        return parts_of(f"{text} (unit unknown)"), ""
    word = single_line(plain_value(scale))
    return parts_of(text), _AGE_UNITS.get(word.casefold().removesuffix("s"), word)


def read_weight(neuron: NeuroMorphoNeuron, keys: Keys) -> Value:
    text, is_number = range_of(neuron, *keys)
    return parts_of(text), "g" if is_number else ""


def read_id(neuron: NeuroMorphoNeuron, keys: Keys) -> Value:
    page = f"https://neuromorpho.org/neuron_info.jsp?neuron_id={neuron.neuron_id}"
    return (LinkPart(neuron.label, page),), ""


def read_note(neuron: NeuroMorphoNeuron, keys: Keys) -> Value:
    value = neuron.get(keys[0])
    if isinstance(value, str) and not is_missing(value):
        return note_parts(value), ""
    return parts_of(plain_value(value)), ""


def read_picture_link(neuron: NeuroMorphoNeuron, keys: Keys) -> Value:
    value = neuron.get(keys[0])
    url = safe_url(value) if isinstance(value, str) and not is_missing(value) else ""
    return (
        (LinkPart("picture at NeuroMorpho.Org", url),) if url else parts_of(plain_value(value))
    ), ""


def read_pmids(neuron: NeuroMorphoNeuron, keys: Keys) -> Value:
    def part(text: str) -> LinkPart:
        pmid = usable_pmid(text)
        if pmid:
            return LinkPart(pmid, f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/")
        return LinkPart(f"{text} (a placeholder of the archive, not in PubMed)")

    return linked(texts_of(neuron.get(keys[0])), part), ""


def read_dois(neuron: NeuroMorphoNeuron, keys: Keys) -> Value:
    def part(text: str) -> LinkPart:
        doi = usable_doi(text)
        url = safe_url(f"https://doi.org/{doi}", hosts=frozenset({"doi.org"})) if doi else ""
        return LinkPart(doi, url) if url else LinkPart(f"{text} (not a DOI)")

    return linked(texts_of(neuron.get(keys[0])), part), ""


def read_addresses(neuron: NeuroMorphoNeuron, keys: Keys) -> Value:
    links = neuron.get(keys[0])
    found = []
    for name, link in list(links.items())[:10] if isinstance(links, Mapping) else []:
        href = link.get("href") if isinstance(link, Mapping) else link
        url = safe_url(href) if isinstance(href, str) else ""
        if url:
            found.append(LinkPart(single_line(name).replace("_", " "), url))
    return linked(found, lambda part: part), ""


def texts_of(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [single_line(each) for each in values[:50] if not is_missing(each)]
