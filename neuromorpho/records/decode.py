"""Pure functions that turn the server's parsed JSON into records, and check everything in it.

Anything that is not as the archive sends it raises a `NeuroMorphoAnswerError` with the address; of a list,
invalid records are left out as long as one is valid. The transport
calls `raise_for_error_body` first, since a response with status 200 may contain an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoDownError,
    NeuroMorphoHTTPError,
    NeuroMorphoNotFoundError,
    resource_of,
)
from neuromorpho.records.gc_pause import gc_paused
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import (
    NeuroMorphoFieldValues,
    NeuroMorphoNeuron,
    NeuroMorphoPage,
    NeuroMorphoPersistence,
    NeuroMorphoPublication,
    NeuroMorphoSearchPage,
)
from neuromorpho.records.parsing import short_repr

Record = TypeVar("Record")
CellRecord = TypeVar(
    "CellRecord", NeuroMorphoNeuron, NeuroMorphoMeasurement, NeuroMorphoPersistence
)
Value = TypeVar("Value", list[Any], dict[str, Any])
Skipped = Callable[[str], object] | None
_RECORD_IDS = ("neuron_id", "article_id")  # a publication has a status of its own


def raise_for_error_body(data: Any, url: str) -> None:
    """Raise the error in the body of a response: ``{"status": 500, "error": …}`` with status 200.

    Raises
    ------
    NeuroMorphoNotFoundError, NeuroMorphoDownError, NeuroMorphoHTTPError
        Its ``status`` is 404; is 500 or more; is another of 400 or more.
    NeuroMorphoAnswerError
        It has an ``error`` and no such status.
    """
    if not isinstance(data, Mapping) or any(data.get(key) for key in _RECORD_IDS):
        return
    status = data.get("status")
    if isinstance(status, str) and status.strip().isdecimal():
        status = int(status[:9])
    code = status if isinstance(status, int) and not isinstance(status, bool) else 0
    reason = str(data.get("message") or data.get("error") or "no reason given")
    reason, what = short_repr(" ".join(reason.split())), resource_of(url)
    if code == 404:
        raise NeuroMorphoNotFoundError(f"NeuroMorpho.Org has no {what} ({reason}).", url=url)
    if code >= 500:
        raise NeuroMorphoDownError(
            f"NeuroMorpho.Org is down ({reason}); the library works offline, or use the mirror.",
            status=code,
            url=url,
        )
    if code >= 400:
        raise NeuroMorphoHTTPError(
            f"NeuroMorpho.Org refused {what} ({reason}).", status=code, url=url
        )
    if data.get("error"):
        raise _invalid_response(url, f"contains an error ({reason})")


def records_of(data: Any, url: str) -> list[Any]:
    """Return the first list in ``_embedded``, under any key; [] if that is null or missing."""
    embedded = _value_of(data, "_embedded", dict, "object", url)
    for value in embedded.values():
        if isinstance(value, list):
            return value
    if any(value is not None for value in embedded.values()):
        raise _invalid_response(url, f"has no list in _embedded but {short_repr(embedded)}")
    return []


def page_of(data: Any, url: str, *, size: int, page: int, found: int) -> NeuroMorphoPage:
    """Return the ``page`` object of a response; what is missing in it is as requested, or `found`.

    Parameters
    ----------
    size, page
        What was requested.
    found
        Number of records on this page, used as the total if that is missing.
    """
    place = _value_of(data, "page", dict, "object", url)
    return NeuroMorphoPage(
        page=_count(place.get("number"), page, "page.number", url),
        size=_count(place.get("size"), size, "page.size", url),
        total_pages=_count(place.get("totalPages"), 0, "page.totalPages", url),
        total_elements=_count(place.get("totalElements"), found, "page.totalElements", url),
    )


def check_not_truncated(total: int, before: int, url: str) -> None:
    """Refuse a page without records before the end of all records: it is broken, not the end."""
    if total > before:
        raise _invalid_response(url, f"reports {total} records but has none of this page")


def search_page(
    data: Any, *, url: str, size: int, page: int, skipped: Skipped = None
) -> NeuroMorphoSearchPage:
    """Return a page of a search; a response without records is an empty page.

    Parameters
    ----------
    skipped
        Called with a sentence about invalid records, which are left out as long as one is valid.
    """
    items = _read_all(records_of(data, url), NeuroMorphoNeuron.of_record, "neuron", url, skipped)
    place = page_of(data, url, size=size, page=page, found=len(items))
    return NeuroMorphoSearchPage(items=items, query_url=url, **vars(place))


def neuron_of(data: Any, *, url: str, neuron_id: int | None = None) -> NeuroMorphoNeuron:
    """Return the neuron of a response; refuse a neuron that was not requested."""
    return _requested(data, NeuroMorphoNeuron.from_payload, "neuron", url, neuron_id)


def measurement_of(data: Any, *, url: str, neuron_id: int | None = None) -> NeuroMorphoMeasurement:
    """Return the measurement of a response; one without an id gets `neuron_id`."""
    record = _object(data, url)
    if record.get("neuron_id") is None:
        record = {**record, "neuron_id": neuron_id}
    return _requested(record, NeuroMorphoMeasurement.from_payload, "measurement", url, neuron_id)


def measurements_of(
    data: Any, *, url: str, skipped: Skipped = None
) -> tuple[NeuroMorphoMeasurement, ...]:
    """Return the measurements of a batch; for `skipped` see `search_page`."""
    read = NeuroMorphoMeasurement.from_payload
    return _read_all(records_of(data, url), read, "measurement", url, skipped)


def publications_of(
    data: Any, *, url: str, skipped: Skipped = None
) -> tuple[NeuroMorphoPublication, ...]:
    """Return the publications of a page; for `skipped` see `search_page`."""
    read = NeuroMorphoPublication.from_payload
    return _read_all(records_of(data, url), read, "publication", url, skipped)


def persistence_of(data: Any, *, url: str, neuron_id: int | None = None) -> NeuroMorphoPersistence:
    """Return the persistence vector of a response."""
    read = NeuroMorphoPersistence.from_payload
    return _requested(data, read, "persistence vector", url, neuron_id)


def field_names_of(data: Any, *, url: str) -> tuple[str, ...]:
    """Return the names of ``{"Neuron Fields": […]}``, under any key."""
    for value in _object(data, url).values():
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return tuple(value)
    raise _invalid_response(url, "has no list of fields")


def values_of(
    data: Any, *, url: str, field: str, page: int = 0
) -> tuple[NeuroMorphoFieldValues, NeuroMorphoPage]:
    """Return a page of the values of a field in the server's spelling, and its place in the list."""
    listed = _value_of(data, "fields", list, "list", url)
    for value in listed:
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            raise _invalid_response(url, f"lists {short_repr(value)} as a value of {field}")
    values = tuple(str(value) for value in listed if value is not None)
    place = page_of(data, url, size=len(values), page=page, found=len(values))
    return NeuroMorphoFieldValues(field, values), place


def counts_of(
    data: Any, *, url: str, field: str, page: int = 0
) -> tuple[dict[str, int], NeuroMorphoPage]:
    """Return a page of the counts by value of a field, and its place in the list."""
    listed = _value_of(data, "fields", dict, "object", url)
    counts = {
        value: _count(count, 0, f"{value!r} of {field}", url) for value, count in listed.items()
    }
    return counts, page_of(data, url=url, size=len(counts), page=page, found=len(counts))


def is_up(data: Any) -> bool:
    """Return whether the response of ``/health`` reports that the server is up."""
    return isinstance(data, Mapping) and str(data.get("status")).upper() == "UP"


def _read_all(
    records: list[Any], read: Callable[[Any], Record], what: str, url: str, skipped: Skipped
) -> tuple[Record, ...]:
    """Return the valid records; raise the error of the first one if none is."""
    with suppress(KeyError, ValueError), gc_paused():
        return tuple(map(read, records))
    found, errors = [], []
    for position, record in enumerate(records):
        try:
            found.append(_record(record, read, f"{what} at {position}", url))
        except NeuroMorphoAnswerError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    if skipped is not None:
        was = "was" if len(errors) == 1 else "were"
        skipped(f"{len(errors)} of {len(records)} records {was} left out: {errors[0]}")
    return tuple(found)


def _record(data: Any, read: Callable[[Any], Record], what: str, url: str) -> Record:
    try:
        return read(data)
    except KeyError as error:
        raise _invalid_response(url, f"has a {what} without {error.args[0]}") from error
    except ValueError as error:
        raise _invalid_response(
            url, f"has a {what} that is malformed: {error}".rstrip(".")
        ) from error


def _requested(
    data: Any, read: Callable[[Any], CellRecord], what: str, url: str, neuron_id: int | None
) -> CellRecord:
    """Return the record of a response; refuse one of another cell than `neuron_id`."""
    found = _record(data, read, what, url)
    if neuron_id is not None and found.neuron_id != neuron_id:
        raise _invalid_response(url, f"is about neuron {found.neuron_id} instead of {neuron_id}")
    return found


def _object(data: Any, url: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _invalid_response(url, f"is no object but {short_repr(data)}")
    return data


def _value_of(data: Any, key: str, kind: type[Value], kind_name: str, url: str) -> Value:
    """Return the value under a key, an empty one if it is null or missing; refuse one of another type."""
    value = _object(data, url).get(key)
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise _invalid_response(url, f"has no {kind_name} as {key} but {short_repr(value)}")
    return value


def _count(value: Any, otherwise: int, name: str, url: str) -> int:
    if value is None:
        return otherwise
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _invalid_response(url, f"has {short_repr(value)} as the number {name}")
    return value


def _invalid_response(url: str, how: str) -> NeuroMorphoAnswerError:
    return NeuroMorphoAnswerError(
        f"A response of NeuroMorpho.Org {how}. Try again later, and report this if it persists.",
        url=url,
    )
