"""What the command line prints: lines for people and ``grep``, or JSON; progress only on a terminal."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from neuromorpho.bulk.report import BulkProgress, ProgressCallback, readable_bytes
from neuromorpho.records.models import (
    NeuroMorphoCacheStatus,
    NeuroMorphoDetail,
    NeuroMorphoDownloadRecord,
    NeuroMorphoFacet,
    NeuroMorphoNeuron,
    NeuroMorphoUrls,
)
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


def plain(value: object) -> str:
    """Return a text of the archive without line ends and control characters, for one line."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def or_dash(value: object) -> str:
    """Return a text for a line; "-" for None and ""."""
    return "-" if value is None or value == "" else plain(value)


def quoted(value: str) -> str:
    """Return a field's value for a line, quoted if it begins or ends with a blank."""
    return plain(value) if value and value == value.strip() else json.dumps(value)


def neuron_line(number: int, neuron: NeuroMorphoNeuron) -> str:
    """Return a cell as a line of search results."""
    return (
        f"[{number}] id={neuron.neuron_id} name={plain(neuron.neuron_name)} "
        f"archive={or_dash(neuron.archive)} species={or_dash(neuron.species)} "
        f"brain_region={or_dash(','.join(neuron.brain_region))} "
        f"cell_type={or_dash(','.join(neuron.cell_type))} "
        f"original_format={or_dash(neuron.original_format)}"
    )


def facet_lines(facet: NeuroMorphoFacet, what: str) -> Iterator[str]:
    """Yield a facet as lines: its name, then a count and a value each."""
    yield f"facet={facet.field} of={what} values={len(facet.counts)}"
    for value, count in facet.counts.items():
        yield f"{count}\t{quoted(value)}"


def detail_lines(detail: NeuroMorphoDetail) -> Iterator[str]:
    """Yield the details of a cell."""
    neuron = detail.neuron
    yield f"id={neuron.neuron_id}"
    yield f"name={plain(neuron.neuron_name)}"
    yield f"archive={or_dash(neuron.archive)}"
    yield f"species={or_dash(neuron.species)}"
    yield f"brain_region={or_dash(','.join(neuron.brain_region))}"
    yield f"cell_type={or_dash(','.join(neuron.cell_type))}"
    yield f"original_format={or_dash(neuron.original_format)}"
    yield f"thumbnail_url={or_dash(detail.thumbnail_url)}"
    yield f"standard_swc_url={or_dash(detail.standard_swc_url)}"
    yield f"original_file_url={or_dash(detail.original_file_url)}"
    yield f"measurement_url={detail.urls.measurement}"
    yield f"cache_status={json.dumps(jsonable(detail.cache_status), sort_keys=True)}"
    if detail.measurement is not None:
        yield "measurement="
        yield json.dumps(jsonable(detail.measurement), indent=2, sort_keys=True)


def urls_lines(neuron_id: int, urls: NeuroMorphoUrls) -> Iterator[str]:
    """Yield the addresses of a cell."""
    yield f"id={neuron_id}"
    yield f"standard_swc_url={or_dash(urls.standard_swc)}"
    yield f"original_file_url={or_dash(urls.original_file)}"
    yield f"measurement_url={urls.measurement}"
    yield f"thumbnail_url={or_dash(urls.thumbnail)}"


def record_lines(
    record: NeuroMorphoDownloadRecord, sizes: Mapping[str, int | None] | None = None
) -> Iterator[str]:
    """Yield the result of one cell's download; `sizes` are the bytes of a dry run, by address."""
    yield f"folder={record.folder}"
    yield f"metadata_path={record.metadata_path}"
    yield f"download_mode={record.download_mode}"
    yield f"dry_run={record.dry_run}"
    for item in record.download_items:
        line = (
            f"{item.kind}: filename={plain(item.filename)} path={item.path} "
            f"downloaded_now={item.downloaded_now} url={or_dash(item.url)} reason={or_dash(item.reason)}"
        )
        if sizes is not None:
            known = sizes.get(item.url)
            line += f" bytes={'unknown' if known is None else known}"
        yield line


def status_line(status: NeuroMorphoCacheStatus) -> str:
    """Return what the cache holds of a cell, as a line."""
    return (
        f"neuron_id={status.neuron_id} exists={status.exists} metadata_exists={status.metadata_exists} "
        f"standard_exists={status.standard_exists} original_exists={status.original_exists} "
        f"folder={status.folder}"
    )


@contextlib.contextmanager
def progress_bar(text: str) -> Iterator[ProgressCallback | None]:
    """Yield a callback that shows a bulk job's progress on stderr; None if stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with _bar() as progress:
        task = progress.add_task(text, total=None, details="")

        def show(now: BulkProgress) -> None:
            failed = f"{now.failed} failed  " if now.failed else ""
            size = f"{readable_bytes(now.n_bytes)}  " if now.n_bytes else ""
            progress.update(
                task,
                description=now.phase,
                completed=now.done,
                total=now.total,
                details=f"{failed}{size}{plain(now.name)[:40]}",
            )

        yield show


@contextlib.contextmanager
def share_bar(text: str) -> Iterator[Callable[[int, float], None] | None]:
    """Yield a callback that shows how many records were read, and the share; None if stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with _bar() as progress:
        task = progress.add_task(text, total=1.0, details="")
        yield lambda n, share: progress.update(task, completed=share, details=f"{n} records")


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[details]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )


def print_lines(lines: Iterable[str]) -> None:
    """Print lines to stdout."""
    for line in lines:
        print_line(line)
