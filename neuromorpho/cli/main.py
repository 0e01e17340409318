"""``somascope neuromorpho``: runs a command; every failure is one sentence on stderr."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module

from neuromorpho.cli.context import DONE, FAILED, WRONG_USAGE, Context, Counts, Reader
from neuromorpho.cli.hints import with_hint
from neuromorpho.cli.output import warn
from neuromorpho.cli.parser import UsageError, build_arg_parser
from neuromorpho.errors import NeuroMorphoError, NeuroMorphoQueryError, os_error_text

__all__ = ["DONE", "FAILED", "WRONG_USAGE", "Counts", "answer", "build_arg_parser", "main"]
_RESUMABLE = ("download", "harvest")
_MODULES = {
    **dict.fromkeys(("search", "show", "urls", "fields"), "search"),
    **dict.fromkeys(("download", "fetch", "harvest"), "download"),
    **dict.fromkeys(("cite", "cache", "library"), "library"),
}


def main(argv: Sequence[str] | None = None, *, reader: Reader | None = None) -> int:
    """Run the command line; return the exit status: 0 done, 1 failed, 2 wrong usage."""
    return answer(build_arg_parser().parse_args(argv), reader)


def answer(args: argparse.Namespace, reader: Reader | None = None) -> int:
    """Run the parsed command; print each error as one sentence on stderr.

    Parameters
    ----------
    reader
        Counts the branches and points of an SWC file for ``fetch --load``; the caller handles its errors.
    """
    try:
        status = _handler(args.neuromorpho_command)(Context(args, reader))
        sys.stdout.flush()
        return DONE if status is None else status
    except (UsageError, NeuroMorphoQueryError) as error:
        return _print_error(error, args, WRONG_USAGE)
    except (NeuroMorphoError, ImportError) as error:
        return _print_error(error, args)
    except BrokenPipeError:  # `| head` reads no more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _print_error(os_error_text(error), args)
    except KeyboardInterrupt:
        is_resumable = args.neuromorpho_command in _RESUMABLE
        more = "; the same command resumes where it stopped" if is_resumable else ""
        return _print_error(f"Stopped by Ctrl+C{more}.", args)


def _handler(command: str) -> Callable[[Context], int | None]:
    """Return the function of a command, which returns its exit status, None for done; import its module now."""
    module = import_module(f"neuromorpho.cli.{_MODULES[command]}")
    handler: Callable[[Context], int | None] = getattr(module, command)
    return handler


def _print_error(what: object, args: argparse.Namespace, status: int = FAILED) -> int:
    if args.verbose or os.environ.get("SOMASCOPE_DEBUG"):
        traceback.print_exc()
    sentence = with_hint(what) if isinstance(what, NeuroMorphoError) else what
    warn(f"somascope: error: {sentence}")
    return status


if __name__ == "__main__":
    sys.exit(main())
