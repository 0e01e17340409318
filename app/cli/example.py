"""`somascope example`: opens an example in the window, or lists all."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from app.cli.arguments import DONE


def run_example(args: argparse.Namespace, open_window: Callable[[argparse.Namespace], int]) -> int:
    """Open the example that `args.source` names, or list all; return the exit status.

    Raises
    ------
    SourceError
        If there is no example of this name.
    """
    from backends.errors import SourceError
    from resources.example_models import examples

    known = {each.name: each for each in examples()}
    if args.source is None:
        width = max(map(len, known))
        for each in known.values():
            sys.stdout.write(f"{each.name:<{width}}  {each.summary}\n")
        return DONE
    if args.source not in known:
        raise SourceError(
            f"There is no example {args.source!r}; there are {', '.join(known)}.", code="not-found"
        )
    args.source = str(known[args.source].path)
    return open_window(args)
