"""Names of the files that are written beside many cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

MANIFEST_NAME, CITATION_NAME, BIBTEX_NAME = "manifest.json", "CITATION.txt", "citations.bib"
