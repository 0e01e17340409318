"""The examples in `examples`: one model a file, whose docstring is its page; each has a picture of the same name."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "examples"
NAMES = (
    "hh_point",
    "ball_and_stick_synapses",
    "jaxley_ring",
    "network_raster",
    "fitzhugh_nagumo",
    "integrate_and_fire",
    "wave_2d",
    "channel_states",
    "replay",
    "distances",
)
"""In the order in which they are shown: from one point to what is not simulated."""


@dataclass(frozen=True, slots=True)
class Example:
    """A model that can be opened, read and changed.

    Attributes
    ----------
    name : str
        ``"hh_point"``: of its file, and what ``somascope example`` calls it.
    title, summary : str
        The docstring's first line, before and after its colon.
    text : str
        The whole docstring.
    page : str
        The docstring for a reader, each paragraph on one line.
    path, picture : Path
    """

    name: str
    title: str
    summary: str
    text: str
    path: Path
    picture: Path

    @property
    def page(self) -> str:
        """The summary and the paragraphs below it; indented lines, such as equations, stay as they are."""
        paragraphs = self.text.split("\n\n")[1:]
        lines = [each if each.startswith(" ") else " ".join(each.split()) for each in paragraphs]
        marked = "\n\n".join([self.summary, *lines])
        return re.sub(r"`([^`]+)`|\*([^*\n]+)\*", lambda found: found[1] or found[2], marked)


def examples() -> tuple[Example, ...]:
    """Return the examples; nothing of them is imported."""
    return tuple(_example(name) for name in NAMES)


def _example(name: str) -> Example:
    path = FOLDER / f"{name}.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or name
    title, _, summary = text.splitlines()[0].partition(": ")
    summary = summary[:1].upper() + summary[1:]
    return Example(name, title, summary, text, path, FOLDER / "pictures" / f"{name}.png")
