"""Opening scripts with views: what ends the import, `__main__`, and mistakes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from backends.errors import SourceError
from backends.inline import registry
from backends.isolated.session import IsolatedSession
from backends.messages import Error, InvokeAction
from backends.scripts import load_session_class, present_import
from backends.sources.source import SessionSource
from tests.support.inline_scripts import opened, written

PLAIN = "import somascope as ss\nss.source().trace(lambda ctx: ctx.t, title='T')\n"
CLASS = "from tests.support.ramp import Ramp\nclass Mine(Ramp):\n    pass\n"


def refusal(folder: Path, text: str, class_name: str | None = None) -> SourceError:
    with pytest.raises(SourceError) as caught:
        load_session_class(written(folder, text), class_name)
    return caught.value


def test_show_ends_the_import_and_views_without_show_are_shown_too(tmp_path: Path) -> None:
    for end in ("", "ss.show()\nraise ValueError\n", "ss.show(title='Mine')\n"):
        with opened(tmp_path, PLAIN + end) as model:
            assert list(model.views) == ["t"]
            assert model.scene.title == ("Mine" if "Mine" in end else "my_model")
    assert present_import() is None


def test_a_script_is_run_as_main_and_one_with_a_class_is_not(tmp_path: Path) -> None:
    main = "if __name__ == '__main__':\n    raise ValueError(__name__)\n"
    assert refusal(tmp_path, PLAIN + main).code == "import-failed"
    assert load_session_class(written(tmp_path, CLASS + main)).__name__ == "Mine"
    assert sys.modules["__main__"].__name__ == "__main__"


def test_each_import_has_views_of_its_own(tmp_path: Path) -> None:
    first = load_session_class(written(tmp_path, PLAIN))
    second = load_session_class(written(tmp_path, PLAIN))
    assert first.inline_view is not second.inline_view  # type: ignore[attr-defined]
    assert registry.registry().view is None


def test_the_model_of_a_script_that_fails_is_named_by_its_line(tmp_path: Path) -> None:
    error = refusal(tmp_path, "import somascope as ss\nview = ss.source()\nview.lin('x')\n")
    assert error.code == "import-failed"
    assert error.message.startswith("my_model.py, line 3: AttributeError")


@pytest.mark.parametrize(
    ("text", "class_name", "code", "keyword"),
    [
        ("import somascope as ss\nss.show()\n", None, "no-views", "ss.neuron()"),
        ("import somascope as ss\n", None, "no-session-class", "ss.neuron()"),
        ("import somascope as ss\nss.source()\n", None, "no-views", "show"),
        (PLAIN + CLASS, None, "class-and-views", "Mine"),
        (PLAIN, "Mine", "class-and-views", "no class"),
        ("import somascope as ss\nss.neurone()\n", None, "import-failed", "neurone"),
    ],
)
def test_what_is_wrong_with_a_script_is_said(
    tmp_path: Path, text: str, class_name: str | None, code: str, keyword: str
) -> None:
    error = refusal(tmp_path, text, class_name)
    assert error.code == code
    assert error.message.startswith("my_model.py")
    assert keyword in error.message


@pytest.mark.parametrize("name", ["somascope", "neuron"])
def test_a_file_that_hides_the_package_that_it_imports_is_refused(
    tmp_path: Path, name: str
) -> None:
    path = written(tmp_path, f"import {name}\n", f"{name}.py")
    with pytest.raises(SourceError) as caught:
        load_session_class(path)
    assert caught.value.code == "hides-package"
    assert name in caught.value.message


@pytest.mark.parametrize("body", ["sys.exit(3)", "os._exit(3)"])
def test_a_function_that_ends_the_process_is_reported_and_the_script_opens_again(
    tmp_path: Path, body: str
) -> None:
    text = f"import os, sys\n{PLAIN}".replace("ss.source()", "v = ss.source(); v") + (
        f"v.button('Leave', lambda: {body})\n"
    )
    source = SessionSource.parse(str(written(tmp_path, text)))
    for _ in range(2):
        session = IsolatedSession(source.create, name="it")
        try:
            session.initialize()
            session.handle(InvokeAction("leave"))
            errors: list[Error] = []
            while not errors:
                session.wait_idle(0.1)
                errors = [each for each in session.read_updates() if isinstance(each, Error)]
            assert (errors[0].fatal, errors[0].code) == (True, "exit-called")
            assert "my_model.py" in errors[0].message
        finally:
            session.shutdown()


def test_show_in_a_notebook_says_what_to_do_without_a_script(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    assert registry.is_interactive()
