"""Beginnings of an own model, which `somascope new` writes. Each runs as it is."""

from __future__ import annotations

import re
from pathlib import Path

KINDS = ("inline", "neuron", "jaxley", "buffered")
_FOLDER = Path(__file__).resolve().parent / "templates"
_CLASS = "MyModel"


def template(kind: str, name: str) -> str:
    """Return the text of a template, for a file of this name: ``my_model`` has the class ``MyModel``."""
    text = (_FOLDER / f"{kind}.py").read_text(encoding="utf-8")
    return text.replace(_CLASS, class_name(name)).replace("my_model", name)


def class_name(name: str) -> str:
    """Return the name of a class for a file: ``"two-cells"`` gives ``"TwoCells"``."""
    words = "".join(each[:1].upper() + each[1:] for each in re.split(r"\W+|_", name))
    return words if words.isidentifier() else f"Model{words}"
