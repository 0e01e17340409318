"""Thumbnails of made cells: 300 x 240 RGBA PNG, green on black, as the archive's; and a small GIF."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache

from tests.neuromorpho.server.trees import SOMA, Tree

WIDTH, HEIGHT = 300, 240
_COLOURS = {1: b"\xff\xff\xff\xff", 2: b"\xa0\xa0\xa0\xff", 7: b"\x40\x60\xff\xff"}
_GREEN = b"\x20\xe0\x20\xff"


@lru_cache(maxsize=128)
def thumbnail(tree: Tree) -> bytes:
    """Return the PNG of a tree seen along z; made cells have a few dozen shapes."""
    rows = [bytearray(b"\x00\x00\x00\xff" * WIDTH) for _ in range(HEIGHT)]
    xs = [s.at[0] for s in tree.samples]
    ys = [s.at[1] for s in tree.samples]
    scale = min(
        (WIDTH - 20) / (max(xs) - min(xs) or 1.0), (HEIGHT - 20) / (max(ys) - min(ys) or 1.0)
    )
    at = {
        s.number: (10 + (s.at[0] - min(xs)) * scale, HEIGHT - 10 - (s.at[1] - min(ys)) * scale)
        for s in tree.samples
    }
    for s in tree.samples:
        _line(rows, at.get(s.parent, at[s.number]), at[s.number], _COLOURS.get(s.type, _GREEN))
        if s.type == SOMA:
            _square(rows, at[s.number])
    return png(rows, WIDTH)


def png(rows: list[bytearray], width: int) -> bytes:
    """Return rows of RGBA pixels as a PNG file."""
    head = struct.pack(">IIBBBBB", width, len(rows), 8, 6, 0, 0, 0)
    body = zlib.compress(b"".join(b"\x00" + row for row in rows), 6)
    chunks = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def gif() -> bytes:
    """Return a GIF of one grey pixel."""
    return (
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x80\x80\x80\x00\x00\x00"
        b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b"
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _line(
    rows: list[bytearray], start: tuple[float, float], end: tuple[float, float], colour: bytes
) -> None:
    steps = int(max(abs(end[0] - start[0]), abs(end[1] - start[1]))) + 1
    for step in range(steps + 1):
        part = step / steps
        x = int(start[0] + part * (end[0] - start[0]))
        y = int(start[1] + part * (end[1] - start[1]))
        rows[y][4 * x : 4 * x + 4] = colour


def _square(rows: list[bytearray], at: tuple[float, float]) -> None:
    for y in range(int(at[1]) - 3, int(at[1]) + 4):
        left = 4 * (int(at[0]) - 3)
        rows[y][left : left + 28] = _COLOURS[SOMA] * 7
