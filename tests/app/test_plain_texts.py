"""Nothing that is shown can be read as markup: what the code may write, by its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "app"
FILES = sorted(APP.rglob("*.py"))
PLAIN = APP / "ui" / "plain.py"
# Labels whose HTML is written here, with everything from outside escaped.
RICH_LABELS = {"window/dialogs/windows.py": 1, "archive/cell/preview.py": 1}
SAFE_CALLS = {"plain_tip", "escape", "keys_text"}


def trees() -> Iterator[tuple[str, ast.Module]]:
    """Return the syntax tree of each file of the application."""
    for path in FILES:
        if path != PLAIN:
            yield path.relative_to(APP).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def name_of(node: ast.expr) -> str:
    """Return the last part of a name, "" for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def is_safe(node: ast.expr) -> bool:
    """Whether a tip is written in the code, or escaped."""
    match node:
        case ast.Constant():
            return True
        case ast.Name() | ast.Attribute():
            return name_of(node).isupper()
        case ast.Call(func=function):
            return name_of(function) in SAFE_CALLS
        case ast.IfExp(body=one, orelse=other):
            return is_safe(one) and is_safe(other)
        case ast.BoolOp(values=values) | ast.JoinedStr(values=values):
            return all(map(is_safe, values))
        case ast.FormattedValue(value=value):
            return is_safe(value)
        case ast.BinOp(left=one, right=other):
            return is_safe(one) and is_safe(other)
    return False


def tips(tree: ast.Module) -> Iterator[ast.expr]:
    """Return every text that is given to a tool tip."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if name_of(node.func) == "setToolTip":
                yield node.args[-1]
            elif name_of(node.func) == "showText":
                yield node.args[1]
            yield from (each.value for each in node.keywords if each.arg == "toolTip")


@pytest.mark.slow
def test_every_label_is_plain_but_those_whose_html_is_written_in_the_code() -> None:
    found: dict[str, int] = {}
    for path, tree in trees():
        for node in ast.walk(tree):
            is_call = isinstance(node, ast.Call) and name_of(node.func) == "QLabel"
            is_base = isinstance(node, ast.ClassDef) and "QLabel" in map(name_of, node.bases)
            if is_call or is_base:
                found[path] = found.get(path, 0) + 1
    assert found == RICH_LABELS


@pytest.mark.slow
def test_every_message_box_is_plain() -> None:
    for path, tree in trees():
        made = [
            n
            for n in ast.walk(tree)
            if isinstance(n, ast.Call) and name_of(n.func) == "QMessageBox"
        ]
        text = ast.unparse(tree)
        assert text.count("box.setTextFormat(Qt.TextFormat.PlainText)") >= len(made), path
        assert not any(
            f"QMessageBox.{each}(" in text
            for each in ("question", "warning", "information", "critical", "about")
        ), path


@pytest.mark.slow
def test_every_tool_tip_is_written_in_the_code_or_made_plain() -> None:
    unsafe = [  # `actions.py` shows a table of the code
        f"{path}:{tip.lineno}: {ast.unparse(tip)}"
        for path, tree in trees()
        for tip in tips(tree)
        if not is_safe(tip) and path != "actions.py"
    ]
    assert unsafe == []


@pytest.mark.parametrize(
    "name", ["setHtml", "insertHtml", "QStaticText", "QTextBrowser", "QTextDocument"]
)
def test_nothing_else_shows_html(name: str) -> None:
    assert [path.name for path in FILES if name in path.read_text(encoding="utf-8")] == []
