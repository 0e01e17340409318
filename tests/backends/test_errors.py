"""What every error of `backends` carries: a sentence, a code, a hint; also to another process."""

from __future__ import annotations

import ast
import pickle
import re
from pathlib import Path

import pytest

import backends.errors
from backends.error_updates import error_of, error_update, refusal
from backends.errors import RequestError, SessionCrashed, SimulatorError, SomascopeError
from backends.messages import SetControl
from backends.swc.audit import SwcError

ROOT = Path(backends.errors.__file__).parent
CLASSES = [
    each
    for each in vars(backends.errors).values()
    if isinstance(each, type) and issubclass(each, SomascopeError)
]
NAMES = {each.__name__ for each in CLASSES}
HINTS = set(re.findall(r"^([a-z0-9-]+)  ", backends.errors.__doc__ or "", re.MULTILINE))


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_survives_pickling_with_all_its_data(kind: type[SomascopeError]) -> None:
    error = kind("It failed.", "log", code="a-code", hint="retry", location="my.py, line 3")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (str(copy), vars(copy)) == (str(error), vars(error))


def test_a_file_error_survives_pickling_with_its_line() -> None:
    error = SwcError("Bad row.", "log", "format.columns", 7, "x.swc")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.line, copy.path, copy.hint) == (
        "format.columns",
        7,
        "x.swc",
        "choose-file",
    )


def test_an_error_without_a_code_has_that_of_its_class() -> None:
    assert SimulatorError("No.").code == "simulator-error"
    assert SessionCrashed("Gone.").code == "session-crashed"


def test_code_and_hint_travel_in_an_update_and_back() -> None:
    update = error_update(SimulatorError("No hh.", "log", code="no-hh", hint="restart"), fatal=True)
    assert (update.code, update.hint, update.fatal) == ("no-hh", "restart", True)
    error = error_of(update)
    assert (error.message, error.details, error.code, error.hint) == (
        "No hh.",
        "log",
        "no-hh",
        "restart",
    )


def test_a_refused_control_is_named() -> None:
    update = refusal(SetControl("amp", 99.0), RequestError("Too much.", code="out-of-range"))
    assert (update.code, update.subject, update.fatal) == ("out-of-range", "amp", False)


def test_every_error_is_raised_with_a_code_and_only_with_documented_hints() -> None:
    without_code, hints = [], set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            words = {each.arg: each.value for each in node.keywords}
            hint = words.get("hint")
            if isinstance(hint, ast.Constant):
                hints.add(hint.value)
            if node.func.id in NAMES - {"SessionCrashed"} and "code" not in words:
                without_code.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert without_code == []
    assert hints <= HINTS
    assert "restart" in hints
