"""`NeuroMorphoCache`: the folder of downloaded cells, with one folder per cell, named by its id.

```
<root>/<neuron_id>/metadata.json
<root>/<neuron_id>/<safe name>.CNG.swc
<root>/<neuron_id>/<safe name><original suffix>
```

This is braincell's layout: a folder that braincell wrote can be read here.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuromorpho.cache.metadata import (
    METADATA_NAME,
    damage_of,
    item_of_kind,
    item_path,
    read_metadata,
)
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoStorageError
from neuromorpho.filenames import portable_name, safe_filename
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import DownloadMode, NeuroMorphoCacheStatus
from neuromorpho.records.parsing import neuron_id_of
from neuromorpho.urls import MIRROR, NEUROMORPHO, Site

STANDARD_SUFFIX = ".CNG.swc"
_ID = re.compile("0|[1-9][0-9]{0,15}")
_NEVER_AN_ORIGINAL = (".cng.swc", ".png", ".gif", ".std", ".json", ".damaged", ".tmp", ".part")


def default_cache_dir(base_url: str | None = None) -> Path:
    """Return this user's cache folder, where the platform keeps such folders.

    Parameters
    ----------
    base_url
        A server other than NeuroMorpho.Org and its mirror has its own folder: the same id is another
        cell there. ValueError if it is not a server's address.
    """
    import platformdirs

    site = NEUROMORPHO if base_url is None else Site(base_url)
    root = platformdirs.user_cache_path("somascope", appauthor=False)
    if site.is_official or site == MIRROR:
        return root / "neuromorpho"
    address = re.sub(r"[:/]", "_", site.root.partition("://")[2])
    return root / portable_name(f"neuromorpho-{address}")


DEFAULT_USER_CACHE_DIR = default_cache_dir()


@dataclass(frozen=True)
class NeuroMorphoCacheLayout:
    """The paths of a cell's files; nothing here reads the disk. An invalid id is a ValueError."""

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root).expanduser())

    def neuron_dir(self, neuron_id: int) -> Path:
        """Return a cell's folder."""
        return self.root / str(neuron_id_of(neuron_id))

    def metadata_path(self, neuron_id: int) -> Path:
        """Return the path of a cell's ``metadata.json``."""
        return self.neuron_dir(neuron_id) / METADATA_NAME

    def standard_swc_path(self, neuron_id: int, neuron_name: str) -> Path:
        """Return the path of a cell's standardized SWC."""
        return self.neuron_dir(neuron_id) / f"{safe_filename(neuron_name)}{STANDARD_SUFFIX}"

    def original_file_path(self, neuron_id: int, neuron_name: str, suffix: str) -> Path:
        """Return the path of a cell's original file; `suffix` as ``.asc``."""
        if suffix != Path(f"x{suffix}").suffix or "\\" in suffix:
            raise ValueError(f"{suffix!r} is not a file's suffix; write it as .asc.")
        return self.neuron_dir(neuron_id) / f"{safe_filename(neuron_name)}{suffix}"


class NeuroMorphoCache:
    """The cells on disk under one folder, which need not exist yet."""

    def __init__(self, root: Path | str) -> None:
        self.layout = NeuroMorphoCacheLayout(Path(root))

    @property
    def root(self) -> Path:
        """The folder that holds the cells' folders."""
        return self.layout.root

    def list_neurons(self) -> tuple[int, ...]:
        """Return the ids of the cells that have a folder, sorted: its name is the id as we write it."""
        try:
            with os.scandir(self.root) as entries:
                names = [entry.name for entry in entries if entry.is_dir()]
        except (FileNotFoundError, NotADirectoryError):
            return ()
        return tuple(sorted(int(name) for name in names if _ID.fullmatch(name)))

    def contains(self, neuron_id: int) -> bool:
        """Return whether a cell has a folder."""
        return self.layout.neuron_dir(neuron_id).is_dir()

    def status(self, neuron_id: int) -> NeuroMorphoCacheStatus:
        """Return which files of a cell exist, also where its metadata are damaged."""
        folder = self.layout.neuron_dir(neuron_id)
        return NeuroMorphoCacheStatus(
            configured=True,
            folder=folder,
            exists=folder.is_dir(),
            metadata_exists=self.layout.metadata_path(neuron_id).is_file(),
            standard_exists=self.standard_swc_path(neuron_id) is not None,
            original_exists=self.original_file_path(neuron_id) is not None,
            neuron_id=neuron_id_of(neuron_id),
        )

    def metadata(self, neuron_id: int) -> dict[str, Any]:
        """Return the content of a cell's ``metadata.json``.

        Raises
        ------
        FileNotFoundError
            The cell has none.
        NeuroMorphoCacheError
            It is damaged.
        """
        return read_metadata(self.layout.metadata_path(neuron_id))

    def known_metadata(self, neuron_id: int) -> dict[str, Any]:
        """Return the metadata, ``{}`` if there are none or they are damaged."""
        try:
            return self.metadata(neuron_id)
        except (FileNotFoundError, NeuroMorphoCacheError):
            return {}

    def measurement(self, neuron_id: int) -> NeuroMorphoMeasurement | None:
        """Return the morphometry that was downloaded with a cell; None if there was none.

        Raises
        ------
        NeuroMorphoCacheError
            ``metadata.json`` is damaged, or its measurement is.
        """
        try:
            raw = self.metadata(neuron_id).get("measurement")
            if raw is None:
                return None
            return NeuroMorphoMeasurement.from_payload({"neuron_id": neuron_id, **raw})
        except FileNotFoundError:
            return None
        except (TypeError, ValueError) as error:
            path = self.layout.metadata_path(neuron_id)
            raise NeuroMorphoCacheError(
                f"The measurement in {path} is damaged; download the cell again.", path=path
            ) from error

    def standard_swc_path(self, neuron_id: int) -> Path | None:
        """Return a cell's standardized SWC, whatever its name; None if there is none."""
        folder, metadata = self.layout.neuron_dir(neuron_id), self.known_metadata(neuron_id)
        if found := item_path(folder, item_of_kind(metadata, "standard")):
            return found
        original = item_path(folder, item_of_kind(metadata, "original"))
        files = [path for path in _visible_files(folder) if path != original]
        stem = safe_filename(str(metadata.get("neuron_name")))
        for end in (f"{stem}{STANDARD_SUFFIX}", STANDARD_SUFFIX, ".swc"):
            for path in files:
                if path.name.lower().endswith(end.lower()):
                    return path
        return None

    def has_standard_swc(self, neuron_id: int) -> bool:
        """Return whether a cell's standardized SWC is here: as its path, but for many cells at once."""
        try:
            names = [each.lower() for each in os.listdir(self.layout.neuron_dir(neuron_id))]
        except OSError:
            return False
        shown = [each for each in names if each.endswith(".swc") and not each.startswith(".")]
        is_ours = any(each.endswith(STANDARD_SUFFIX.lower()) for each in shown)
        return is_ours or (bool(shown) and self.standard_swc_path(neuron_id) is not None)

    def original_file_path(self, neuron_id: int) -> Path | None:
        """Return a cell's original file, whatever its suffix; None if there is none."""
        folder, metadata = self.layout.neuron_dir(neuron_id), self.known_metadata(neuron_id)
        found = item_path(folder, item_of_kind(metadata, "original"))
        if found or not metadata.get("neuron_name"):
            return found
        stem = safe_filename(str(metadata["neuron_name"]))
        standard = item_path(folder, item_of_kind(metadata, "standard"))
        for path in _visible_files(folder):
            is_other = path.name.lower().endswith(_NEVER_AN_ORIGINAL) or path == standard
            if path.name.startswith(f"{stem}.") and not is_other:
                return path
        return None

    def load(
        self,
        neuron_id: int,
        *,
        reader: Callable[..., Any] | None = None,
        mode: str = "neuromorpho",
        return_report: bool = False,
    ) -> Any:
        """Return what `reader` makes of a cell's standardized SWC; no request is made.

        Parameters
        ----------
        reader
            Called with the path (for example `backends.swc.reader.read_swc`), and with ``mode=`` if that
            is not the default. This package itself reads no morphology.
        return_report
            Return a pair of the morphology and the reader's report on it (None without a report);
            otherwise the morphology alone, also if the reader returns such a pair.

        Raises
        ------
        ValueError
            There is no `reader`.
        FileNotFoundError
            The cell's SWC is not here.
        """
        if reader is None:
            raise ValueError(
                "load needs a reader that makes a morphology from a path, such as "
                "reader=backends.swc.reader.read_swc."
            )
        path = self.standard_swc_path(neuron_id)
        if path is None:
            folder = self.layout.neuron_dir(neuron_id)
            raise FileNotFoundError(
                f"No SWC of neuron {neuron_id} is in {folder}; download it first."
            )
        found = reader(path) if mode == "neuromorpho" else reader(path, mode=mode)
        morphology, report = found if type(found) is tuple and len(found) == 2 else (found, None)
        return (morphology, report) if return_report else morphology

    def complete(self, neuron_id: int, mode: DownloadMode = "both") -> bool:
        """Return whether a cell's record and files are here and intact, so that nothing needs downloading.

        An original may be missing if it cannot be downloaded: its item has no address, or
        ``"unavailable": true``.
        """
        metadata = self.known_metadata(neuron_id)
        if not isinstance(metadata.get("neuron"), dict) or not metadata["neuron"]:
            return False
        folder = self.layout.neuron_dir(neuron_id)
        for kind in ("standard", "original") if mode == "both" else (mode,):
            item = item_of_kind(metadata, kind)
            path = item_path(folder, item)
            if path is None:
                is_unavailable = not item.get("url") or item.get("unavailable") is True
                if kind == "standard" or not (item.get("reason") and is_unavailable):
                    return False
            elif damage_of(path, item):
                return False
        return True

    def remove(self, neuron_id: int) -> bool:
        """Remove a cell's folder, or the link to it; return whether there was one."""
        folder = self.layout.neuron_dir(neuron_id)
        with disk_errors(folder, "removed"):
            if folder.is_symlink():
                folder.unlink()
            elif folder.is_dir():
                shutil.rmtree(folder)
            else:
                return False
        return True

    def clear(self) -> int:
        """Remove every cell's folder and nothing else; return how many there were."""
        return sum(self.remove(neuron_id) for neuron_id in self.list_neurons())


@contextmanager
def disk_errors(path: Path, what: str) -> Iterator[None]:
    """Translate errors of the disk: this path cannot be ``"removed"`` or ``"moved aside"``."""
    try:
        yield
    except OSError as error:
        raise NeuroMorphoStorageError(
            f"{path} cannot be {what}: {error.strerror or error}.", path=path, hint=""
        ) from error


def folder_usage(folder: Path) -> tuple[int, int]:
    """Return how many morphology files a folder holds, and the bytes of all its files; links are not followed."""
    n_files = n_bytes = 0
    if folder.is_symlink():
        return 0, 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # removed in the meantime
                n_bytes += os.lstat(os.path.join(parent, name)).st_size
                is_morphology = name != METADATA_NAME and not name.endswith(".damaged")
                n_files += is_morphology and not name.startswith(".")
    return n_files, n_bytes


def _visible_files(folder: Path) -> list[Path]:
    """Return a folder's files, sorted by name, without the hidden temporary ones."""
    try:
        return sorted(
            path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
        )
    except (FileNotFoundError, NotADirectoryError):
        return []
