"""The command `somascope`: what was asked, checked; the work itself is elsewhere and imported late."""

from __future__ import annotations

import argparse
import faulthandler
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.arguments import (
    DONE,
    FAILED,
    SOURCE_HELP,
    add_archive,
    add_backend,
    add_dt,
    add_verbose,
    duration,
    file_of_kind,
    progress_line,
)
from app.cli.supervised import run_in_fork

if TYPE_CHECKING:
    from neuromorpho.cli.main import Counts


_EPILOG = """\
commands:
  somascope run SOURCE --for MS …       no window, no display: traces, picture, audit to files
  somascope compare SOURCE --for MS …   the same run on NEURON and on Jaxley: how far apart they are
  somascope neuromorpho COMMAND …       NeuroMorpho.Org: search, download, search offline, cite
  somascope doctor [--json]             what works on this machine, and what mends the rest

`somascope run --help` has the rest, and so for each command. A file that is named like a command opens as ./run.
Exit status: 0 done, 1 the job failed (one sentence on stderr), 2 wrong usage.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    _open_closed_streams()
    if words[:1] == ["run"]:
        args = run_parser().parse_args(words[1:])
        if argv is not None:  # called by a program, whose process is not ours to fork
            return _exit_status_of(_run, args)
        return run_in_fork(partial(_exit_status_of, _run, args), partial(_report_crash, args))
    if words[:1] == ["compare"]:
        from app.cli.compare import compare_parser, run_compare

        return _exit_status_of(run_compare, compare_parser().parse_args(words[1:]))
    if words[:1] == ["neuromorpho"]:
        from neuromorpho.cli.parser import build_arg_parser

        return _exit_status_of(_neuromorpho, build_arg_parser().parse_args(words[1:]))
    if words[:1] == ["doctor"]:
        return _exit_status_of(_doctor, doctor_parser().parse_args(words[1:]))
    return _exit_status_of(_open_window, window_parser().parse_args(words))


def window_parser() -> argparse.ArgumentParser:
    """Return the parser of ``somascope [SOURCE]``."""
    parser = argparse.ArgumentParser(
        prog="somascope",
        description="Show a neuron coloured by its running simulation.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SOURCE", nargs="?", help=SOURCE_HELP)
    add_backend(parser, "the one chosen last in the window")
    parser.add_argument(
        "--in-process",
        action="store_true",
        help="keep the simulator in the window's own process (for debugging; a compilation then "
        "cannot be stopped, nor a crash survived)",
    )
    parser.add_argument("--version", action=_Version, help="print the version")
    add_archive(parser)
    add_verbose(parser)
    return parser


def run_parser() -> argparse.ArgumentParser:
    """Return the parser of ``somascope run``."""
    parser = argparse.ArgumentParser(
        prog="somascope run",
        description="Run a cell without a window and write what was asked to files.",
    )
    add = parser.add_argument
    add("source", metavar="SOURCE", help=SOURCE_HELP)
    add("--for", dest="duration_ms", metavar="MS", type=duration, required=True,
        help="simulated time, ms")  # fmt: skip
    add_backend(parser)
    add_dt(parser, "; a script brings its own")
    add("--record", action="append", default=[], metavar="ID",
        help="a segment to record, as NEURON writes it: 'apic[12](0.625)'; may be repeated "
        "(default: the soma)")  # fmt: skip
    add("--traces", type=file_of_kind(".csv", ".npz"), metavar="F.csv|F.npz",
        help="write the recorded traces, one sample a step")  # fmt: skip
    add("--image", type=file_of_kind(".png"), metavar="F.png",
        help="draw the cell as it is at the end")  # fmt: skip
    add("--audit", type=file_of_kind(".json"), metavar="F.json",
        help="write what the reader found, repaired and assumed")  # fmt: skip
    add_archive(parser)
    add_verbose(parser)
    return parser


def doctor_parser() -> argparse.ArgumentParser:
    """Return the parser of ``somascope doctor``."""
    parser = argparse.ArgumentParser(
        prog="somascope doctor",
        description="Say what works on this machine, and how to mend what does not.",
        epilog="Exit status: 0 if the window and NEURON can start, 1 if something is missing.",
    )
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    add_verbose(parser)
    return parser


class _Version(argparse.Action):
    """``--version``, which reads the installed package's metadata only when it is asked."""

    def __init__(self, option_strings: list[str], dest: str, **options: str) -> None:
        super().__init__(option_strings, dest, nargs=0, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            told = version("somascope")
        except PackageNotFoundError:
            told = "(run from its sources, not installed)"
        sys.stdout.write(f"somascope {told}\n")
        parser.exit(DONE)


def _exit_status_of(deed: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Do the deed; turn any failure into one sentence on stderr and exit status 1."""
    from backends.errors import SomascopeError, first_line

    try:
        return deed(args)
    except KeyboardInterrupt:
        return _failed("Stopped by Ctrl+C.", args)
    except SomascopeError as error:
        from app.cli.hints import sentence_with_option
        from backends.scripts import message_with_location

        return _failed(sentence_with_option(message_with_location(error), error.hint), args)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _failed(f"{where}{error.strerror or error}.", args)
    except SystemExit as error:  # of an author's hook, which would end us as if all were well
        from backends.isolated.exit_status import exit_call_text

        what = f"{exit_call_text(error)} was called: take it out of the session"
        return _failed(_error_origin(error, what), args)
    except Exception as error:  # the last place that can say it in a sentence
        return _failed(_error_origin(error, f"{type(error).__name__}: {first_line(error)}"), args)


def _error_origin(error: BaseException, what: str) -> str:
    """Return what went wrong and whose it is: the line of the author's file, or Somascope."""
    from backends.scripts import script_location

    where = script_location(error) or "Something went wrong inside Somascope"
    return f"{where}: {what} (--verbose shows where)."


def _open_closed_streams() -> None:
    """Let what is said go nowhere where the shell has closed stdout or stderr (``>&-``)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (for life)


def _report_crash(args: argparse.Namespace, code: int) -> int:
    """Say how a run ended by itself."""
    from backends.isolated.exit_status import ending_words

    where = "; --verbose shows where" if code < 0 else "; look for what calls exit in it"
    name, how = Path(args.source).name, ending_words(code)
    sentence = f"The process of {name} ended by itself ({how}){where if code else ''}."
    return _failed(sentence, args)


def _failed(sentence: str, args: argparse.Namespace) -> int:
    if sys.exc_info()[0] and (args.verbose or os.environ.get("SOMASCOPE_DEBUG")):
        traceback.print_exc()
    sys.stderr.write(f"somascope: {sentence}\n")
    return FAILED


def _open_window(args: argparse.Namespace) -> int:
    from app.doctor.system_libraries import window_problem

    if args.precision == "float32":
        from backends.sources.naming import check_precision

        check_precision(args.source or "", args.backend, args.precision)
    # Asked before Qt is imported: where a library is missing Qt would abort the process.
    if obstacle := window_problem():
        sys.stderr.write(f"somascope: {obstacle}\nsomascope doctor says more.\n")
        return FAILED
    from app.archive.connection.options import ArchiveOptions
    from app.window.launch import launch

    return launch(
        args.source,
        backend=args.backend,
        precision=args.precision,
        in_process=args.in_process,
        archive=ArchiveOptions.of(args),
    )


def _run(args: argparse.Namespace) -> int:
    from app.archive.connection.options import ArchiveOptions
    from app.headless.job import HeadlessJob, run_headless
    from backends.isolated.exit_status import intercept_os_exit

    if args.verbose:
        faulthandler.enable()
    job = HeadlessJob(
        source=args.source,
        backend=args.backend,
        precision=args.precision,
        duration_ms=args.duration_ms,
        dt_ms=args.dt_ms,
        record=tuple(args.record),
        traces=args.traces,
        image=args.image,
        audit=args.audit,
        archive=ArchiveOptions.of(args),
    )
    with intercept_os_exit():
        report = run_headless(job, progress=progress_line if sys.stderr.isatty() else None)
    sys.stdout.write("\n".join(report.lines) + "\n")
    for sentence in report.errors:
        sys.stderr.write(f"somascope: {sentence}\n")
    return FAILED if report.errors else DONE


def _neuromorpho(args: argparse.Namespace) -> int:
    from neuromorpho.cli.main import answer

    return answer(args, _count_swc)


def _count_swc(path: Path) -> Counts:
    """Return how many branches and points an SWC file has, by Somascope's reader."""
    from backends.swc.reader import read_swc
    from neuromorpho.cli.main import Counts

    morphology = read_swc(path)
    points = {number for each in morphology.sections for number in each.point_ids.tolist()}
    return Counts(branches=len(morphology.sections), points=len(points - {-1}))


def _doctor(args: argparse.Namespace) -> int:
    from app.doctor.report import as_json, as_text, examine

    findings = examine()
    sys.stdout.write((as_json if args.json else as_text)(findings) + "\n")
    return FAILED if any(each.state == "missing" for each in findings) else DONE
