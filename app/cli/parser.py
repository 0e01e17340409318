"""`build_parser`: the parsers of `somascope` and all its commands, as one tree.

The arguments of a command are added when it is used, so that `somascope --help` imports no other command.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from app.cli.arguments import (
    DONE,
    SOURCE_HELP,
    add_archive,
    add_backend,
    add_dt,
    add_reading,
    add_verbose,
    duration,
    file_of_kind,
)

OPEN_WINDOW = "window"
"""The command that is meant if the command line starts with no command."""

COMMANDS = ("run", "new", "example", "models", "compare", "doctor", "neuromorpho")

_EPILOG = """\
commands:
  somascope run SOURCE --for MS …       run without a window; write traces, picture and audit to files
  somascope new my_model.py [--jaxley]  write the beginning of your own model, which runs as it is
  somascope example [NAME]              open an example in the window; without a name, list them
  somascope models FOLDER [--build]     list scripts and mechanisms of a NEURON model; with --build, what it builds
  somascope compare SOURCE --for MS …   run on NEURON and on Jaxley and compare the results
  somascope neuromorpho COMMAND …       search, download and cite cells of NeuroMorpho.Org
  somascope doctor [--json]             check this installation and print fixes

`somascope COMMAND --help` shows the arguments of a command. To open a file named like a command, write ./run.
Exit status: 0 done, 1 failed (one sentence on stderr), 2 wrong usage.
"""


class _CommandParser(argparse.ArgumentParser):
    """A sub-parser whose arguments are added when it is first used.

    Parameters
    ----------
    add_arguments : callable or None
        Called once, with the parser.
    """

    def __init__(
        self,
        *,
        add_arguments: Callable[[argparse.ArgumentParser], object] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._add_arguments = add_arguments

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse; report an unknown argument with the usage of this command."""
        if self._add_arguments is not None:
            add, self._add_arguments = self._add_arguments, None
            add(self)
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the complete command line; `args.program` is the command."""
    parser = argparse.ArgumentParser(prog="somascope")
    commands = parser.add_subparsers(dest="program", required=True, parser_class=_CommandParser)
    commands.add_parser(OPEN_WINDOW, prog="somascope", add_arguments=add_window_arguments)
    commands.add_parser("run", add_arguments=add_run_arguments)
    commands.add_parser("new", add_arguments=_add_new_arguments)
    commands.add_parser("example", add_arguments=_add_example_arguments)
    commands.add_parser("models", add_arguments=_add_models_arguments)
    commands.add_parser("compare", add_arguments=_add_compare_arguments)
    commands.add_parser("doctor", add_arguments=add_doctor_arguments)
    commands.add_parser("neuromorpho", add_arguments=_add_neuromorpho_commands)
    return parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return the parsed command line; without a command it means the window."""
    starts_with_command = bool(words) and words[0] in COMMANDS
    return build_parser().parse_args(words if starts_with_command else [OPEN_WINDOW, *words])


def add_window_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``somascope [SOURCE]``."""
    parser.description = "Open a window that shows a neuron coloured by its running simulation."
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("source", metavar="SOURCE", nargs="?", help=SOURCE_HELP)
    add_backend(parser, "the one used last in the window")
    parser.add_argument(
        "--in-process",
        action="store_true",
        help="run the simulator in the window's process, for debugging; then a compilation cannot be "
        "cancelled, and a crash of the simulator ends the window",
    )
    parser.add_argument("--version", action=_Version, help="print the version")
    add_archive(parser)
    add_verbose(parser)


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``somascope run``."""
    parser.description = "Run a cell without a window and write the results to files."
    add = parser.add_argument
    add("source", metavar="SOURCE", help=SOURCE_HELP)
    add("--for", dest="duration_ms", metavar="MS", type=duration, required=True,
        help="simulated time, ms")  # fmt: skip
    add_backend(parser)
    add_dt(parser, "; not for a script, which sets its own")
    add_reading(parser)
    add("--record", action="append", default=[], metavar="ID",
        help="a segment to record, in NEURON's notation: 'apic[12](0.625)'; may be repeated "
        "(default: the soma)")  # fmt: skip
    add("--traces", type=file_of_kind(".csv", ".npz"), metavar="F.csv|F.npz",
        help="write the recorded traces, one sample per step")  # fmt: skip
    add("--image", type=file_of_kind(".png"), metavar="F.png",
        help="draw the cell as it is at the end")  # fmt: skip
    add("--recording", type=file_of_kind(".npz"), metavar="F.npz",
        help="write the values of every segment over time, to be opened by somascope F.npz")  # fmt: skip
    add("--frame-every", dest="frame_ms", metavar="MS", type=duration, default=0.1,
        help="time between the frames of --recording, ms (default: 0.1)")  # fmt: skip
    add("--audit", type=file_of_kind(".json"), metavar="F.json",
        help="write what the reader found, repaired and assumed")  # fmt: skip
    add_archive(parser)
    add_verbose(parser)


def add_doctor_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``somascope doctor``."""
    parser.description = "Check what works on this machine, and print how to fix what does not."
    parser.epilog = "Exit status: 0 if the window and NEURON can start, 1 if something is missing."
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    add_verbose(parser)


def _add_new_arguments(parser: argparse.ArgumentParser) -> None:
    from app.cli.new import add_new_arguments

    add_new_arguments(parser)


def _add_example_arguments(parser: argparse.ArgumentParser) -> None:
    add_window_arguments(parser)
    parser.description = "Open an example in the window; without a name, list the examples."
    parser.epilog = None


def _add_models_arguments(parser: argparse.ArgumentParser) -> None:
    from app.cli.models import add_models_arguments

    add_models_arguments(parser)


def _add_compare_arguments(parser: argparse.ArgumentParser) -> None:
    from app.cli.compare import add_compare_arguments

    add_compare_arguments(parser)


def _add_neuromorpho_commands(parser: argparse.ArgumentParser) -> None:
    from neuromorpho.cli.parser import add_commands

    add_commands(parser)


class _Version(argparse.Action):
    """``--version``: reads the metadata of the installed package only when it is used."""

    def __init__(self, option_strings: list[str], dest: str, **options: str) -> None:
        super().__init__(option_strings, dest, nargs=0, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version

        try:
            text = version("somascope")
        except PackageNotFoundError:
            text = "(run from its sources, not installed)"
        sys.stdout.write(f"somascope {text}\n")
        parser.exit(DONE)
