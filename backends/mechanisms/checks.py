"""Names that cannot be compiled or loaded together, found before the compiler runs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backends.mechanisms.errors import MechanismError
from backends.mechanisms.sources import ModSource

BUILT_IN = frozenset(
    {
        *("morphology", "capacitance", "pas", "extracellular", "fastpas", "hh"),
        *("IClamp", "AlphaSynapse", "ExpSyn", "Exp2Syn", "SEClamp", "VClamp", "OClamp", "APCount"),
        *("NetStim", "IntFire1", "IntFire2", "IntFire4", "PointProcessMark", "PatternStim"),
    }
)
"""Mechanisms that NEURON has before any is loaded; a test compares them with NEURON's own list."""
_FILE_NAME = re.compile(r"\w+", re.ASCII)


def check_names(sources: Sequence[ModSource]) -> None:
    """Raise MechanismError for the first name that is there twice or cannot be used.

    Its code is ``duplicate-mechanism``, ``duplicate-mod-file`` or ``bad-mod-name``.
    """
    mods = [each for each in sources if each.is_mod]
    by_stem: dict[str, ModSource] = {}
    by_name: dict[str, ModSource] = {}
    for source in mods:
        stem = source.path.stem
        if not _FILE_NAME.fullmatch(stem):
            raise _error(
                source,
                f"{source.path} cannot be compiled, as NEURON allows only letters, digits and _ in the name of a "
                ".mod file: rename it.",
                "bad-mod-name",
            )
        if (first := by_stem.setdefault(stem, source)) is not source:
            raise _error(
                source,
                f"Two different files are named {source.path.name}: {first.path} and {source.path}; remove one, or "
                "open the folder of one model.",
                "duplicate-mod-file",
            )
        name = source.mechanism
        if name in BUILT_IN:
            raise _error(
                source,
                f"{source.path.name} defines {name}, which NEURON already has: rename it in {source.path} and where "
                "the model uses it, or remove the file.",
                "duplicate-mechanism",
            )
        if name and (first := by_name.setdefault(name, source)) is not source:
            raise _error(
                source,
                f"Two files define the mechanism {name}: {first.path} and {source.path}; remove one of them, or open the "
                "folder of one model.",
                "duplicate-mechanism",
            )


def _error(source: ModSource, sentence: str, code: str) -> MechanismError:
    return MechanismError(sentence, code=code, hint="edit-mod", file=str(source.path))
