"""`ArchiveOptions`: the server and the folder of the archive, as chosen on the command line. No Qt."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from app.archive.connection.service import ArchiveService
    from neuromorpho.client import NeuroMorphoClient


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """Server and folder of the archive.

    Attributes
    ----------
    base_url : str or None
        Root of another server with the same API; None is NeuroMorpho.Org.
    cache_dir : Path or None
        Folder of the downloads and the library; None is a folder in this user's cache, one for each
        server.
    mirror : bool
        Whether to use the archive's mirror, which is plain http, once the archive is down.
    """

    base_url: str | None = None
    cache_dir: Path | None = None
    mirror: bool = False

    @classmethod
    def of(cls, args: argparse.Namespace) -> ArchiveOptions:
        """Return the options of a command line; see `app.cli.arguments.add_archive`."""
        return cls(args.base_url, args.cache_dir, args.mirror)

    def client(self) -> NeuroMorphoClient:
        """Return a client; the caller closes it.

        Raises
        ------
        ValueError
            `base_url` is not a server's address.
        """
        from neuromorpho.client import NeuroMorphoClient

        return NeuroMorphoClient(**self._client_options())

    def service(self, parent: QObject | None = None) -> ArchiveService:
        """Return a window's service; it makes no request by itself."""
        from app.archive.connection.service import ArchiveService

        return ArchiveService(parent, **self._client_options())

    def _client_options(self) -> dict[str, Any]:
        from neuromorpho.cache.cache import default_cache_dir

        folder = self.cache_dir.expanduser() if self.cache_dir else default_cache_dir(self.base_url)
        return {"base_url": self.base_url, "cache_dir": folder, "mirror": self.mirror or None}
