"""Short texts that several parts of the dock show: counts, sizes, names with blanks, ids as sources."""

from __future__ import annotations

from backends.text import grouped


def show_edge_spaces(value: str) -> str:
    """Return a value with blanks at its ends as ``␣``: they are part of it, and must be seen."""
    body = value.strip(" ")
    if not body:
        return "␣" * len(value) if value else "(empty)"
    start = len(value) - len(value.lstrip(" "))
    end = len(value) - len(value.rstrip(" "))
    return "␣" * start + body + "␣" * end


def accessible_text(value: str) -> str:
    """Return a value for a screen reader, which would pass over such a blank."""
    return value if value == value.strip(" ") else f"{value.strip(' ')} (with a space at its end)"


def cells_text(n_cells: int) -> str:
    """Return "no cells", "1 cell", "15,676 cells"."""
    if n_cells == 0:
        return "no cells"
    return f"{n_cells:,} {'cell' if n_cells == 1 else 'cells'}"


def counted(n: int, noun: str) -> str:
    """Return ``"1 file"``, ``"1,204 files"``."""
    return f"{n:,} {noun if n == 1 else f'{noun}s'}"


def id_of_origin(origin: str) -> int:
    """Return the number of ``"NMO_00001"``."""
    return int(origin.removeprefix("NMO_"))


def origin_of(neuron_id: int) -> str:
    """Return an id as the archive writes it."""
    return f"NMO_{neuron_id:05d}"


def size_text(n_bytes: int) -> str:
    """Return bytes as a person reads them: ``"12 kB"``, ``"3.4 MB"``."""
    if n_bytes < 1000:
        return f"{n_bytes} B"
    if n_bytes < 1_000_000:
        return f"{grouped(n_bytes // 1000)} kB"
    if n_bytes < 1_000_000_000:
        return f"{n_bytes / 1e6:.1f} MB"
    return f"{n_bytes / 1e9:.1f} GB"
