"""Recordings in files: which kinds there are, and who reads each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from backends.replay.failures import telling_where

if TYPE_CHECKING:
    from backends.replay.frames import Recording

NPZ_SUFFIXES = (".npz",)
HDF5_SUFFIXES = (".h5", ".hdf5")
RECORDING_SUFFIXES = (*NPZ_SUFFIXES, *HDF5_SUFFIXES)
"""Of files that `read_recording` reads."""


def read_recording(path: Path) -> Recording:
    """Return what was recorded in a file; a file that it keeps open is closed by `Recording.close`.

    Raises
    ------
    SourceError
        ``bad-recording`` where the file is damaged or holds something else, ``h5py-missing`` where an HDF5
        file needs a package that is not installed.
    """
    with telling_where(path):
        if path.suffix.lower() in NPZ_SUFFIXES:
            from backends.replay.npz import read_npz

            return read_npz(path)
        from backends.replay.hdf5 import read_report

        return read_report(path)
