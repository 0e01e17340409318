"""An author's file: importing its session, and which lines of a traceback are the author's.

A file has either one session class, or views that it has made by `import somascope`. A file of the second kind is
run as ``__main__``, so that what it does under ``if __name__ == "__main__":`` is done; its `show()` ends the import.
"""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
import sysconfig
import traceback
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from importlib.abc import SourceLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from backends.errors import SomascopeError, SourceError
from backends.session import Session

_PREFIX = "somascope_script_"
_ROOT = Path(__file__).parent.parent  # of all our packages: this file is at the top of `backends`
_PACKAGES = ("app", "backends", "neuromorpho", "resources")
_USES_SOMASCOPE = re.compile(r"^\s*(?:from|import)\s+somascope\b", re.MULTILINE)


class EndOfScript(BaseException):
    """Raised by `somascope.show` while a script is imported: what follows is not for the session's process."""


@dataclass(eq=False)
class ScriptImport:
    """A script that is being imported.

    Attributes
    ----------
    views : object
        What it has registered, a `backends.inline.registry.Registry`; None where it has no views.
    end : EndOfScript or None
        Its traceback keeps the model of a script alive that has built it in a function.
    """

    path: Path
    arguments: tuple[str, ...] = ()
    views: Any = None
    end: EndOfScript | None = None


_importing: ContextVar[ScriptImport | None] = ContextVar("importing", default=None)


def present_import() -> ScriptImport | None:
    """Return the script that is being imported, None where none is."""
    return _importing.get()


def script_location(error: BaseException) -> str:
    """Return ``"my_model.py, line 9"``: the last line of an opened script that `error` came through, or ""."""
    frames = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if getattr(frame.f_globals.get("__spec__"), "name", "").startswith(_PREFIX)
    ]
    return f"{Path(frames[-1][0]).name}, line {frames[-1][1]}" if frames else ""


def user_code_location(error: BaseException) -> str:
    """Return ``"my_model.py, line 9"``: the last line of an author's that `error` came through, or "".

    Unlike `script_location`, this also finds code that was imported and not opened by its path.
    """
    frames = [
        each for each in traceback.extract_tb(error.__traceback__) if is_user_file(each.filename)
    ]
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""


def place_of_hook(hook: object) -> str:
    """Return where an author defined a function or method; "" if it is not an author's."""
    code = getattr(hook, "__code__", None)
    if code is None or not is_user_file(code.co_filename):
        return ""
    return f"{Path(code.co_filename).name}, line {code.co_firstlineno}"


def is_user_file(filename: str) -> bool:
    """Whether a file is neither Somascope's nor Python's nor an installed package's."""
    inside = Path(filename).parents
    others = [*(_ROOT / name for name in _PACKAGES), Path(sysconfig.get_path("stdlib"))]
    return "site-packages" not in filename and not any(each in inside for each in others)


def message_with_location(error: SomascopeError) -> str:
    """Return the sentence of an error with the author's line that it came through, unless it has one."""
    place = script_location(error)
    if not place or error.location:
        return error.message
    return f"{error.message.rstrip('.')} ({place})."


def _is_class(value: object) -> bool:
    """Whether a value is a class; not asked of the value itself, as a section that was deleted answers nothing."""
    return issubclass(type(value), type)


def load_session_class(
    path: Path, class_name: str | None = None, arguments: Sequence[str] = ()
) -> type[Session]:
    """Import the file at `path` and return its session class, which takes no required arguments.

    The class of a file with views is made from these. The file's folder is put on ``sys.path``, so that it can
    import its neighbours.

    Parameters
    ----------
    arguments : sequence of str
        Its ``sys.argv[1:]`` while it is imported.

    Raises
    ------
    SourceError
        If the file cannot be imported, defines no or several such classes, both a class and views, or not
        `class_name`.
    """
    imported = ScriptImport(path, tuple(arguments))
    module = _import_file(path, imported)
    found = {
        name: each
        for name, each in vars(module).items()
        if _is_class(each)
        and issubclass(each, Session)
        and each.__module__ == module.__name__
        and not inspect.isabstract(each)
    }
    names = ", ".join(found)
    if imported.views is not None and imported.views.view is not None:
        if (found or class_name is not None) and not imported.views.takes_classes:
            words = (
                f"defines {names} and makes views too" if found else "makes views and has no class"
            )
            raise SourceError(
                f"{path.name} {words}; a script has either a session class or views.",
                code="class-and-views",
            )
        try:
            kind: type[Session] = imported.views.session_class(path.stem, module.__name__)
        except SomascopeError as error:
            raise SourceError(f"{path.name}: {error.message}.", code=error.code) from error
        return kind
    if class_name is not None:
        if class_name not in found:
            there = f"it defines {names}" if found else "it defines no session class"
            raise SourceError(
                f"{path.name} has no session class {class_name!r}; {there}.", code="no-such-class"
            )
        return _check_arguments(path, found[class_name])
    if not found:
        raise SourceError(_missing_class_message(path, module), code="no-session-class")
    if len(found) > 1:
        raise SourceError(
            f"{path.name} defines several sessions ({names}); choose one, "
            f"for example {path.name}:{next(iter(found))}.",
            code="several-session-classes",
        )
    return _check_arguments(path, next(iter(found.values())))


def import_script(path: Path, arguments: Sequence[str] = ()) -> ModuleType:
    """Import the file at `path` as the main program that its author wrote, and return its module.

    Raises
    ------
    SourceError
        If it raises anything, with its line.
    """
    return _import_file(path, ScriptImport(path, tuple(arguments)), is_main=True)


def _missing_class_message(path: Path, module: ModuleType) -> str:
    """Return why a file has no session: an abstract class and its missing methods, if there is one."""
    for name, each in vars(module).items():
        is_its_own = _is_class(each) and each.__module__ == module.__name__
        if is_its_own and issubclass(each, Session) and inspect.isabstract(each):
            methods = " and ".join(sorted(each.__abstractmethods__))
            return f"{path.name}: {name} lacks the method {methods}; add it."
    return (
        f"{path.name} defines no session: write import somascope as ss, view = ss.neuron() and what it shows, "
        f"or a class that derives from NeuronSession or JaxleySession."
    )


def _import_file(path: Path, imported: ScriptImport, *, is_main: bool = False) -> ModuleType:
    _check_name(path)
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    digest = sha256(str(path).encode()).hexdigest()[:12]
    name = f"{_PREFIX}{digest}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    loader = spec.loader
    assert isinstance(loader, SourceLoader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look it up while it is being imported
    token = _importing.set(imported)
    own_words, sys.argv = sys.argv, [str(path), *imported.arguments]
    try:
        if is_main or _USES_SOMASCOPE.search(importlib.util.decode_source(path.read_bytes())):
            module.__name__ = "__main__"
        code = loader.get_code(name)
        assert code is not None
        exec(code, vars(module))
    except KeyboardInterrupt:
        raise
    except EndOfScript as end:
        imported.end = end
    except BaseException as error:  # an author's file may raise anything, sys.exit too
        del sys.modules[name]
        raise _import_error(path, error) from error
    finally:
        _importing.reset(token)
        sys.argv = own_words
    return module


def _check_name(path: Path) -> None:
    """Raise SourceError if a file has the name of a package that it imports: it would import itself."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return  # opening it reports it
    if re.search(rf"^\s*(?:from|import)\s+{re.escape(path.stem)}\b", text, re.MULTILINE):
        raise SourceError(
            f"{path.name} has the name of the package {path.stem}, which it imports; give it another name.",
            code="hides-package",
        )


def _import_error(path: Path, error: BaseException) -> SourceError:
    """Return the error for what importing a file has raised: its line first, then the reason."""
    is_ours = isinstance(error, SomascopeError)
    kind = "" if is_ours else f"{type(error).__name__}: "
    return SourceError(
        f"{path.name}{_line_of(error, path)}: {kind}{_reason(error)}.",
        "".join(traceback.format_exception(error)),
        code=error.code if isinstance(error, SomascopeError) else "import-failed",
        hint="edit-script" if is_ours else "",
    )


def _line_of(error: BaseException, path: Path) -> str:
    """Return ``", line 12"``: the last line of the file itself that the error came through."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f", line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f", line {lines[-1]}" if lines else ""


def _reason(error: BaseException) -> str:
    reason = error.msg if isinstance(error, SyntaxError) else str(error)
    return reason.splitlines()[0].rstrip(".") if reason else "no reason given"


def _check_arguments(path: Path, kind: type[Session]) -> type[Session]:
    parameters = inspect.signature(kind).parameters.values()
    needed = [
        each.name
        for each in parameters
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    if needed:
        raise SourceError(
            f"{path.name}: {kind.__name__} needs {', '.join(needed)}; give its arguments defaults.",
            code="needs-arguments",
        )
    return kind
