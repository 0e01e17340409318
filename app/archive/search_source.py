"""Where a search looks: the archive or the local library."""

from __future__ import annotations

ARCHIVE, LIBRARY = "archive", "library"
