"""Reads the size of a picture, and whether it is blank."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def png_size(path: Path) -> tuple[int, int]:
    """Return width and height in pixels."""
    with Image.open(path) as image:
        width, height = image.size
    return width, height


def mean_spread(path: Path) -> float:
    """Return the standard deviation of the grey values, 0 … 255: 0 for a blank picture."""
    with Image.open(path) as image:
        return float(np.asarray(image.convert("L"), float).std())
