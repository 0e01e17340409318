"""`main`: runs the command line `somascope` and turns every failure into one sentence and an exit status."""

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

from app.cli.arguments import DONE, FAILED, progress_line
from app.cli.parser import OPEN_WINDOW, parse
from app.cli.supervised import run_in_fork

if TYPE_CHECKING:
    from neuromorpho.cli.main import Counts


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    _open_closed_streams()
    args = parse(list(sys.argv[1:] if argv is None else argv))
    from backends.simulator_environment import set_simulator_environment

    set_simulator_environment()
    work = partial(_exit_status_of, HANDLERS[args.program], args)
    if args.program == "run" and argv is None:  # otherwise the process is the caller's
        return run_in_fork(work, partial(_report_crash, args))
    return work()


def _exit_status_of(handler: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Run a command; turn any failure into one sentence on stderr and exit status 1."""
    from backends.errors import SomascopeError, first_line

    try:
        return handler(args)
    except KeyboardInterrupt:
        return _failed("Stopped by Ctrl+C.", args)
    except SomascopeError as error:
        from app.cli.hints import sentence_with_option
        from backends.scripts import message_with_location

        return _failed(sentence_with_option(message_with_location(error), error.hint), args)
    except OSError as error:
        from neuromorpho.errors import os_error_text

        return _failed(os_error_text(error), args)
    except SystemExit as error:  # from an author's hook; it would end this process with status 0
        from backends.isolated.exit_status import exit_call_text

        what = f"{exit_call_text(error)} was called; remove it from the session"
        return _failed(_error_origin(error, what), args)
    except Exception as error:  # runs an author's model: whatever it raises becomes one sentence
        return _failed(_error_origin(error, f"{type(error).__name__}: {first_line(error)}"), args)


def _error_origin(error: BaseException, what: str) -> str:
    """Return what went wrong and where: a line of the author's file, or Somascope."""
    from backends.scripts import script_location

    where = script_location(error) or "Internal error in Somascope"
    return f"{where}: {what} (--verbose shows where)."


def _open_closed_streams() -> None:
    """Discard output if the shell has closed stdout or stderr (``>&-``)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (until exit)


def _report_crash(args: argparse.Namespace, code: int) -> int:
    """Report that the process of a run ended without a status."""
    from backends.isolated.exit_status import ending_words

    where = "; --verbose shows where" if code < 0 else "; look for a call of exit in it"
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
    # Checked before Qt is imported, which would abort the process if a library is missing.
    if problem := window_problem():
        sys.stderr.write(f"somascope: {problem}\nRun somascope doctor for details.\n")
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
        units=args.units,
        trees=args.trees,
        membrane=args.membrane,
        record=tuple(args.record),
        traces=args.traces,
        image=args.image,
        audit=args.audit,
        recording=args.recording,
        frame_ms=args.frame_ms,
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
    """Return the numbers of branches and points of an SWC file, by Somascope's reader."""
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


def _new(args: argparse.Namespace) -> int:
    from app.cli.new import run_new

    return run_new(args)


def _example(args: argparse.Namespace) -> int:
    from app.cli.example import run_example

    return run_example(args, _open_window)


def _models(args: argparse.Namespace) -> int:
    from app.cli.models import run_models

    return run_models(args)


def _compare(args: argparse.Namespace) -> int:
    from app.cli.compare import run_compare

    return run_compare(args)


HANDLERS: dict[str, Callable[[argparse.Namespace], int]] = {
    OPEN_WINDOW: _open_window,
    "run": _run,
    "new": _new,
    "example": _example,
    "models": _models,
    "compare": _compare,
    "neuromorpho": _neuromorpho,
    "doctor": _doctor,
}
"""What each command of the parser runs; imports of the work are inside the functions."""
