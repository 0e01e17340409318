"""Names of the files that a download adds to its folder."""

from __future__ import annotations

MANIFEST_NAME, CITATION_NAME, BIBTEX_NAME = "manifest.json", "CITATION.txt", "citations.bib"
