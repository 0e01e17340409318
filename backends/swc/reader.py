"""Read SWC morphologies: common variants are accepted, broken files are refused with the line.

The steps: `source` (may it be opened, is it text) → `rows` (numbers) → `point_tree` (one tree,
parents first) → `repairs` (types, radii) → `plausibility` (remarks) → `sections` (NEURON's sections).
NEURON's Import3d and `jx.read_swc` never read a user's file: the first can end the process,
the second gets the size of somas wrong.
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
from backends.swc.plausibility import UNITS, check_plausibility
from backends.swc.point_tree import build_point_tree
from backends.swc.repairs import repair_radii, repair_types
from backends.swc.rows import Rows, read_rows
from backends.swc.sections import build_sections
from backends.swc.source import HEAD_BYTES, decode, read_source, sniff
from backends.swc.spans import find_spans

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
        Called with a share from 0 to 1 now and then.
    cancelled : callable
        Called now and then; when it returns True the reading ends with `Cancelled`.
    units : {"um", "nm", "8nm"}
        What one unit of the file is.
    trees : {"main", "all"}
        Of several trees, load the one with the soma (else the largest), or all.

    Raises
    ------
    SwcError
        One sentence with the file, the line and what was found; `.code`, `.line`, `.path`.
    Cancelled
    """
    path = Path(path)
    report = Report(path.name or str(path), str(path), progress, cancelled)
    report.update_progress(0.0)
    return _read(read_source(path, report), report, units, trees)


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
    report = Report(name, "", progress, cancelled)
    sniff(data[:HEAD_BYTES], report)
    return _read(data, report, units, trees)


def read_swc_text(text: str, *, name: str = "morphology.swc", trees: str = "main") -> Morphology:
    """Return the morphology in an SWC text; see `read_swc`."""
    return read_swc_bytes(text.encode("utf-8"), name=name, trees=trees)


def _read(data: bytes, report: Report, units: str, trees: str) -> Morphology:
    if units not in UNITS or trees not in ("main", "all"):
        raise RequestError(
            f"units must be one of {', '.join(UNITS)} and trees main or all, "
            f"not {units!r} and {trees!r}",
            code="unknown-option",
        )
    rows = read_rows(decode(data, report), report)
    if len(rows) > MAX_POINTS:
        raise report.error(
            "size.too-large", f"there are {len(rows)} points; up to {MAX_POINTS} can be read"
        )
    rows = _scaled(rows, UNITS[units])
    report.update_progress(0.5)
    tree = build_point_tree(rows, report, all_trees=trees == "all")
    tree = repair_types(tree, report)
    spans = find_spans(tree)
    repaired = repair_radii(tree, spans, report)
    if repaired is not tree:  # radii decide whether three soma points are one sphere
        tree, spans = repaired, find_spans(repaired)
    check_plausibility(tree, spans, report, units=units)
    report.update_progress(0.8)
    sections = build_sections(tree, spans, report)
    report.update_progress(1.0)
    return Morphology(
        name=_stem(report.name),
        sections=sections,
        findings=tuple(report.findings),
        metadata=_metadata(data, report, rows, units, len(tree)),
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


def _metadata(data: bytes, report: Report, rows: Rows, units: str, n_used: int) -> dict[str, str]:
    n_soma = int(np.count_nonzero(rows.types == SwcType.SOMA))
    return {
        "source": report.path or report.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "units": units,
        "points": str(n_used),
        "points_in_file": str(len(rows)),
        "soma_points": str(n_soma),
        "header": "\n".join(line for line in rows.header[:200] if line),
    }
