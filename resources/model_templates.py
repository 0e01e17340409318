"""Beginnings of an own model, which `somascope new` writes. Each runs as it is."""

from __future__ import annotations

import re
from pathlib import Path

KINDS = ("inline", "neuron", "jaxley", "buffered")
_FOLDER = Path(__file__).resolve().parent
_CLASS = "MyModel"
_BUFFERED_DOC = """my_model: a FitzHugh–Nagumo neuron with a solver of its own, without NEURON or Jaxley.

somascope my_model.py                      opens it in the window
somascope run my_model.py --for 200 --traces my_model.csv
"""


def template(kind: str, name: str) -> str:
    """Return the text of a template, for a file of this name: ``my_model`` has the class ``MyModel``."""
    if kind == "buffered":  # the example of a solver, under another name
        text = (_FOLDER / "examples" / "fitzhugh_nagumo.py").read_text(encoding="utf-8")
        _, _, code = text.split('"""', 2)
        text = f'"""{_BUFFERED_DOC}"""{code}'.replace("FitzHughNagumo", _CLASS)
    else:
        text = (_FOLDER / "templates" / f"{kind}.py").read_text(encoding="utf-8")
    return text.replace(_CLASS, class_name(name)).replace("my_model", name)


def class_name(name: str) -> str:
    """Return the name of a class for a file: ``"two-cells"`` gives ``"TwoCells"``."""
    words = "".join(each[:1].upper() + each[1:] for each in re.split(r"\W+|_", name))
    return words if words.isidentifier() else f"Model{words}"
