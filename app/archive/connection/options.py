"""Which server and which folder stand for NeuroMorpho.Org: what the command line chose. No Qt."""

from __future__ import annotations

import argparse
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from app.archive.connection.service import ArchiveService
    from neuromorpho.client import NeuroMorphoClient


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """How the archive is asked.

    Attributes
    ----------
    base_url : str or None
        Root of another server that speaks the same; None is NeuroMorpho.Org.
    cache_dir : Path or None
        Folder of what is downloaded and of the library; None is in this user's cache, one for each
        server.
    mirror : bool
        Whether to turn to the archive's mirror, which is plain http, once the archive is down.
    """

    base_url: str | None = None
    cache_dir: Path | None = None
    mirror: bool = False

    @classmethod
    def of(cls, args: argparse.Namespace) -> ArchiveOptions:
        """Return what a command line says; see `app.cli.arguments.add_archive`."""
        return cls(args.base_url, args.cache_dir, args.mirror)

    def client(self, cancel: threading.Event | None = None) -> NeuroMorphoClient:
        """Return a client; whoever asked for it closes it.

        Raises
        ------
        ValueError
            `base_url` is no server's address.
        """
        from neuromorpho.cache.cache import default_cache_dir
        from neuromorpho.client import NeuroMorphoClient

        folder = self.cache_dir.expanduser() if self.cache_dir else default_cache_dir(self.base_url)
        return NeuroMorphoClient(cache_dir=folder, cancel=cancel, **self._asked())

    def service(self, parent: QObject | None = None) -> ArchiveService:
        """Return what asks the archive for a window; nothing is asked by that."""
        from app.archive.connection.service import ArchiveService

        folder = self.cache_dir.expanduser() if self.cache_dir else None
        return ArchiveService(parent, cache_dir=folder, **self._asked())

    def _asked(self) -> dict[str, Any]:
        return {"base_url": self.base_url, "mirror": self.mirror or None}
