"""Where long words may be broken when a label wraps."""

from __future__ import annotations

import re

MAY_BREAK = "\u200b"

NO_BREAK = "\u00a0"

LONGEST_WORD = 22

_AFTER_A_JOINT = re.compile(r"(?<=[_/.&=?-])(?=[^_/.&=?-])")


def with_break_opportunities(text: str, longest: int = LONGEST_WORD) -> str:
    """Return `text` with places where a line may break inside words longer than `longest` letters."""

    def broken(match: re.Match[str]) -> str:
        pieces = _AFTER_A_JOINT.split(match[0])
        return MAY_BREAK.join(
            MAY_BREAK.join(piece[i : i + longest] for i in range(0, len(piece), longest))
            for piece in pieces
        )

    return re.sub(rf"[^\s\u200b]{{{longest + 1},}}", broken, text)
