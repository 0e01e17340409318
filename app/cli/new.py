"""`somascope new`: writes the beginning of an own model, which runs as it is."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.cli.arguments import DONE, add_verbose, file_of_kind


def add_new_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``somascope new``."""
    parser.description = "Write the beginning of your own model, which runs as it is."
    parser.add_argument("file", metavar="my_model.py", type=file_of_kind(".py"),
        help="the file to write; one that exists is never overwritten")  # fmt: skip
    kinds = parser.add_mutually_exclusive_group()
    for kind, words in {
        "inline": "a script on NEURON, without a class (the default)",
        "neuron": "a class on NEURON",
        "jaxley": "a class on Jaxley",
        "buffered": "a class with a solver of its own",
    }.items():
        kinds.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind,
            default="inline", help=words)  # fmt: skip
    add_verbose(parser)


def run_new(args: argparse.Namespace) -> int:
    """Write the file; return the exit status.

    Raises
    ------
    SourceError
        If there is such a file already.
    OSError
        If it cannot be written.
    """
    from app.export.files import check_folder
    from backends.errors import SourceError
    from resources.model_templates import template

    path: Path = args.file
    check_folder(path)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(template(args.kind, path.stem))
    except FileExistsError as error:
        raise SourceError(
            f"{path} exists already and is not overwritten; give another name.", code="exists"
        ) from error
    sys.stdout.write(
        f"{path} is written. Look at it with\n"
        f"  somascope {path}\n"
        f"and change it: the window offers to reload it.\n"
    )
    return DONE
