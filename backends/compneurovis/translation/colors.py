"""CompNeuroVis's colours and colour maps in ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_NAMES = {
    "k": "black",
    "w": "white",
    "r": "red",
    "g": "lime",
    "b": "blue",
    "c": "cyan",
    "m": "magenta",
    "y": "yellow",
    "d": "gray",
    "l": "lightgray",
    "s": "slategray",
}
_HEX = {
    "black": "#000000",
    "white": "#ffffff",
    "gray": "#808080",
    "red": "#ff0000",
    "green": "#008000",
    "lime": "#00ff00",
    "blue": "#0000ff",
    "cyan": "#00ffff",
    "magenta": "#ff00ff",
    "yellow": "#ffff00",
    "orange": "#ffa500",
    "purple": "#800080",
    "brown": "#a52a2a",
    "pink": "#ffc0cb",
    "teal": "#008080",
    "navy": "#000080",
}
_LEAST_CHROMA = 40  # of 255: what has less is grey, and fits no colour of a curve
_MAPS = {
    "bwr": "diverging",
    "grayscale": "grey",
    "fire": "inferno",
    "state-fire": "inferno_r",
    "white-fire": "inferno_r",
}


def css_color(color: Any) -> str:
    """Return a colour as ``"#rrggbb"`` or a name of the CSS.

    Parameters
    ----------
    color : str or sequence
        One letter (``"k"``), a name, ``"#rrggbb"``, whole numbers 0 … 255, or numbers 0.0 … 1.0; a fourth number,
        the opacity, is left out.
    """
    if isinstance(color, str) or not isinstance(color, Sequence):
        return _NAMES.get(str(color), str(color))
    parts = list(color)[:3]
    is_share = any(isinstance(each, float) for each in color) and all(each <= 1 for each in parts)
    red, green, blue = (round(each * 255) if is_share else int(each) for each in parts)
    return f"#{red:02x}{green:02x}{blue:02x}"


def curve_color(color: Any) -> str:
    """Return the colour of a curve as ``"#rrggbb"``; "" for black, white, grey and names that are not known here."""
    found = _hex(color)
    if len(found) != 7 or not found.startswith("#"):
        return ""
    parts = [int(found[i : i + 2], 16) for i in (1, 3, 5)]
    return found if max(parts) - min(parts) >= _LEAST_CHROMA else ""


def _hex(color: Any) -> str:
    """Return a colour as ``"#rrggbb"`` where its name is known here."""
    found = css_color(color).lower()
    return _HEX.get(found, found)


def color_map(name: Any) -> str:
    """Return our name of a colour map; a ramp is ``"ramp:#aaaaaa:#bbbbbb"``."""
    plain = str(name).strip()
    lower = plain.lower()
    if lower.startswith(("mpl-ramp:", "ramp:")):
        colors = [_hex(each.strip()) for each in plain.split(":")[1:]]
        return ":".join(["ramp", *(["#ffffff"] if len(colors) == 1 else []), *colors])
    if lower.startswith("mpl:"):
        lower = plain.partition(":")[2].strip()
    return _MAPS.get(lower, lower)
