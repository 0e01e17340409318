"""Data that comes with Somascope: cells drawn by this repository's own code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["BundledCell", "bundled", "path_of"]

_FOLDER = Path(__file__).resolve().parent / "morphologies"


@dataclass(frozen=True, slots=True)
class BundledCell:
    """A cell that can be opened without a network.

    Attributes
    ----------
    name : str
        Short name: ``"pyramidal"``.
    title : str
        What a menu says.
    path : Path
        Its SWC file.
    note : str
        One sentence about it.
    """

    name: str
    title: str
    path: Path
    note: str


def bundled() -> tuple[BundledCell, ...]:
    """Return the bundled cells; the first is the one to start with."""
    told = (
        (
            "pyramidal",
            "Layer 5 pyramidal cell",
            "Synthetic: axon with initial segment, basal trees, apical trunk, obliques and tuft.",
        ),
        (
            "stellate",
            "Stellate interneuron",
            "Synthetic: six short dendrites and a dense local axon.",
        ),
        (
            "ball_and_stick",
            "Ball and stick",
            "Synthetic: a soma of 20 µm and one dendrite, 400 µm long and 2 µm wide.",
        ),
    )
    return tuple(
        BundledCell(name, title, _FOLDER / f"{name}.swc", note) for name, title, note in told
    )


def path_of(name: str) -> Path:
    """Return the SWC file of a bundled cell.

    Raises
    ------
    KeyError
        Naming the cells that there are.
    """
    cells = {cell.name: cell.path for cell in bundled()}
    if name not in cells:
        raise KeyError(f"no bundled cell is called {name!r}; there are {', '.join(cells)}")
    return cells[name]
