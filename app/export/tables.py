"""Writes a table of any columns as CSV, or its arrays as a NumPy archive."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from app.export.export_table import ExportTable
from app.export.files import completed
from neuromorpho.records.csv_cells import safe_cell


def write_table(path: str | os.PathLike[str], table: ExportTable) -> None:
    """Write a NumPy archive if the suffix is ``.npz``, otherwise a CSV table; complete, or it does not appear.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    target = Path(path)
    with completed(target) as temporary:
        if target.suffix.lower() == ".npz":
            with temporary.open("wb") as archive:
                np.savez_compressed(archive, **{k: np.asarray(v) for k, v in table.arrays.items()})
            return
        with temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(map(safe_cell, table.headings))
            columns = [_cells(each) for each in table.columns]
            writer.writerows(zip_longest(*columns, fillvalue=""))


def _cells(column: Sequence[Any]) -> list[Any]:
    """Return the shortest texts that read back as the same numbers; texts that no spreadsheet runs."""
    array = np.asarray(column)
    if array.dtype.kind in "iub":
        return [int(each) for each in array]
    if array.dtype == np.float32:
        return [str(each) for each in array]
    if array.dtype.kind == "f":
        return [repr(float(each)) for each in array]
    return [safe_cell(str(each)) for each in column]
