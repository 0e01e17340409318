"""Read SWC morphologies: what the world writes is accepted, what is broken is refused by its line.

The way of a file: `swc_source` (may it be opened, is it text) → `swc_rows` (numbers) → `swc_tree`
(one tree, parents first) → `swc_repairs` (radii, types, remarks) → `sections` (NEURON's sections).
NEURON's Import3d and `jx.read_swc` are never given a user's file: the first can end the process,
the second mis-sizes somas.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from backends.errors import RequestError
from backends.morphology.morphology import Morphology
from backends.morphology.swc_types import SwcType
from backends.swc.audit import Cancelled, Report, SwcError
from backends.swc.point_tree import build_point_tree
from backends.swc.repairs import UNITS, check_plausibility, repair_radii, repair_types
from backends.swc.rows import Rows, read_rows
from backends.swc.sections import build_sections
from backends.swc.source import HEAD_BYTES, decode, read_source, sniff

__all__ = ["Cancelled", "SwcError", "read_swc", "read_swc_bytes", "read_swc_text"]

MAX_POINTS = 5_000_000


def read_swc(
    path: str | os.PathLike[str],
    *,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    units: str = "um",
    trees: str = "main",
) -> Morphology:
    """Return the morphology in an SWC file.

    Parameters
    ----------
    path : path
        A regular file of at most 256 MB and five million points, whatever its extension.
    progress : callable
        Told a share from 0 to 1 now and then.
    cancelled : callable
        Asked now and then; when it returns True the reading ends with `Cancelled`.
    units : {"um", "nm", "8nm"}
        What one unit of the file is.
    trees : {"main", "all"}
        Of several trees, the one with the soma (else the largest), or each as a root of its own.

    Raises
    ------
    SwcError
        One sentence with the file, the line and what was found; `.code`, `.line`, `.path`.
    Cancelled
    """
    path = Path(path)
    audit = Report(path.name or str(path), str(path), progress, cancelled)
    audit.report_progress(0.0)
    return _read(read_source(path, audit), audit, units, trees)


def read_swc_bytes(
    data: bytes,
    *,
    name: str = "morphology.swc",
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    units: str = "um",
    trees: str = "main",
) -> Morphology:
    """Return the morphology in the bytes of an SWC file; see `read_swc`."""
    audit = Report(name, "", progress, cancelled)
    sniff(data[:HEAD_BYTES], audit)
    return _read(data, audit, units, trees)


def read_swc_text(text: str, *, name: str = "morphology.swc", trees: str = "main") -> Morphology:
    """Return the morphology in an SWC text; see `read_swc`."""
    return read_swc_bytes(text.encode("utf-8"), name=name, trees=trees)


def _read(data: bytes, audit: Report, units: str, trees: str) -> Morphology:
    if units not in UNITS or trees not in ("main", "all"):
        raise RequestError(
            f"units must be one of {', '.join(UNITS)} and trees main or all, "
            f"not {units!r} and {trees!r}"
        )
    rows = read_rows(decode(data, audit), audit)
    if len(rows) > MAX_POINTS:
        raise audit.error(
            "size.too-large", f"there are {len(rows)} points; up to {MAX_POINTS} can be read"
        )
    rows = _scaled(rows, UNITS[units])
    audit.report_progress(0.5)
    tree = build_point_tree(rows, audit, all_trees=trees == "all")
    tree = repair_radii(repair_types(tree, audit), audit)
    check_plausibility(tree, audit, units=units)
    audit.report_progress(0.8)
    sections = build_sections(tree, audit)
    audit.report_progress(1.0)
    return Morphology(
        name=_stem(audit.name),
        sections=sections,
        findings=tuple(audit.findings),
        metadata=_metadata(data, audit, rows, units, len(tree)),
    )


def _scaled(rows: Rows, scale: float) -> Rows:
    if scale == 1.0:
        return rows
    return replace(rows, xyz=rows.xyz * scale, radii=rows.radii * scale)


def _stem(name: str) -> str:
    stem = name
    for suffix in (".gz", ".txt", ".swc", ".CNG", ".cng"):
        if stem.lower().endswith(suffix.lower()) and len(stem) > len(suffix):
            stem = stem[: -len(suffix)]
    return stem


def _metadata(data: bytes, audit: Report, rows: Rows, units: str, n_used: int) -> dict[str, str]:
    n_soma = int(np.count_nonzero(rows.types == SwcType.SOMA))
    return {
        "source": audit.path or audit.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "units": units,
        "points": str(n_used),
        "points_in_file": str(len(rows)),
        "soma_points": str(n_soma),
        "header": "\n".join(line for line in rows.header[:200] if line),
    }
