"""Why nrnivmodl failed, in one sentence with the line of the `.mod` file.

NMODL names that line itself, but for a block that is not closed. The C++ compiler names lines of the code that NMODL
has made of the file; they are found again by their text, without spaces, or by the name that the error is about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.mechanisms.errors import MechanismError
from backends.mechanisms.sources import ModSource
from backends.mechanisms.text import HIDDEN, open_block, verbatim_lines, without_comments

_CPP = re.compile(
    r"^(?P<path>[^\n]*?\.cpp):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<what>.*)$", re.MULTILINE
)
_NMODL = re.compile(
    r"^(?P<what>.*) at line (?P<line>\d+) in file (?P<file>.*?\.mod)\b.*$", re.MULTILINE
)
_RULE = re.compile(
    r"^make: \*\*\* \[(?:[^\]\n]*: )?(?P<stem>[^\]\n/]+)\.(?:cpp|o)\] Error", re.MULTILINE
)
_QUOTED = re.compile(r"[‘'`\"](\w+)[’'\"]")
_NOISE = re.compile(
    r"^(make: | -> | => |INCLUDEing |Traceback|  File|    |subprocess\.|NOTE: If you|refer to the C|Thread Safe$|Translating )"
)
_UNDECLARED = re.compile(r"not declared in this scope|undeclared identifier")
_USED_TWICE = re.compile(r"^(?P<name>\w+) is a [A-Z]+\n+\Z", re.MULTILINE)
_MAX_TEXT = 200


@dataclass(frozen=True)
class _Place:
    """A `.mod` file and a line, 0 where it is not known."""

    source: ModSource
    line: int = 0

    def __str__(self) -> str:
        return f"{self.source.path.name}, line {self.line}" if self.line else self.source.path.name

    def error(self, sentence: str, output: str, code: str) -> MechanismError:
        return MechanismError(
            f"{self}: {sentence}",
            output,
            code=code,
            hint="edit-mod",
            file=str(self.source.path),
            line=self.line,
        )


def diagnose(output: str, status: int, sources: Sequence[ModSource], work: Path) -> MechanismError:
    """Return the error for what nrnivmodl has printed.

    Parameters
    ----------
    output : str
    status : int
        Its exit status.
    sources : sequence of ModSource
    work : Path
        The folder in which it ran, with the C++ files.
    """
    by_stem = {each.path.stem: each for each in sources if each.is_mod}
    in_cpp = next(
        (each for each in _CPP.finditer(output) if Path(each["path"]).stem in by_stem), None
    )
    in_mod = next(
        (each for each in _NMODL.finditer(output) if Path(each["file"]).stem in by_stem), None
    )
    if in_mod is not None and (in_cpp is None or in_mod.start() < in_cpp.start()):
        return _nmodl_error(in_mod, by_stem[Path(in_mod["file"]).stem], output)
    if in_cpp is not None:
        return _cpp_error(in_cpp, by_stem[Path(in_cpp["path"]).stem], output, work)
    rule = next((each for each in _RULE.finditer(output) if each["stem"] in by_stem), None)
    if rule is not None:
        return _other_error(by_stem[rule["stem"]], output)
    lines = [each for each in output.splitlines() if each.strip() and not _NOISE.match(each)]
    last = _shortened(lines[-1]) if lines else "it printed nothing"
    return MechanismError(
        f"The .mod files cannot be compiled: nrnivmodl ended with exit status {status} ({last}).",
        output,
        code="compiler-failed",
        hint="retry",
    )


def _nmodl_error(found: re.Match[str], source: ModSource, output: str) -> MechanismError:
    noticed = int(found["line"])
    what = _reason(output[: found.start()].splitlines(), found["what"])
    opened = open_block(source.lines)
    if opened is not None and what.startswith(("syntax error", *HIDDEN)):
        return _open_block_error(source, opened, f" (NMODL noticed it in line {noticed})", output)
    is_at_end = (
        output[found.end() :].lstrip("\n").startswith("^")
    )  # of a file that was read to its end
    line = _line_of_words(source, what) if is_at_end else noticed
    used = _USED_TWICE.search(output[: found.start()])
    if used is not None:
        what = f"{what}: {used['name']}"
        line = _line_of_symbol(source, used["name"])
    return _Place(source, line).error(
        f"NMODL refuses the file ({_shortened(what)}); correct it, then open the model again.",
        output,
        "mod-syntax",
    )


def _reason(before: Sequence[str], last: str) -> str:
    """Return the first line of NMODL's report, which goes from the cause to the block; each ends with a colon."""
    reasons: list[str] = []
    for line in reversed(before):
        if not line.rstrip().endswith(":"):
            break
        reasons.append(line.strip().rstrip(":"))
    what = reasons[-1] if reasons else last.strip().removeprefix("Error: ")
    if what == "syntax error" and len(reasons) > 1:
        what = f"{what}, {reasons[-2].lower()}"
    return re.sub(r"^(COMMENT|VERBATIM)block", r"\1 block", what)


def _open_block_error(
    source: ModSource, opened: tuple[str, int], noticed: str, output: str
) -> MechanismError:
    name, line = opened
    return _Place(source, line).error(
        f"the block {name}, which begins here, is not closed{noticed}; add what ends it.",
        output,
        "mod-syntax",
    )


def _other_error(source: ModSource, output: str) -> MechanismError:
    """Return the error for a file of which NMODL has named no line."""
    opened = open_block(source.lines)
    if opened is not None:
        return _open_block_error(source, opened, "", output)
    parts = re.split(r"^Translating (\S+\.mod) .*$", output, flags=re.MULTILINE)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    text = next((after for name, after in pairs if name == source.path.name), "")
    lines = [each.strip() for each in text.splitlines() if each.strip() and not _NOISE.match(each)]
    what = _shortened(lines[0]) if lines else "it gives no reason"
    return _Place(source, _line_of_words(source, what)).error(
        f"NMODL refuses the file ({what}); correct it, then open the model again.",
        output,
        "mod-refused",
    )


def _cpp_error(found: re.Match[str], source: ModSource, output: str, work: Path) -> MechanismError:
    what = re.sub(r"; did you mean .*", "", found["what"]).strip().rstrip(".")
    named = _QUOTED.search(what)
    symbol = named.group(1) if named else ""
    text = _line_of_file(next(work.glob(f"*/{source.path.stem}.cpp"), None), int(found["line"]))
    line = _line_of_text(source, text) or _line_of_symbol(source, symbol)
    place = _Place(source, line)
    if line in verbatim_lines(source.lines) or (not line and symbol.startswith("_")):
        return place.error(
            f"C++ refuses a VERBATIM block ({_shortened(what)}). It is written for an older NEURON, whose "
            "mechanisms were C: change it as NEURON's guide on porting mechanisms to C++ says, or install "
            'NEURON 8 (pip install "neuron<9").',
            output,
            "old-verbatim",
        )
    if symbol and _UNDECLARED.search(what):
        return place.error(
            f"{symbol} is used but not declared; add it to PARAMETER, ASSIGNED, STATE or LOCAL.",
            output,
            "mod-undeclared",
        )
    return place.error(
        f"the C++ compiler refuses what NMODL has made of it ({_shortened(what)}); correct it, then open the model "
        "again.",
        output,
        "mod-refused",
    )


def _line_of_file(path: Path | None, number: int) -> str:
    try:
        return "" if path is None else path.read_text("utf-8", "replace").splitlines()[number - 1]
    except (OSError, IndexError):
        return ""


def _line_of_text(source: ModSource, text: str) -> int:
    """Return the one line with this text, spaces and semicolons apart; 0 where none or several have it."""
    wanted = _plain(text)
    if len(wanted) < 3:
        return 0
    lines = without_comments(source.lines, keep_verbatim=True)
    whole = [number for number, line in enumerate(lines, 1) if _plain(line) == wanted]
    found = whole or [number for number, line in enumerate(lines, 1) if wanted in _plain(line)]
    return found[0] if len(found) == 1 else 0


def _plain(text: str) -> str:
    return re.sub(r"[\s;]|\b_l(?=[a-zA-Z])", "", text)


def _line_of_symbol(source: ModSource, symbol: str) -> int:
    """Return the first line that names a symbol; 0 where none does."""
    for name in (symbol, symbol.removeprefix("_l")):
        word = re.compile(rf"\b{re.escape(name)}\b")
        for number, line in enumerate(without_comments(source.lines, keep_verbatim=True), 1):
            if name and word.search(line):
                return number
    return 0


def _line_of_words(source: ModSource, sentence: str) -> int:
    """Return the line of the first file or name in a sentence that the source has too; 0 where there is none."""
    for name in re.findall(r"[\w-]+\.\w+", sentence):
        for number, text in enumerate(source.lines, 1):
            if f'"{name}"' in text:
                return number
    words = re.findall(r"(?<![\w'])\w{2,}", sentence)
    return next((line for each in words if (line := _line_of_symbol(source, each))), 0)


def _shortened(text: str) -> str:
    text = text.strip().rstrip(".")
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]} …"
