"""Pictures of the window on four screens; a part of `make pictures`.

Qt reads the scale of a screen when a program starts, so each scale has a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.moving_picture import pixels_of

QUALITY = 80
SCREENS: tuple[tuple[str, tuple[int, int], float, str], ...] = (
    ("screen-1024x700", (1024, 700), 1.0, "dark"),
    ("screen-1366x768", (1366, 768), 1.0, "light"),
    ("screen-1920x1080", (1920, 1080), 1.0, "dark"),
    ("screen-1920x1080-150", (1920, 1080), 1.5, "light"),
)
"""Name of the picture, size in device pixels, scale, and theme."""


def draw_all(folder: Path) -> None:
    """Draw the picture of every screen, each scale in a process of its own."""
    for scale in sorted({scale for _, _, scale, _ in SCREENS}):
        environment = {**os.environ, "QT_SCALE_FACTOR": f"{scale:g}"}
        command = [sys.executable, "-m", "tests.screen_pictures", str(folder), f"{scale:g}"]
        subprocess.run(command, env=environment, check=True)


def draw(folder: Path, scale: float) -> None:
    """Draw the pictures of the screens with a scale, which must be the one of this process."""
    from app.window.launch import make_application
    from tests.pictures import closed, opened, settle, spike

    make_application()
    for name, (width, height), of_screen, theme in SCREENS:
        if of_screen != scale:
            continue
        controller = opened("pyramidal", theme, size=(round(width / scale), round(height / scale)))
        spike(controller)
        settle()
        picture = pixels_of(controller.window.grab().toImage())
        assert picture.size == (width, height), picture.size
        picture.save(folder / f"{name}.webp", quality=QUALITY, method=6)
        sys.stdout.write(f"{folder / name}.webp\n")
        closed(controller)


if __name__ == "__main__":
    draw(Path(sys.argv[1]), float(sys.argv[2]))
