"""Arguments and exit codes that several commands share."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path

DONE, FAILED, WRONG_USAGE = 0, 1, 2

BACKENDS = ("neuron", "jaxley")

PRECISIONS = ("float64", "float32")

SOURCE_HELP = (
    "a bundled cell (pyramidal, …), x.swc, my_session.py[:Class], a NEURON model (FOLDER[:script.hoc], x.hoc, x.zip), a recording "
    "(x.npz, x.h5), or the id of a NeuroMorpho.Org cell "
    "(NMO_00001), which is downloaded if it is not in the cache"
)


def add_backend(parser: argparse.ArgumentParser, default: str = "neuron") -> None:
    """Add ``--backend`` and ``--precision``."""
    add = parser.add_argument
    add("--backend", choices=BACKENDS,
        help=f"simulator of a cell (default: {default}); not for a script, which has its own")  # fmt: skip
    add("--precision", choices=PRECISIONS,
        help="precision of Jaxley (default: float64); NEURON always uses float64")  # fmt: skip


def add_dt(parser: argparse.ArgumentParser, remark: str = "") -> None:
    """Add ``--dt``, which `run` and `compare` have."""
    parser.add_argument("--dt", dest="dt_ms", metavar="MS", type=duration,
        help=f"time step, ms (default: that of the cell){remark}")  # fmt: skip


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add ``--membrane``, and ``--units`` and ``--trees``, which say how an SWC file is read."""
    add = parser.add_argument
    add("--membrane", choices=("hh", "passive"), default="hh",
        help="of a cell: squid axon's HH at 6.3 °C, for demonstration (the default), or only a leak")  # fmt: skip
    add("--units", choices=("um", "nm", "8nm"), default="um",
        help="what one unit of an SWC file is: µm (the default), nm, or 8 nm (voxels of electron microscopy)")  # fmt: skip
    add("--trees", choices=("main", "all"), default="main",
        help="of several trees in an SWC file, open the one with the soma (the default), or all")  # fmt: skip


def add_archive(parser: argparse.ArgumentParser) -> None:
    """Add the server and folder options, with the same names as in ``somascope neuromorpho``."""
    add = parser.add_argument_group("NeuroMorpho.Org").add_argument
    add("--base-url", type=_server, metavar="URL", help="another server with the same API")
    add("--cache-dir", type=Path, metavar="DIR",
        help="folder for downloads and the library (default: this user's cache)")  # fmt: skip
    add("--mirror", action="store_true",
        help="use the archive's mirror, which has no https, while the archive is down")  # fmt: skip


def _server(text: str) -> str:
    from neuromorpho.urls import Site

    try:
        return Site(text).root
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def add_verbose(parser: argparse.ArgumentParser) -> None:
    """Add ``--verbose``, which every command has."""
    parser.add_argument("--verbose", action="store_true", help="show the traceback of a failure")


def duration(text: str) -> float:
    """Return a time in ms greater than 0, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time in ms greater than 0")
    return value


def file_of_kind(*suffixes: str) -> Callable[[str], Path]:
    """Return a function that accepts paths with one of these suffixes, for argparse."""

    def checked(text: str) -> Path:
        path = Path(text)
        if path.suffix.lower() not in suffixes:
            raise argparse.ArgumentTypeError(f"{text!r} does not end in {' or '.join(suffixes)}")
        return path

    return checked


def progress_line(text: str) -> None:
    """Replace the progress line on the terminal by `text`; ``""`` removes it."""
    import shutil

    room = shutil.get_terminal_size().columns - 1  # a wrapped line could not be removed
    sys.stderr.write(f"\r\x1b[K{text[:room]}")
    sys.stderr.flush()
