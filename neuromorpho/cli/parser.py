"""The options of ``somascope neuromorpho``, and the query that they mean."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path

from neuromorpho.api import MAX_PAGE_SIZE
from neuromorpho.bulk.search_all import MAX_WORKERS
from neuromorpho.http.failures import DEFAULT_TIMEOUT
from neuromorpho.query.query import DEFAULT_SORT, EVERYTHING, TYPED_FIELDS, NeuroMorphoQuery
from neuromorpho.records.parsing import neuron_id_of

DEFAULT_SIZE = 20
DEFAULT_RETRIES = 3
DEFAULT_FOLDER = "neurons"
_MODES = ("standard", "original", "both")
_EPILOG = """\
examples:
  search --species mouse --cell-type pyramidal --count
  search --field domain='Dendrites, Soma, Axon' --sort upload_date,desc
  search --offline --text 'purkinje cereb' --range length=1000:
  download --species mouse --limit 20 --output-dir mice --group-by species,brain_region --dry-run
  download query.yaml -o mice
  fetch NMO_00001 --load
  harvest --species mouse --to mice.csv
  cite NMO_00001 NMO_00002 --format bibtex

Several values of one field are combined with OR, several fields with AND. A value must match exactly. An id is 1
or NMO_00001. Everything that was fetched is in the library, where search --offline finds it without the network.
Exit status: 0 done, 1 failed (one sentence on stderr), 2 wrong usage.
"""


class UsageError(Exception):
    """The options do not fit together."""


def build_arg_parser(prog: str = "somascope neuromorpho") -> argparse.ArgumentParser:
    """Return the parser of the complete command line."""
    parser = argparse.ArgumentParser(prog=prog)
    add_commands(parser)
    return parser


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add all commands to a parser, which may be a sub-parser of another program.

    Global options may stand before or after the command, which is ``args.neuromorpho_command``.
    """
    parser.description = (
        "Search NeuroMorpho.Org, download cells, and search downloaded cells offline."
    )
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(timeout=DEFAULT_TIMEOUT, retries=DEFAULT_RETRIES)
    _add_globals(parser)
    after = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    _add_globals(after)
    command = _subcommands(parser, after, "neuromorpho_command", "COMMAND")
    _search(command("search", "find cells in the archive, or in the library with --offline"))
    _show(command("show", "show the details of one cell"))
    _download(command("download", "download files of cells to a folder"))
    _fetch(command("fetch", "download the files of one cell into the cache"))
    _one_cell(command("urls", "show the addresses of one cell"))
    _fields(command("fields", "list the fields, or the values of one field"))
    _harvest(command("harvest", "save all records of a query in the library or in a file"))
    _cite(command("cite", "show what to cite for cells"))
    _cache(command("cache", "show or change what is on this disk"), after)
    _library(command("library", "add to the library, which search --offline uses"), after)


def query_of(args: argparse.Namespace) -> str | NeuroMorphoQuery:
    """Return the query that the options mean: a text if there is only ``--q`` or nothing.

    Without ``--sort`` the order is set to that of the query file, or to the default.

    Raises
    ------
    UsageError
        The options contradict each other.
    NeuroMorphoQueryError
        A field or the query file is invalid.
    """
    criteria = criteria_of(args)
    if args.query_file is not None:
        if criteria or args.q:
            raise UsageError("Use either --query-file or other criteria, not both.")
        from neuromorpho.query.query_file import NeuroMorphoQueryFile

        read = NeuroMorphoQueryFile.read(args.query_file)
        args.sort = args.sort or read.sort
        return read.query
    args.sort = args.sort or DEFAULT_SORT
    if not criteria:
        return args.q or EVERYTHING
    return NeuroMorphoQuery.of(criteria, raw_q=(args.q,) if args.q else ())


def criteria_of(args: argparse.Namespace) -> dict[str, tuple[str, ...]]:
    """Return the values of the criteria by field, ``--field`` included."""
    found = {name: tuple(getattr(args, name) or ()) for name in TYPED_FIELDS}
    for name, value in args.field or ():
        found[name] = (*found.get(name, ()), value)
    return {name: values for name, values in found.items() if values}


def is_bounded(args: argparse.Namespace) -> bool:
    """Return whether there are criteria, so that not the whole archive is meant."""
    return bool(criteria_of(args) or args.q or args.fq or args.query_file)


def _add_globals(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("global options").add_argument
    add("--json", action="store_true", help="print only JSON on stdout")
    add("--cache-dir", type=Path, metavar="DIR",
        help="folder of the downloads and the library (default: in your cache folder, one for "
        "each server)")  # fmt: skip
    seconds = _number("a number greater than 0", lambda number: 0 < number < math.inf)
    add("--timeout", type=seconds, metavar="S",
        help=f"seconds to wait for a response (default: {DEFAULT_TIMEOUT:g})")  # fmt: skip
    add("--retries", type=_count(1), metavar="N",
        help=f"attempts for each request (default: {DEFAULT_RETRIES})")  # fmt: skip
    add("--base-url", metavar="URL", help="another server with the same API")
    add("--mirror", action="store_true",
        help="use the mirror while the archive is down (http, not https)")  # fmt: skip
    add("--mirror-url", metavar="URL", help="use this mirror while the archive is down")
    rate = _number("a number of requests per second", lambda number: 0 <= number < math.inf)
    add("--rate", type=rate, metavar="N",
        help="requests per second (default, and maximum for the archive: 5); 0 for no limit, only "
        "with --base-url")  # fmt: skip
    add("--verbose", action="store_true", help="show the traceback of an error")


def _add_criteria(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("criteria", "each may be given several times").add_argument
    for name in TYPED_FIELDS:
        add("--" + name.replace("_", "-"), dest=name, action="append", metavar="VALUE")
    text = "any other field (`fields` lists them)"
    add("--field", action="append", type=_pair, metavar="NAME=VALUE", help=text)
    add("--q", metavar="TEXT", help="a clause in the query language of the server")
    add("--fq", action="append", metavar="TEXT", help="an additional clause, combined with AND")
    add("--query-file", type=Path, metavar="F.yaml|F.json", help="a saved query")
    text = f"the order (default: {DEFAULT_SORT})"
    add("--sort", type=_sort, metavar="FIELD[,asc|desc]", help=text)


def _add_offline(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("offline").add_argument
    add("--offline", action="store_true", help="use the library, not the network")
    add("--text", metavar="WORDS", help="words anywhere in a record")
    text = "range of a number, also of the morphometry: length=1000:, n_stems=:5"
    add("--range", action="append", type=_range, metavar="NAME=LOW:HIGH", help=text)


def _search(parser: argparse.ArgumentParser) -> None:
    _add_criteria(parser)
    add = parser.add_argument
    text = f"cells per page (default: {DEFAULT_SIZE})"
    add("--size", type=_count(1, MAX_PAGE_SIZE), metavar="N", help=text)
    add("--page", type=_count(0), default=0, metavar="N", help="number of the page; the first is 0")
    _add_limit(parser, ", from as many pages as needed")
    add("--count", action="store_true", help="print only the number of cells")
    add("--facets", action="append", metavar="FIELD",
        help="count the values of a field: in the whole archive, or with --offline in the results")  # fmt: skip
    add("--show-query", action="store_true", help="print the query without sending it")
    _add_offline(parser)


def _show(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("neuron", nargs="?", type=_neuron_id, metavar="ID")
    add("--id", type=_neuron_id, metavar="ID")
    add("--name", metavar="NAME", help="its name in the archive")
    add("--no-measurement", action="store_true", help="without morphometry; saves a request")
    add("--offline", action="store_true", help="use the library, not the network")


def _download(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", nargs="?", type=Path, metavar="QUERY.yaml", help="a saved query, as --query-file")
    add("--id", type=_neuron_id, action="extend", nargs="+", metavar="ID", help="ids of cells")
    _add_criteria(parser)
    _add_limit(parser, " of a query")
    text = f"(default with QUERY.yaml: {DEFAULT_FOLDER})"
    add("--output-dir", "-o", type=Path, metavar="DIR", help=text)
    text = "which files of a cell (default: both for one --id, else standard)"
    add("--mode", choices=_MODES, help=text)
    _add_overwrite(parser)
    add("--dry-run", action="store_true", help="only list the files and their sizes")
    add("--group-by", "-g", metavar="TEMPLATE",
        help="folders: species,brain_region or {species}/{archive}/{neuron_id}_{neuron_name}")  # fmt: skip
    add("--images", action="store_true", help="also download the thumbnails")
    _add_workers(parser)
    add("--concurrent", "-c", type=_count(1, 50), dest="max_concurrent", metavar="N",
        help=f"as --max-concurrent, but more than {MAX_WORKERS} becomes {MAX_WORKERS}")  # fmt: skip
    add("--metadata-filename", "-m", default="neuron_metadata.csv", metavar="F.csv",
        help="table of a query's cells, written with a JSON of the same name; '' for none")  # fmt: skip


def _fetch(parser: argparse.ArgumentParser) -> None:
    _one_cell(parser)
    add = parser.add_argument
    add("--mode", choices=_MODES, default="standard")
    _add_overwrite(parser)
    add("--load", action="store_true", help="read the file, and count its branches and points")


def _one_cell(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("neuron", type=_neuron_id, metavar="ID")


def _fields(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="FIELD")
    parser.add_argument("--counts", action="store_true", help="count the cells of each value")


def _harvest(parser: argparse.ArgumentParser) -> None:
    _add_criteria(parser)
    add = parser.add_argument
    text = "save in this file (default: in the library)"
    add("--to", type=_table, metavar="F.json|F.csv", help=text)
    _add_limit(parser, ", in the order of ids")
    add("--no-measurements", action="store_true", help="without morphometry; halves the requests")
    add("--restart", action="store_true", help="discard what an earlier, interrupted run fetched")
    _add_workers(parser)


def _cite(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("ids", nargs="*", type=_neuron_id, metavar="ID")
    add("--format", choices=("text", "bibtex", "ris"), default="text")
    add("--no-titles", action="store_true", help="do not request the titles of papers")
    _add_criteria(parser)
    _add_offline(parser)


def _cache(parser: argparse.ArgumentParser, after: argparse.ArgumentParser) -> None:
    action = _subcommands(parser, after, "action", "ACTION")
    action("list", "list the cells")
    _one_cell(action("info", "show what there is of a cell"))
    _one_cell(action("rm", "remove a cell from cache and library"))
    clear = action("clear", "remove every cell from cache and library")
    clear.add_argument("--yes", action="store_true", help="confirm")
    action("verify", "find damaged files and records (exit status 1 if there are any)")
    action("repair", "repair damaged files and records")
    action("index", "add the cells on disk to the library, so that --offline finds them")
    action("size", "show the bytes on disk")


def _library(parser: argparse.ArgumentParser, after: argparse.ArgumentParser) -> None:
    action = _subcommands(parser, after, "action", "ACTION")
    importing = action("import", "add a harvest: JSON lines, a JSON array, or our CSV; also .gz")
    importing.add_argument("file", type=Path, metavar="FILE")


def _subcommands(
    parser: argparse.ArgumentParser, after: argparse.ArgumentParser, dest: str, metavar: str
) -> Callable[[str, str], argparse.ArgumentParser]:
    """Return a function that adds a command with its help; it has the options of `after` too."""
    commands = parser.add_subparsers(dest=dest, metavar=metavar, required=True)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        description = f"{text[:1].upper()}{text[1:]}."
        return commands.add_parser(name, help=text, description=description, parents=[after])

    return command


def _add_limit(parser: argparse.ArgumentParser, text: str) -> None:
    text = f"maximum number of cells{text}"
    parser.add_argument("--limit", type=_count(0), metavar="N", help=text)


def _add_overwrite(parser: argparse.ArgumentParser) -> None:
    text = "download files again that are already there"
    parser.add_argument("--overwrite", action="store_true", help=text)


def _add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--max-concurrent", type=_count(1, MAX_WORKERS), default=MAX_WORKERS,
        metavar="N", help=f"requests at once, 1 to {MAX_WORKERS}")  # fmt: skip


def _neuron_id(text: str) -> int:
    try:
        return neuron_id_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{error} `show --name` finds the id of a name."
        ) from error


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals or not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _range(text: str) -> tuple[str, tuple[float | None, float | None]]:
    name, bounds = _pair(text)
    try:
        low, high = (float(bound) if bound else None for bound in bounds.split(":"))
    except ValueError:
        low = high = math.nan
    if any(each is not None and math.isnan(each) for each in (low, high)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not NAME=LOW:HIGH (LOW or HIGH may be empty)"
        )
    return name, (low, high)


def _sort(text: str) -> str:
    field, _, order = text.partition(",")
    if not field or order not in ("", "asc", "desc"):
        raise argparse.ArgumentTypeError(f"{text!r} is not FIELD,asc or FIELD,desc")
    return f"{field},{order or 'asc'}"


def _table(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in (".json", ".csv"):
        raise argparse.ArgumentTypeError(f"{text!r} does not end in .json or .csv")
    return path


def _number(wanted: str, is_valid: Callable[[float], bool]) -> Callable[[str], float]:
    def checked(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not is_valid(value):
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
        return value

    return checked


def _count(least: int, most: int | None = None) -> Callable[[str], int]:
    allowed = f"{least} to {most}" if most is not None else f"{least} or more"

    def checked(text: str) -> int:
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1
        if value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, {allowed}")
        return value

    return checked
