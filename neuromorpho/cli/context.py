"""`Context`: what every command works with, which is its arguments, the client, the library and the cache."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuromorpho.cache.cache import NeuroMorphoCache, default_cache_dir
from neuromorpho.cli.hints import sentence_with_option, with_hint
from neuromorpho.cli.output import print_json, print_lines, warn
from neuromorpho.cli.parser import UsageError
from neuromorpho.errors import NeuroMorphoError
from neuromorpho.library.recorder import LIBRARY_NAME
from neuromorpho.query.query import NeuroMorphoQuery, no_match_reason

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.library.library import Library

DONE, FAILED, WRONG_USAGE = 0, 1, 2


@dataclass(frozen=True)
class Counts:
    """What `fetch --load` prints about a morphology."""

    branches: int
    points: int


Reader = Callable[[Path], Counts]


@dataclass(frozen=True)
class Context:
    """One run of the command line.

    Attributes
    ----------
    make_client
        Creates the client for the global options.
    reader
        Reads a morphology; None if there is no reader.
    """

    args: argparse.Namespace
    make_client: Callable[[Path], NeuroMorphoClient]
    reader: Reader | None = None

    @property
    def folder(self) -> Path:
        """The cache folder; another server (``--base-url``) has another one."""
        given: Path | None = self.args.cache_dir
        if given is not None:
            return given.expanduser()
        try:
            return default_cache_dir(self.args.base_url)
        except ValueError as error:
            raise UsageError(str(error)) from error

    @property
    def cache(self) -> NeuroMorphoCache:
        """The cache."""
        return NeuroMorphoCache(self.folder)

    @property
    def library_path(self) -> Path:
        """Where the library is."""
        return self.folder / LIBRARY_NAME

    @contextlib.contextmanager
    def client(self) -> Iterator[NeuroMorphoClient]:
        """Yield the client; warn at the end if its library failed, or the mirror was used."""
        client = self.make_client(self.folder)
        try:
            yield client
        finally:
            problem = getattr(client, "library_problem", None)
            if problem is not None:
                warn(f"somascope: {with_hint(problem)}")
            if getattr(getattr(client, "transport", None), "uses_mirror", False):
                warn(f"somascope: the archive is down; this mirror was used: {client.site.root}.")
            close = getattr(client, "close", None)
            if close is not None:
                close()

    @contextlib.contextmanager
    def library(self, *, make: bool = False) -> Iterator[Library]:
        """Yield the library; raise if there is none and `make` is not set."""
        from neuromorpho.library.library import Library

        if make:
            self.folder.mkdir(parents=True, exist_ok=True)
        elif not self.library_path.is_file():
            raise NeuroMorphoError(
                f"There is no library in {self.folder} yet; run search, fetch or harvest first.",
                code="no-library",
            )
        with Library(self.library_path) as library:
            yield library

    def explain_no_match(self, query: str | NeuroMorphoQuery, n_found: int) -> None:
        """Warn why no cell may have been found, if there is a likely reason."""
        reason = None if n_found or self.args.fq else no_match_reason(query)
        if reason is not None:
            warn(f"somascope: {sentence_with_option(reason, 'list-fields')}")

    def write(self, lines: Callable[[], Iterable[str]], value: Any) -> None:
        """Write lines to stdout, or with ``--json`` the value."""
        if self.args.json:
            print_json(value)
        else:
            print_lines(lines())

    def write_values(self, values: Mapping[str, Any]) -> None:
        """Write ``key=value`` on one line, or the same as JSON."""
        self.write(
            lambda: iter([" ".join(f"{key}={value}" for key, value in values.items())]), values
        )
