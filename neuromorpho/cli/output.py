"""What the command line prints: lines for people and ``grep``, or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from neuromorpho.records.models import (
    NeuroMorphoDetail,
    NeuroMorphoDownloadRecord,
    NeuroMorphoFacet,
    NeuroMorphoNeuron,
)
from neuromorpho.records.parsing import plain
from neuromorpho.records.serialise import jsonable


def print_line(text: str) -> None:
    """Print lines to stdout; characters that the terminal cannot show are escaped."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def print_json(value: Any) -> None:
    """Print one JSON document to stdout."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    text = json.dumps(jsonable(value), indent=2, ensure_ascii=encoding != "utf8", allow_nan=False)
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")


def warn(sentence: str) -> None:
    """Print a sentence to stderr."""
    sys.stderr.write(plain(sentence) + "\n")


def or_dash(value: object) -> str:
    """Return a text for a line; "-" for None and ""."""
    return "-" if value is None or value == "" else plain(value)


def quoted(value: str) -> str:
    """Return a field's value for a line, quoted if it begins or ends with a blank."""
    return plain(value) if value and value == value.strip() else json.dumps(value)


def pairs(values: Mapping[str, object]) -> list[str]:
    """Return ``key=value`` for each value."""
    return [f"{key}={or_dash(value)}" for key, value in values.items()]


def neuron_line(number: int, neuron: NeuroMorphoNeuron) -> str:
    """Return a cell as a line of search results."""
    return f"[{number}] {' '.join(pairs(_cell(neuron)))}"


def _cell(neuron: NeuroMorphoNeuron) -> dict[str, object]:
    return {
        "id": neuron.neuron_id,
        "name": neuron.neuron_name,
        "archive": neuron.archive,
        "species": neuron.species,
        "brain_region": ",".join(neuron.brain_region),
        "cell_type": ",".join(neuron.cell_type),
        "original_format": neuron.original_format,
    }


def facet_lines(facets: Iterable[NeuroMorphoFacet], what: str) -> Iterator[str]:
    """Yield facets as lines: the name of each, then a count and a value each."""
    for facet in facets:
        yield f"facet={facet.field} of={what} values={len(facet.counts)}"
        for value, count in facet.counts.items():
            yield f"{count}\t{quoted(value)}"


def detail_lines(detail: NeuroMorphoDetail) -> Iterator[str]:
    """Yield the details of a cell."""
    yield from pairs(
        {
            **_cell(detail.neuron),
            "thumbnail_url": detail.thumbnail_url,
            "standard_swc_url": detail.standard_swc_url,
            "original_file_url": detail.original_file_url,
            "measurement_url": detail.urls.measurement,
            "cache_status": json.dumps(jsonable(detail.cache_status), sort_keys=True),
        }
    )
    if detail.measurement is not None:
        yield "measurement="
        yield json.dumps(jsonable(detail.measurement), indent=2, sort_keys=True)


def record_lines(
    record: NeuroMorphoDownloadRecord, sizes: Mapping[str, int | None] | None = None
) -> Iterator[str]:
    """Yield the result of one cell's download; `sizes` are the bytes of a dry run, by address."""
    names = ("folder", "metadata_path", "download_mode", "dry_run")
    yield from pairs({name: getattr(record, name) for name in names})
    for item in record.download_items:
        details = ("filename", "path", "downloaded_now", "url", "reason")
        values = {name: getattr(item, name) for name in details}
        if sizes is not None:
            known = sizes.get(item.url)
            values["bytes"] = "unknown" if known is None else known
        yield f"{item.kind}: {' '.join(pairs(values))}"
