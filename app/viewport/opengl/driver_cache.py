"""The graphics driver's cache of shaders: a full disk under it can end the process inside the driver."""

from __future__ import annotations

import os
import shutil
from collections.abc import MutableMapping
from pathlib import Path

_DISABLE = "MESA_SHADER_CACHE_DISABLE"
_LEAST_FREE_BYTES = 32 << 20


def keep_driver_cache_off_full_disk(environ: MutableMapping[str, str] = os.environ) -> str:
    """Switch Mesa's cache off where its disk is nearly full; return a sentence on it, "" if nothing was done.

    It must be called before anything loads the driver.
    """
    folder = Path(
        environ.get("MESA_SHADER_CACHE_DIR")
        or environ.get("XDG_CACHE_HOME")
        or Path.home() / ".cache"
    )
    existing = next((each for each in (folder, *folder.parents) if each.exists()), None)
    if _DISABLE in environ or existing is None:
        return ""
    try:
        free = shutil.disk_usage(existing).free
    except OSError:
        return ""
    if free >= _LEAST_FREE_BYTES:
        return ""
    environ[_DISABLE] = "true"
    return (
        f"The disk of {folder} is full ({free >> 20} MB free): downloads and settings cannot be saved, and "
        "the graphics driver works without its cache; free some space there."
    )
