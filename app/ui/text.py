"""Where long words may be broken when a label wraps."""

from __future__ import annotations

import re

MAY_BREAK = "\u200b"

NO_BREAK = "\u00a0"

_LONG_WORD = re.compile(r"[^\s\u200b]{23,}")

_AFTER_A_JOINT = re.compile(r"(?<=[_/.&=?-])(?=[^_/.&=?-])")


def with_break_opportunities(text: str) -> str:
    """Return `text` with places where a line may break inside words too long for a narrow dock."""

    def broken(match: re.Match[str]) -> str:
        pieces = _AFTER_A_JOINT.split(match[0])
        return MAY_BREAK.join(
            MAY_BREAK.join(piece[i : i + 22] for i in range(0, len(piece), 22)) for piece in pieces
        )

    return _LONG_WORD.sub(broken, text)
