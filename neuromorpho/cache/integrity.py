"""Whether a file on disk is what its metadata say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_NOT_A_MORPHOLOGY = (b"<!doctype", b"<html", b"<?xml version", b"{")


def damage_of(path: Path, item: dict[str, Any]) -> str:
    """Return what is wrong with a file, by the length and hash of its item; "" if nothing is.

    Where the item has neither (an older layout), the file must not be empty, a web page or an error.
    """
    from neuromorpho.cache.files import sha256_of

    try:
        length = path.stat().st_size
        size, sha256 = item.get("size"), item.get("sha256")
        if isinstance(size, int) and not isinstance(size, bool) and size != length:
            return f"it has {length} bytes instead of {size}"
        if isinstance(sha256, str) and sha256:
            same = sha256_of(path).lower() == sha256.lower()
            return "" if same else "its content has changed since it was downloaded"
        if not length:
            return "it is empty"
        with path.open("rb") as file:
            start = file.read(512).lstrip().lower()
    except OSError as error:
        return f"it cannot be read: {error.strerror or error}"
    is_xml_format = path.suffix.lower() == ".xml" and start.startswith(b"<?xml")
    if start.startswith(_NOT_A_MORPHOLOGY) and not is_xml_format:
        return "it is a web page or an error, not a morphology"
    return ""
