"""Colour maps as tables, without importing matplotlib.

The perceptually uniform maps are stored as 33 samples of the published ones (cividis: Nuñez, Anderton
& Renslow 2018, PLoS ONE 13:e0199239; viridis, inferno, magma, plasma: Smith & van der Walt 2015, CC0; RdBu:
Brewer's, as matplotlib has it) and interpolated linearly, which is within 1/255 of the originals on average.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

from app.palette import DARK, LIGHT, Theme, type_colors

Limits = tuple[float, float]
MV_LIMITS: Limits = (-80.0, 40.0)
N_COLORS = 512
LEAST_CONTRAST = 3.0
DIMMEST = 0.92
"""By what the shaders multiply the colour of a line; a thin tube is a little lighter."""
_ROUNDING = 0.4  # of L*: the table has whole numbers
TYPE_MAP = "SWC types"
"""One colour for each SWC type 0 … 7, over limits of −0.5 … 7.5; users cannot choose it."""
_SAMPLES = {
    "cividis": (
        "00224e00285b002e6a0533711a386f273e6e32436d3b496c434e6c4b546c535a6d5a5f6e61656f686a716f7073"
        "7676767d7c788482798c8878938e789b9476a39a74aba072b4a76fbcae6cc4b468cdbb63d5c25edec958e7d150"
        "f0d846f9e03afee838"
    ),
    "viridis": (
        "440154470d6048186a482374472d7b4537814240863e49893b528b375b8d33638d2f6b8e2c728e297a8e26828e"
        "23898e21918c1f988b1fa08822a78528ae8032b67a3fbc734ec36b5ec96270cf5784d44b98d83eaddc30c2df23"
        "d8e219ece51bfde725"
    ),
    "inferno": (
        "0000040403120b0724150b37210c4a2f0a5b3d09654a0c6b57106e64156e71196e7d1e6d8a226a972766a32c61"
        "b0315bbc3754c73e4cd24644db503be45a31eb6628f1731df68013f98e09fb9d07fcac11fbbc21f9cb35f5db4c"
        "f2ea69f3f68afcffa4"
    ),
    "magma": (
        "0000040303120a0822130d341d114729115a36106b440f7651127c5d177f6a1c81762181832681902a819c2e7f"
        "aa337db73779c43c75d0416fdc4869e75263ef5d5ef56b5cf9795dfc8961fd9869fea772feb67cfec488fed395"
        "fde2a3fcf0b2fcfdbf"
    ),
    "plasma": (
        "0d08872206903105973f049c4c02a15901a56600a77201a87e03a88a09a59511a1a01a9caa2395b32c8ebc3587c43e7f"
        "cc4778d35171da5a6ae06363e66c5ceb7655f0804ef58b47f89540fba139fdac33feb82cfdc527fcd225f8df25f4ed27"
        "f0f921"
    ),
    "RdBu": (
        "67001f7f0823960f27ae172abb2a34c6413ed25849dc6e57e58368ef9979f5ac8bf8bda1fbceb7fdddcbfbe6daf9efe9"
        "f6f7f7eaf1f5deebf2d2e6f0c0dcebacd2e598c8e081bad868abd04f9bc73e8cbf337eb82870b11e61a515508d0d3f76"
        "053061"
    ),
    "bwr": "0000ffffffffff0000",
    "diverging": "1f5fa93f83c26ea6d6a3c6e3cfdce4dfdfddeed9bff2c48df0a658e0832ec2620f",
    "grey": "1a1a1af2f2f2",
    "NEURON classic": "3a0066680099a000a8c81e8ee03c64f06432fa9614ffc800ffee32fffb9a",
}
_ALIASES = {
    "scalar": "cividis",
    "default": "cividis",
    "gray": "grey",
    "coolwarm": "diverging",
    "symmetric": "diverging",
    "neuron": "NEURON classic",
}


RAMP = "ramp:"
_RAMP_OF = re.compile(r"ramp(:#[0-9a-fA-F]{6}){2,}")


def color_map_names() -> tuple[str, ...]:
    """Return the names that users can choose from, the default first."""
    return tuple(_SAMPLES)


def resolve_name(name: str) -> str:
    """Return the map that `name` means; cividis if it is unknown. A ramp is ``"ramp:#000000:#ffffff"``."""
    if _RAMP_OF.fullmatch(name):
        return name
    plain = name.removesuffix("_r")
    plain = _ALIASES.get(plain, plain)
    return plain if plain in _SAMPLES else "cividis"


def is_color_map(name: object) -> bool:
    """Whether a map has that name, or ``"_r"`` after it for the reversed one, or it is a ramp."""
    if isinstance(name, str) and _RAMP_OF.fullmatch(name):
        return True
    plain = name.removesuffix("_r") if isinstance(name, str) else ""
    return _ALIASES.get(plain, plain) in _SAMPLES


def map_and_limits(
    color_map: str,
    limits: Limits | None,
    norm: str,
    unit: str | None,
    values: NDArray[np.floating],
) -> tuple[str, Limits]:
    """Return the colour map and the range of a view, by its `color_map`, `color_limits`, `color_norm` and `unit`.

    A range that nobody has chosen is −80 … 40 for mV, else that of the finite values; a symmetric one goes
    as far below 0 as above it, and the map that nobody has chosen is a diverging one.
    """
    if limits is None and unit == "mV" and norm == "auto":
        limits = MV_LIMITS
    if limits is None:
        finite = np.asarray(values, float)[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        limits = (low, high) if low < high else (low - 0.5, high + 0.5)
    if norm == "symmetric":
        reach = max(abs(limits[0]), abs(limits[1])) or 1.0
        return "diverging" if color_map == "scalar" else color_map, (-reach, reach)
    return color_map, (float(limits[0]), float(limits[1]))


@cache
def color_table(name: str, n: int = N_COLORS) -> NDArray[np.uint8]:
    """Return a map as a table, shape (n, 3), 0 … 255; ``"_r"`` after a name reverses it."""
    if name == TYPE_MAP:
        return _type_table(on_dark=True, n=n)
    found = resolve_name(name)
    text = found[len(RAMP) + 1 :].replace(":#", "") if found.startswith(RAMP) else _SAMPLES[found]
    samples = np.frombuffer(bytes.fromhex(text), np.uint8).reshape(-1, 3).astype(float)
    at, along = np.linspace(0, 1, n), np.linspace(0, 1, len(samples))
    table = np.stack([np.interp(at, along, samples[:, i]) for i in range(3)], axis=1)
    if name.endswith("_r"):
        table = table[::-1]
    result = np.rint(table).astype(np.uint8)
    result.setflags(write=False)
    return result


def _type_table(*, on_dark: bool, n: int = N_COLORS) -> NDArray[np.uint8]:
    """Return the colours of the SWC types as a table of steps, shape (n, 3)."""
    colors = np.array(type_colors(DARK if on_dark else LIGHT), np.uint8)
    result = colors[np.arange(n) * len(colors) // n]
    result.setflags(write=False)
    return result


@cache
def legible_table(name: str, on_dark: bool) -> NDArray[np.uint8]:
    """Return a map of which every colour is visible on the background, shape (n, 3).

    The darkest colours of cividis and similar maps would be invisible on a dark background, the palest
    yellow on a white one. The lightness is compressed, evenly, until each colour, as it is drawn, has a
    contrast of at least 3 : 1 with every height of the background; hues stay. The colour bar shows the same table.
    """
    if name == TYPE_MAP:
        return _type_table(on_dark=on_dark)
    table = color_table(name).astype(float)
    level = lightness(color_table(name))
    low, high = float(level.min()), float(level.max())
    if on_dark:
        pure = table * (255 / np.maximum(table.max(axis=1, keepdims=True), 1))
        end = (pure + 255) / 2  # towards white alone, blue would become grey
        wanted_low, wanted_high = max(low, _legible_level(DARK)), high
    else:
        end = np.zeros_like(table)
        wanted_low, wanted_high = low, min(high, _legible_level(LIGHT))
    wanted = wanted_low + (level - low) * (wanted_high - wanted_low) / (high - low)
    share = np.zeros(len(table))
    for step in 0.5 ** np.arange(1, 12):
        tried = share + step
        mixed = lightness(table + tried[:, None] * (end - table))
        is_too_far = mixed > wanted if on_dark else mixed < wanted
        share = np.where(is_too_far, share, tried)
    result = np.rint(table + share[:, None] * (end - table)).astype(np.uint8)
    result.setflags(write=False)
    return result


def _legible_level(theme: Theme) -> float:
    """Return the L* beyond which a colour has the least contrast with both ends of a theme's background."""
    ground = luminance(np.array([theme.background, theme.background_far], np.uint8))
    if theme.is_dark:
        wanted = LEAST_CONTRAST * (ground.max() + 0.05) - 0.05
        wanted /= DIMMEST**2.4  # thin neurites are drawn a little darker
        return float(_lightness_of(wanted)) + _ROUNDING
    return float(_lightness_of((ground.min() + 0.05) / LEAST_CONTRAST - 0.05)) - _ROUNDING


def colors_of(
    values: NDArray[np.floating], name: str, limits: tuple[float, float]
) -> NDArray[np.uint8]:
    """Return the colour of each value, shape (n, 3); values beyond the limits take the end colours."""
    table = color_table(name)
    share = (np.asarray(values, float) - limits[0]) / (limits[1] - limits[0])
    return table[np.rint(np.clip(np.nan_to_num(share), 0, 1) * (len(table) - 1)).astype(int)]


def contrast(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the contrast ratio (WCAG 2.1) of sRGB colours, shapes (n, 3) or (3,) → (n,)."""
    first, second = luminance(one), luminance(other)
    return (np.maximum(first, second) + 0.05) / (np.minimum(first, second) + 0.05)


def lightness(rgb: NDArray[np.floating | np.uint8]) -> NDArray[np.float64]:
    """Return CIE L* (0 … 100) of sRGB colours, shape (n, 3) → (n,)."""
    return _lightness_of(luminance(rgb))


def luminance(rgb: NDArray[np.floating | np.uint8]) -> NDArray[np.float64]:
    """Return the relative luminance (0 … 1) of sRGB colours, shape (n, 3) → (n,)."""
    share = np.asarray(rgb, float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    result: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return result


def _lightness_of(level: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.where(level > 0.008856, 116 * np.cbrt(level) - 16, 903.3 * np.asarray(level))
