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
from neuromorpho.cli.output import pairs, print_json, print_line, warn
from neuromorpho.cli.parser import UsageError
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.errors import NeuroMorphoError
from neuromorpho.http.rate_limiter import RateLimiter
from neuromorpho.library.recorder import LIBRARY_NAME
from neuromorpho.query.query import NeuroMorphoQuery, no_match_reason
from neuromorpho.query.similar import criteria_in, spelling_hints
from neuromorpho.urls import MIRROR, NEUROMORPHO, Site

if TYPE_CHECKING:
    from neuromorpho.library.library import Library

DONE, FAILED, WRONG_USAGE = 0, 1, 2
_AT_THE_ARCHIVE_PER_SECOND = 5.0


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
    reader
        Reads a morphology; None if there is no reader.
    """

    args: argparse.Namespace
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
        with self._make_client() as client:
            try:
                yield client
            finally:
                for sentence in dict.fromkeys(client.skipped):
                    warn(f"somascope: {sentence}")
                if client.library_problem is not None:
                    warn(f"somascope: {with_hint(client.library_problem)}")
                if client.transport.state.uses_mirror:
                    root = client.site.root
                    warn(f"somascope: the archive is down; this mirror was used: {root}.")

    def _make_client(self) -> NeuroMorphoClient:
        """Return the client for the global options."""
        args = self.args
        is_polite = args.rate is None or 0 < args.rate <= _AT_THE_ARCHIVE_PER_SECOND
        if not is_polite and not _is_own_server(args.base_url):
            raise UsageError(
                "NeuroMorpho.Org allows at most 5 requests per second; use another --rate only with a "
                "server of your own (--base-url)."
            )
        try:
            return NeuroMorphoClient(
                timeout=args.timeout,
                cache_dir=self.folder,
                retries=args.retries,
                base_url=args.base_url,
                mirror=args.mirror_url or args.mirror,
                limiter=None if args.rate is None else RateLimiter(args.rate or None),
            )
        except ValueError as error:
            raise UsageError(str(error)) from error

    @contextlib.contextmanager
    def library(self, *, make: bool = False) -> Iterator[Library]:
        """Yield the library; raise if there is none and `make` is not set."""
        from neuromorpho.library.library import Library

        if make:
            self.folder.mkdir(parents=True, exist_ok=True)
        elif not self.library_path.is_file():
            raise self._no_library()
        with Library(self.library_path) as library:
            yield library

    def _no_library(self) -> NeuroMorphoError:
        from neuromorpho.library.maintenance import unlisted_cells

        n_cells = len(unlisted_cells(self.cache, None))
        if n_cells:
            text = f"There is no library in {self.folder} yet, but {n_cells:,} downloaded cells; index them."
            return NeuroMorphoError(text, code="no-library", hint="index-cells")
        text = f"There is no library in {self.folder} yet; run search, fetch or harvest first."
        return NeuroMorphoError(text, code="no-library")

    def explain_no_match(
        self,
        query: str | NeuroMorphoQuery,
        n_found: int,
        known: Callable[[str], Iterable[str]],
    ) -> None:
        """Warn why no cell may have been found, if there is a likely reason; see `spelling_hints`."""
        if n_found or self.args.fq:
            return
        reason = no_match_reason(query)
        found = reason and (sentence_with_option(reason, "list-fields"),)
        for sentence in found or spelling_hints(criteria_in(query), known):
            warn(f"somascope: {sentence}")

    def write(self, lines: Iterable[str], value: Any) -> None:
        """Write lines to stdout, or with ``--json`` the value."""
        if self.args.json:
            print_json(value)
            return
        for line in lines:
            print_line(line)

    def write_values(self, values: Mapping[str, Any]) -> None:
        """Write ``key=value`` on one line, or the same as JSON."""
        self.write([" ".join(pairs(values))], values)


def _is_own_server(base_url: str | None) -> bool:
    """Return whether an address is neither the archive nor its mirror."""
    try:
        site = NEUROMORPHO if base_url is None else Site(base_url)
    except ValueError:
        return True  # the client reports what is wrong with it
    return not site.is_official and site != MIRROR
