"""Every colour of the window, in one place; no Qt.

Trace colours are Okabe & Ito's (2008), distinct to colour-blind eyes, without black (invisible on a
dark background) and with a darker yellow in the light theme. Text has a contrast of at least 4.5 : 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

Rgb = tuple[int, int, int]

_OKABE_ITO: tuple[Rgb, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (213, 94, 0),
    (204, 121, 167),
    (0, 114, 178),
    (240, 228, 66),
)

# undefined, soma, axon, basal dendrite, apical dendrite, custom, unspecified neurite, glia
_TYPES_ON_DARK: tuple[Rgb, ...] = (
    (201, 178, 142),
    (255, 92, 84),
    (168, 176, 188),
    (62, 201, 128),
    (236, 110, 214),
    (240, 228, 66),
    (246, 166, 178),
    (92, 168, 244),
)
_TYPES_ON_LIGHT: tuple[Rgb, ...] = (
    (138, 112, 70),
    (205, 36, 30),
    (112, 120, 132),
    (14, 134, 76),
    (176, 30, 152),
    (128, 116, 0),
    (190, 92, 112),
    (24, 104, 196),
)

_CONNECTIONS_ON_DARK: tuple[Rgb, ...] = (
    (52, 201, 150),
    (255, 122, 82),
    (222, 138, 202),
    (110, 186, 255),
    (240, 228, 66),
    (240, 170, 40),
)
_CONNECTIONS_ON_LIGHT: tuple[Rgb, ...] = (
    (0, 128, 92),
    (196, 66, 10),
    (164, 58, 132),
    (10, 96, 178),
    (130, 118, 0),
    (166, 100, 0),
)


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one theme, as 0 … 255 RGB.

    Attributes
    ----------
    ground, ground_far : Rgb
        Viewport background at the bottom and at the top (a slight gradient).
    panel, surface, border : Rgb
        Window background, background of text fields and plots, thin lines.
    text, text_quiet : Rgb
    accent, good, warn, bad : Rgb
        Selection and focus; running; attention; failure.
    """

    name: str
    background: Rgb
    background_far: Rgb
    panel: Rgb
    surface: Rgb
    border: Rgb
    text: Rgb
    text_quiet: Rgb
    accent: Rgb
    good: Rgb
    warn: Rgb
    bad: Rgb

    @property
    def is_dark(self) -> bool:
        """Whether text is light on dark."""
        return sum(self.panel) < 384


DARK = Theme(
    name="dark",
    background=(14, 17, 22),
    background_far=(26, 31, 40),
    panel=(32, 36, 43),
    surface=(24, 27, 33),
    border=(58, 64, 75),
    text=(230, 233, 239),
    text_quiet=(158, 167, 181),
    accent=(92, 160, 255),
    good=(73, 199, 130),
    warn=(242, 179, 61),
    bad=(255, 107, 99),
)

LIGHT = Theme(
    name="light",
    background=(250, 251, 253),
    background_far=(232, 236, 242),
    panel=(243, 245, 248),
    surface=(255, 255, 255),
    border=(205, 211, 220),
    text=(28, 33, 41),
    text_quiet=(88, 97, 111),
    accent=(22, 104, 214),
    good=(20, 128, 74),
    warn=(148, 92, 0),
    bad=(190, 36, 30),
)

THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


def hex_of(color: Rgb) -> str:
    """Return ``"#rrggbb"``."""
    return "#{:02x}{:02x}{:02x}".format(*color)


def trace_color(index: int, theme: Theme = DARK) -> Rgb:
    """Return the colour of the `index`-th trace; repeats after seven."""
    color = _OKABE_ITO[index % len(_OKABE_ITO)]
    if not theme.is_dark and color == (240, 228, 66):
        return (166, 150, 0)
    return color


PATTERNS = 4
SIDES = (0, 3, 4, 5)
"""Corners of the mark of each pattern; 0 is a disc on the cell, a square in the legend."""


def trace_pattern(index: int) -> int:
    """Return the pattern of the `index`-th trace: 0 for the first seven, which differ by colour, then 1, 2, 3."""
    return index // len(_OKABE_ITO) % PATTERNS


def type_colors(theme: Theme = DARK) -> tuple[Rgb, ...]:
    """Return the colours of SWC types 0 … 7, in the hues of NeuroMorpho.Org's own pictures.

    Red soma, grey axon, green basal, magenta apical dendrites, blue glia. They differ in lightness, so that
    colour-blind eyes tell them apart, and have a contrast of at least 3 : 1 with the viewport's background.
    """
    return _TYPES_ON_DARK if theme.is_dark else _TYPES_ON_LIGHT


def connection_color(index: int, theme: Theme = DARK) -> Rgb:
    """Return the colour of the lines of the `index`-th group of synapses; -1: of gap junctions. Repeats after six.

    The colour maps of cells have none of these hues where lines and cells are near each other in lightness.
    """
    if index < 0:
        return (206, 212, 224) if theme.is_dark else (70, 78, 92)
    colors = _CONNECTIONS_ON_DARK if theme.is_dark else _CONNECTIONS_ON_LIGHT
    return colors[index % len(colors)]


def free_color_index(taken: set[int]) -> int:
    """Return the lowest colour index that no trace uses."""
    return next(i for i in count() if i not in taken)


def nearest_color_index(color: str, taken: set[int]) -> int | None:
    """Return the index of the trace colour nearest to ``"#rrggbb"`` that is not taken; None for what is no colour."""
    try:
        wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    except ValueError:
        return None
    free = [i for i in range(len(_OKABE_ITO)) if i not in taken]
    distances = {
        i: sum((a - b) ** 2 for a, b in zip(_OKABE_ITO[i], wanted, strict=True)) for i in free
    }
    return min(distances, key=distances.__getitem__, default=None)
