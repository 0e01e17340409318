"""`FolderTemplate`: paths for the files of many neurons, made from their records, portable and unique.

The id of the neuron is always in the path and separated from the rest, so that two neurons have different
paths, on disks that ignore the case of letters too. It is added after the other parts were made portable and
short, so that it is never cut off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.filenames import LONGEST, portable_name
from neuromorpho.records.models import RECORD_KEYS, NeuroMorphoNeuron
from neuromorpho.records.parsing import is_missing, short_repr

UNKNOWN = "unknown"
STEM = "{neuron_id}_{neuron_name}"
FIELDS = (
    *RECORD_KEYS,
    "label",
    "Physical_Integrity",
    *(f"{name}_{level}" for name in ("brain_region", "cell_type") for level in range(1, 10)),
)
_MAX_FOLDER_LENGTH = 64
_MAX_LEVELS = 12
_NUMBERS = ("neuron_id", "label")
_PART = re.compile(r"\{([^{}]*)\}|([^{}]+)")
_ALONE = re.compile(r"\{(neuron_id|label)\}\Z")
_AT_THE_START = re.compile(r"\{(neuron_id|label)\}[-_](?=.)")
_AT_THE_END = re.compile(r"(?<=.)[-_]\{(neuron_id|label)\}\Z")


@dataclass(frozen=True)
class FolderTemplate:
    """A path made from a neuron's record, with fields between braces; created by `parse`."""

    folders: tuple[str, ...]
    stem: str

    @classmethod
    def parse(cls, text: str) -> FolderTemplate:
        """Return the template of a text.

        Parameters
        ----------
        text
            ``species,brain_region``: a folder for each field, and ``{neuron_id}_{neuron_name}``
            within; or a path such as ``{species}/{archive}/{neuron_id}_{neuron_name}``.
            ``brain_region_1`` is a region's first level, ``label`` is NMO_00001.

        Raises
        ------
        NeuroMorphoQueryError
            A field is unknown, or the text is not a path inside a folder.
        """
        if not isinstance(text, str):
            raise NeuroMorphoQueryError(
                f"{short_repr(text)} is not a template; give a text such as species,brain_region or "
                "{species}/{neuron_name}."
            )
        if "{" not in text and "}" not in text:
            names = [name.strip() for name in text.split(",")] if text.strip() else []
            levels = [f"{{{name}}}" for name in names] + [STEM]
        else:
            levels = [level.strip() for level in text.strip().split("/")]
        if len(levels) > _MAX_LEVELS:
            raise NeuroMorphoQueryError(
                f"The template {short_repr(text)} has {len(levels)} levels; at most {_MAX_LEVELS} are allowed."
            )
        for level in levels:
            _check(level, text)
        *folders, stem = levels
        return cls(tuple(folders), stem if _contains_number(levels) else f"{stem}_{{neuron_id}}")

    @property
    def text(self) -> str:
        """The template as a path, with the neuron's id where it had to be added."""
        return "/".join((*self.folders, self.stem))

    def file(self, neuron: NeuroMorphoNeuron, suffix: str) -> PurePosixPath:
        """Return the path of a neuron's file with a suffix, below the folder of the download."""
        stem = self.path(neuron)
        return stem.with_name(f"{stem.name}{suffix}")

    def path(self, neuron: NeuroMorphoNeuron) -> PurePosixPath:
        """Return a neuron's path below the folder of the download, without the file's suffix."""
        folders = [_name(level, neuron, _MAX_FOLDER_LENGTH) for level in self.folders]
        return PurePosixPath(*folders, _name(self.stem, neuron, LONGEST))


def template_of(group_by: str | FolderTemplate | None) -> FolderTemplate | None:
    """Return the template of a text; None for none."""
    if isinstance(group_by, FolderTemplate):
        return group_by
    return FolderTemplate.parse(group_by) if group_by else None


def _contains_number(levels: list[str]) -> bool:
    """Return whether the id is separated from the rest: alone in a folder, or at an end of the stem."""
    head, _, tail = _split(levels[-1])
    return bool(head or tail) or any(_ALONE.match(level) for level in levels)


def _split(level: str) -> tuple[str, str, str]:
    """Return the id that is separated from the rest: at the start (or alone), the rest, or the id at the end."""
    if _ALONE.match(level):
        return level, "", ""
    if start := _AT_THE_START.match(level):
        return start[0], level[start.end() :], ""
    if end := _AT_THE_END.search(level):
        return "", level[: end.start()], end[0]
    return "", level, ""


def _check(level: str, text: str) -> None:
    """Raise if a level is not a valid folder name or has an unknown field."""
    parts = _PART.findall(level)
    for field, literal in parts:
        if not literal and field not in FIELDS:
            raise NeuroMorphoQueryError(
                f"{short_repr(field)} in the template {short_repr(text)} is not a field of a record; "
                f"known are {', '.join(FIELDS[:-18])} and brain_region_1, cell_type_1 and so on."
            )
    if _PART.sub("", level):
        raise NeuroMorphoQueryError(
            f"The template {short_repr(text)} has a brace without its partner; write {{field}}."
        )
    literals = "".join(literal for _, literal in parts)
    is_portable = not literals or portable_name(f"a{literals}a") == f"a{literals}a"
    if not level or not is_portable or ".." in level:
        raise NeuroMorphoQueryError(
            f"{short_repr(level)} in the template {short_repr(text)} is not a valid folder name on every system; "
            "use letters, digits, blanks, - and _, and / between folders."
        )


def _name(level: str, neuron: NeuroMorphoNeuron, limit: int) -> str:
    """Return a level of the path: the id as it is, the rest made portable and cut to length."""
    head, rest, tail = (_fill(part, neuron) for part in _split(level))
    n_left = limit - len(head) - len(tail)
    return head + (portable_name(rest, limit=n_left) if rest else "") + tail


def _fill(level: str, neuron: NeuroMorphoNeuron) -> str:
    return _PART.sub(lambda found: found[2] or _value(neuron, found[1]), level)


def _value(neuron: NeuroMorphoNeuron, field: str) -> str:
    """Return a field as text, a list joined by "-"; UNKNOWN where it is missing."""
    value: Any = getattr(neuron, field) if field in _NUMBERS else neuron.get(field)
    if isinstance(value, list | tuple):
        return "-".join(str(item) for item in value if not is_missing(item)) or UNKNOWN
    return UNKNOWN if is_missing(value) else str(value)
