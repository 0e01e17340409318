"""What a user may name, what it becomes, and the sentence where it becomes nothing."""

from __future__ import annotations

import dataclasses
import pickle
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from driving import closing, of_kind, settle

from backends.errors import SourceError
from backends.isolated.session import IsolatedSession
from backends.messages import (
    Error,
    FieldReplace,
    Phase,
    RunFor,
    RunStatus,
    SceneReady,
    SessionUpdate,
    Status,
)
from backends.sources.source import SessionSource

SWC = """# a ball and a stick
1 1 0 0 0 10 -1
2 1 0 -10 0 10 1
3 1 0 10 0 10 1
4 3 10 0 0 1 1
5 3 110 0 0 1 4
"""
ONE = "from ramp import Ramp\nclass Mine(Ramp):\n    pass\n"
TWO = ONE + "class Yours(Ramp):\n    pass\n"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Return what writes a file in the folder that the user is in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return written


@pytest.fixture
def parsed(write: Callable[[str, str], Path]) -> Iterator[Callable[[str], SessionSource]]:
    """Return what makes a source of a script's text."""
    known = set(sys.modules)

    def source(text: str, class_name: str = "") -> SessionSource:
        write("my_session.py", text)
        return SessionSource.parse("my_session.py" + class_name)

    yield source
    for name in set(sys.modules) - known:
        if name.startswith("somascope_script_") or name == "neighbour":
            del sys.modules[name]


def refused(text: str, backend: str | None = None, precision: str | None = None) -> SourceError:
    """Return the error for what cannot be opened."""
    with pytest.raises(SourceError) as caught:
        SessionSource.parse(text, backend, precision)
    assert caught.value.message.endswith(".")
    return caught.value


def refusal(text: str, backend: str | None = None, precision: str | None = None) -> str:
    """Return the message for what cannot be opened."""
    return refused(text, backend, precision).message


def test_an_swc_file_is_a_source_by_its_absolute_path(write: Callable[[str, str], Path]) -> None:
    path = write("cell 1.SWC", SWC)
    source = SessionSource.parse(" cell 1.SWC ")
    assert source == SessionSource("swc", str(path))
    assert source.title == "cell 1"


def test_a_script_may_name_its_class(write: Callable[[str, str], Path]) -> None:
    path = write("my.py", ONE)
    assert SessionSource.parse("my.py") == SessionSource("script", str(path))
    assert SessionSource.parse("my.py").title == "my"
    source = SessionSource.parse("my.py:Mine")
    assert source == SessionSource("script", str(path), "Mine")
    assert source.title == "Mine"


def test_neurons_demo_cell_has_a_name() -> None:
    assert SessionSource.parse("demo") == SessionSource("demo")
    assert SessionSource.parse("demo").title == "NEURON's demo cell"


def test_every_bundled_cell_is_known_by_its_name() -> None:
    from resources import bundled

    assert "pyramidal" in [cell.name for cell in bundled()]
    for cell in bundled():
        assert SessionSource.parse(cell.name) == SessionSource("bundled", cell.name)
        assert SessionSource.parse(cell.name).title == cell.title


def test_a_bundled_name_wins_over_a_folder_of_that_name(
    write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    (tmp_path / "pyramidal").mkdir()
    assert SessionSource.parse("pyramidal").kind == "bundled"


def test_the_colon_behind_a_drive_letter_separates_no_class() -> None:
    assert r"C:\cells\my.py; check its name" in refusal(r"C:\cells\my.py")
    assert r"C:\cells\my.py; check its name" in refusal(r"C:\cells\my.py:Mine")
    assert r"C:\cells\x.swc; check its name" in refusal(r"C:\cells\x.swc")


def test_what_cannot_be_opened_gets_its_own_sentence(
    write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    write("my.py", ONE)
    write("notes.txt", "")
    write("run.somascope", "{}")
    (tmp_path / "cells.swc").mkdir()
    for text, code, word in (
        ("", "no-source", "NMO_00001"),
        ("absent.swc", "not-found", "absent.swc"),
        ("cells.swc", "no-entry-script", "cells.swc"),
        ("notes.txt", "unknown-file-kind", "notes.txt (.txt)"),
        ("run.somascope", "is-project", "run.somascope"),
        ("my.py:not a class", "bad-class-name", "my.py:ClassName"),
        ("NMO_0", "bad-archive-id", "NMO_00001"),
        (f"NMO_{'9' * 300}", "bad-archive-id", "NMO_9999"),
    ):
        error = refused(text)
        assert error.code == code
        assert word in error.message


def test_an_id_of_the_archive_is_a_cell_whose_file_is_still_to_be_found() -> None:
    source = SessionSource.parse("nmo_7", "jaxley", "float32")
    assert (source.kind, source.origin, source.path) == ("swc", "NMO_00007", "")
    assert (source.backend, source.precision) == ("jaxley", "float32")
    assert (source.title, source.is_local) == ("NMO_00007", False)
    assert SessionSource.parse("NMO_123456").origin == "NMO_123456"
    with pytest.raises(SourceError, match="NMO_00007"):
        source.create()


def test_a_cell_of_the_archive_reports_its_name_and_where_its_file_came_from(
    write: Callable[[str, str], Path],
) -> None:
    source = dataclasses.replace(
        SessionSource.parse("NMO_00007"),
        path=str(write("cell.CNG.swc", SWC)),
        name="cell",
        origin_facts=(("Archive", "Some"), ("Species", "rat")),
        origin_note="The file is the standardized SWC of NMO_00007.",
    )
    assert (source.title, source.is_local) == ("cell", True)
    session = source.create()
    with closing(session):
        scene = session.initialize() or of_kind(SceneReady, settle(session))[-1].scene
    assert scene.title == "cell"
    assert list(scene.facts.items())[:3] == [
        ("NeuroMorpho.Org", "NMO_00007"), ("Archive", "Some"), ("Species", "rat"),
    ]  # fmt: skip
    assert scene.findings[0].message == source.origin_note
    assert scene.findings[0].severity == "info"


def test_a_cell_is_of_the_simulator_and_precision_that_were_chosen(
    write: Callable[[str, str], Path],
) -> None:
    write("stick.swc", SWC)
    for name in ("stick.swc", "pyramidal", "demo"):
        plain = SessionSource.parse(name)
        assert (plain.backend, plain.precision) == ("neuron", "float64")
        asked = SessionSource.parse(name, "jaxley", "float32")
        assert asked == dataclasses.replace(plain, backend="jaxley", precision="float32")
        assert dataclasses.replace(asked, backend="neuron", precision="float64") == plain
    assert SessionSource.parse("pyramidal", "jaxley").precision == "float64"
    assert SessionSource.parse("pyramidal", "neuron", "float64").precision == "float64"


def test_a_simulator_or_precision_that_is_not_there_is_refused_with_those_that_are(
    write: Callable[[str, str], Path],
) -> None:
    write("my.py", ONE)
    for name in ("pyramidal", "my.py"):
        sentence = "There is no backend 'brian'; there are neuron and jaxley."
        assert refusal(name, "brian") == sentence
        sentence = "There is no precision 'float16'; there are float64 and float32."
        assert refusal(name, "jaxley", "float16") == sentence
    with pytest.raises(SourceError, match="no backend 'NEURON'"):
        dataclasses.replace(SessionSource("demo"), backend="NEURON")  # type: ignore[arg-type]


def test_float32_is_refused_for_a_cell_on_neuron_with_what_to_add() -> None:
    for name, backend in (("pyramidal", None), ("demo", "neuron")):
        with pytest.raises(SourceError) as caught:
            SessionSource.parse(name, backend, "float32")
        assert (caught.value.code, caught.value.hint) == ("float32-on-neuron", "use-jaxley")
        assert "--" not in caught.value.message


def test_an_unknown_name_is_answered_with_the_names_there_are() -> None:
    assert "no bundled cell 'purkinje'; bundled are" in refusal("purkinje")
    assert "pyramidal" in refusal("purkinje")


def test_a_source_is_frozen_and_travels() -> None:
    source = SessionSource("swc", "/x.swc", dt_ms=0.1, model_json="{}")
    assert pickle.loads(pickle.dumps(source)) == source
    assert hash(source)
    with pytest.raises(dataclasses.FrozenInstanceError):
        source.path = "/y.swc"  # type: ignore[misc]


def test_a_script_s_only_session_is_found_and_runs(
    parsed: Callable[..., SessionSource], write: Callable[[str, str], Path]
) -> None:
    write("neighbour.py", "N = 7\n")
    source = parsed(
        """
        from ramp import Ramp
        from backends.session import BufferedSession
        from neighbour import N

        class Unfinished(BufferedSession):
            "Abstract still."

        class Mine(Ramp):
            def __init__(self, n=N):
                super().__init__(n)
        """
    )
    session = source.create()
    session.initialize()
    session.handle(RunFor(2.0))
    assert of_kind(FieldReplace, settle(session))[-1].values.shape == (7,)


def test_a_script_runs_in_a_process_of_its_own(parsed: Callable[..., SessionSource]) -> None:
    session = IsolatedSession(parsed(TWO, ":Yours").create, name="Yours")
    with closing(session):
        session.initialize()
        session.handle(RunFor(2.0))
        assert of_kind(RunStatus, settle(session))[-1].time_ms == 2.0


@pytest.mark.parametrize(
    ("text", "class_name", "code", "word"),
    [
        ("x = 1\n", "", "no-session-class", "defines no session"),
        (TWO, "", "several-session-classes", "(Mine, Yours)"),
        (ONE, ":Other", "no-such-class", "it defines Mine"),
        ("x = 1\n", ":Other", "no-such-class", "'Other'"),
        ("x = 1\nclass:\n", "", "import-failed", "line 2: SyntaxError"),
        ("\n\nimport no_such\n", "", "import-failed", "line 3: ModuleNotFoundError"),
        ("def f():\n    return 1 / 0\nf()\n", "", "import-failed", "line 2: ZeroDivisionError"),
        ("import sys\nsys.exit('bye')\n", "", "import-failed", "line 2: SystemExit: bye"),
        ("assert 0\n", "", "import-failed", "line 1: AssertionError"),
        (
            "from ramp import Ramp\nclass Mine(Ramp):\n    def __init__(self, n, *, m): ...\n",
            "",
            "needs-arguments",
            "n, m",
        ),
    ],
)
def test_a_script_that_gives_no_session_reports_where_and_why(
    parsed: Callable[..., SessionSource], text: str, class_name: str, code: str, word: str
) -> None:
    source = parsed(text, class_name)
    with pytest.raises(SourceError) as caught:
        source.create()
    assert caught.value.code == code
    assert caught.value.message.startswith("my_session.py")
    assert word in caught.value.message
    if code == "import-failed":
        assert "Traceback" in caught.value.details


def test_the_sentence_of_a_broken_script_comes_out_of_the_child(
    parsed: Callable[..., SessionSource],
) -> None:
    session = IsolatedSession(parsed("import no_such\n").create, name="my_session")
    with closing(session), pytest.raises(SourceError, match="line 1: ModuleNotFoundError"):
        session.initialize()


ON_NEURON = "from neuron_models import TwoSections\nclass Mine(TwoSections):\n    pass\n"
ON_JAXLEY = "from jaxley_models import TwoBranches\nclass Mine(TwoBranches):\n    pass\n"


@pytest.mark.parametrize(
    ("text", "backend", "precision", "hint"),
    [
        (ON_NEURON, "jaxley", None, "omit-backend"),
        (ON_JAXLEY, "neuron", None, "omit-backend"),
        (ONE, "neuron", None, "omit-backend"),
        (ONE, None, "float64", "omit-precision"),
        (ON_NEURON, None, "float32", "omit-precision"),
    ],
)
def test_a_script_that_contradicts_what_was_chosen_is_reported(
    write: Callable[[str, str], Path],
    text: str,
    backend: str | None,
    precision: str | None,
    hint: str,
) -> None:
    write("mine.py", text)
    source = SessionSource.parse("mine.py", backend, precision)
    with pytest.raises(SourceError) as caught:
        source.create()
    assert (caught.value.code, caught.value.hint) == ("script-contradiction", hint)
    assert caught.value.message.startswith("mine.py: Mine ")
    assert "--" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "backend", "precision"),
    [(ON_NEURON, "neuron", "float64"), (ON_JAXLEY, "jaxley", None), (ONE, None, None)],
)
def test_a_script_that_is_what_was_chosen_is_opened(
    write: Callable[[str, str], Path], text: str, backend: str | None, precision: str | None
) -> None:
    write("mine.py", text)
    assert SessionSource.parse("mine.py", backend, precision).create()


def test_the_precision_that_is_chosen_goes_before_a_script_s_own(
    write: Callable[[str, str], Path],
) -> None:
    write("mine.py", ON_JAXLEY + "    precision = 'float32'\n")
    assert SessionSource.parse("mine.py").create().precision == "float32"  # type: ignore[attr-defined]
    asked = SessionSource.parse("mine.py", precision="float64").create()
    assert asked.precision == "float64"  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_source_on_jaxley_becomes_a_cell_in_its_precision_in_its_own_process(
    write: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("jaxley", reason="Jaxley is not installed")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "jax"))  # so that it compiles
    write("stick.swc", SWC)
    source = SessionSource.parse("stick.swc", "jaxley", "float32")
    source = dataclasses.replace(source, dt_ms=0.05, history_capture_mode="on_demand")
    session = IsolatedSession(source.create, name=source.title)
    statuses: list[SessionUpdate] = []
    session.on_status = statuses.append
    with closing(session):
        scene = session.initialize()
        session.handle(RunFor(2.0))
        updates = settle(session)
    assert scene is not None
    assert (scene.backend, scene.dt_ms) == ("Jaxley", 0.05)
    assert scene.facts["Precision"].startswith("float32 on ")
    assert of_kind(RunStatus, updates)[-1].time_ms == pytest.approx(2.0, abs=1e-5)
    assert of_kind(Error, updates) == []
    phases = [each.phase for each in of_kind(Status, statuses)]
    assert phases.index(Phase.BUILDING) < phases.index(Phase.COMPILING)


def test_the_demo_cell_without_neuron_reports_what_it_needs(
    write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    (tmp_path / "neuron").mkdir()
    write("neuron/__init__.py", "raise ImportError('no neuron here')\n")
    sys.path.insert(0, str(tmp_path))  # which the child takes over
    session = IsolatedSession(SessionSource.parse("demo", "jaxley").create, name="demo")
    with closing(session), pytest.raises(SourceError) as caught:
        session.initialize()
    assert caught.value.message == (
        "NEURON's demo cell is in NEURON's own wheel, which is not installed: run "
        "pip install neuron, or open another cell."
    )


def test_an_swc_file_becomes_a_cell_that_runs_in_its_own_process(
    write: Callable[[str, str], Path],
) -> None:
    pytest.importorskip("neuron", reason="NEURON is not installed")
    write("stick.swc", SWC)
    source = SessionSource.parse("stick.swc")
    session = IsolatedSession(source.create, name=source.title)
    statuses: list[SessionUpdate] = []
    session.on_status = statuses.append
    with closing(session):
        scene = session.initialize()
        assert scene is not None
        assert scene.title == "stick"
        assert scene.geometry is not None
        assert "soma[0](0.5)" in scene.geometry
        session.handle(RunFor(5.0))
        updates = settle(session)
    assert of_kind(RunStatus, updates)[-1].time_ms == pytest.approx(5.0, abs=1e-9)
    assert of_kind(Error, updates) == []
    assert Status(Phase.BUILDING, "Reading stick", 0.0) in statuses
    assert Status(Phase.BUILDING, "Building stick") in statuses


def test_a_broken_swc_file_gets_its_sentence_from_the_child(
    write: Callable[[str, str], Path],
) -> None:
    from backends.errors import MorphologyError

    write("broken.swc", "1 1 0 0 zero 1 -1\n")
    session = IsolatedSession(SessionSource.parse("broken.swc").create, name="broken")
    with closing(session), pytest.raises(MorphologyError, match="line 1"):
        session.initialize()


def test_bundled_and_demo_cells_become_sessions() -> None:
    pytest.importorskip("neuron", reason="NEURON is not installed")
    for name in ("pyramidal", "demo"):
        source = SessionSource.parse(name)
        session = IsolatedSession(source.create, name=source.title)
        with closing(session):
            scene = session.initialize()
            assert scene is not None
            assert scene.geometry is not None
            assert scene.geometry.n_segments > 20
            assert scene.title == source.title


def test_the_options_reach_the_cell(write: Callable[[str, str], Path]) -> None:
    pytest.importorskip("neuron", reason="NEURON is not installed")
    write("stick.swc", SWC)
    source = dataclasses.replace(
        SessionSource.parse("stick.swc"),
        dt_ms=0.05,
        model_json='{"v_init_mv": -70.0}',
        history_capture_mode="full",
    )
    session = IsolatedSession(source.create, name=source.title)
    with closing(session):
        scene = session.initialize()
    assert scene is not None
    assert scene.dt_ms == 0.05
    assert scene.morphology_view is not None
    display = scene.field_by_id(scene.morphology_view.field_id)
    assert display.values == pytest.approx(-70.0)
