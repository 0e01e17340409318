"""A script with `.mod` files beside it gets them compiled; what nrnivmodl has compiled there stays unless it is older."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest

from backends.errors import SessionCancelled, SimulatorError
from backends.isolated.session import IsolatedSession
from backends.mechanisms.compilation import Progress
from backends.messages import Error, Phase, SessionUpdate, Status
from backends.neuron import script_mechanisms
from backends.neuron.script_mechanisms import ScriptMechanisms
from backends.sources.deferred import DeferredSession
from backends.sources.source import SessionSource
from tests.support.mechanism_files import HAS_COMPILER, write_leak

SCRIPT = """
from backends.neuron import NeuronSession

class Mine(NeuronSession):
    def build_sections(self):
        from neuron import h
        self.soma = h.Section(name="soma")
        self.soma.L = self.soma.diam = 20
        self.soma.insert("kx")
        return [self.soma]
"""
needs_compiler = pytest.mark.skipif(
    not HAS_COMPILER, reason="mechanisms need make and a C++ compiler"
)


def write_script(folder: Path, text: str = SCRIPT) -> Path:
    script = folder / "mine.py"
    script.write_text(text)
    return script


def write_library(folder: Path, age_s: float) -> Path:
    """Write a file where nrnivmodl would put its library, so old."""
    library = folder / script_mechanisms.MACHINES[0] / script_mechanisms.LIBRARY
    library.parent.mkdir()
    library.write_bytes(b"")
    os.utime(library, (time.time() - age_s,) * 2)
    return library


@pytest.mark.parametrize(
    ("text", "is_built"),
    [
        (SCRIPT, True),
        ("from neuron import h\n", True),
        ("import somascope as ss\nss.neuron()\n", True),
        ("import jaxley  # not neuron\n", False),
        ("from neuron import h\nh.nrn_load_dll('mine.so')\n", False),
        ("import neuron\nneuron.load_mechanisms('mod')\n", False),
    ],
)
def test_scripts_on_neuron_that_load_nothing_themselves_get_their_files_compiled(
    tmp_path: Path, text: str, is_built: bool
) -> None:
    write_leak(tmp_path / "mod", "kx")
    assert ScriptMechanisms.of(write_script(tmp_path, text)).are_built_here is is_built


@pytest.mark.parametrize(("age_s", "is_built"), [(-100, False), (100, True)])
def test_a_compiled_library_stays_unless_a_file_is_newer(
    tmp_path: Path, age_s: float, is_built: bool
) -> None:
    path = write_leak(tmp_path, "kx")
    write_library(tmp_path, age_s)
    found = ScriptMechanisms.of(write_script(tmp_path))
    assert found.are_built_here is is_built
    assert found.newer == (path.resolve() if is_built else None)


def test_a_library_for_another_machine_does_not_count(tmp_path: Path) -> None:
    write_leak(tmp_path, "kx")
    library = write_library(tmp_path, -100)
    library.rename(library.with_suffix(".dll"))
    assert ScriptMechanisms.of(write_script(tmp_path)).are_built_here


def test_an_older_library_that_a_script_loads_itself_is_reported(tmp_path: Path) -> None:
    write_leak(tmp_path, "kx")
    write_library(tmp_path, 100)
    script = write_script(tmp_path, SCRIPT + "\nneuron.load_mechanisms('.')\n")
    found = ScriptMechanisms.of(script)
    warning = found.warning()
    assert found.has_news
    assert isinstance(warning, Error)
    assert (warning.code, warning.fatal) == ("stale-mechanisms", False)
    assert "kx.mod" in warning.message


def test_that_the_library_is_older_is_said_while_it_compiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_leak(tmp_path, "kx")
    write_library(tmp_path, 100)

    def build(files: object, text: str, *, on_progress: object, **others: object) -> Path:
        assert callable(on_progress)
        on_progress(Progress("Compiling kx.mod (1 of 1)", 0.5))
        return tmp_path

    monkeypatch.setattr(script_mechanisms, "build_used", build)
    updates: list[SessionUpdate] = []
    assert ScriptMechanisms.of(write_script(tmp_path)).build(updates.append, bool) == tmp_path
    (status,) = updates
    assert isinstance(status, Status)
    assert (status.phase, status.progress) == (Phase.COMPILING, 0.5)
    assert "older than kx.mod" in status.message


def test_a_file_that_no_compiler_takes_stops_only_a_script_that_names_its_mechanism(
    tmp_path: Path,
) -> None:
    write_leak(tmp_path, "kx", "not-a-name.mod")
    updates: list[SessionUpdate] = []
    script = write_script(tmp_path)
    with pytest.raises(SimulatorError) as caught:
        ScriptMechanisms.of(script).build(updates.append, bool)
    assert caught.value.code == "bad-mod-name"
    script.write_text(SCRIPT.replace("kx", "hh"))
    assert ScriptMechanisms.of(script).build(updates.append, bool) is None
    (error,) = updates
    assert isinstance(error, Error)
    assert (error.code, error.fatal) == ("bad-mod-name", False)


def test_without_files_a_script_is_created_at_once(tmp_path: Path) -> None:
    source = SessionSource.parse(str(write_script(tmp_path)))
    session = source.create_for_window()
    assert type(session).__name__ == "Mine"
    session.shutdown()
    write_leak(tmp_path, "kx")
    assert isinstance(source.create_for_window(), DeferredSession)


@pytest.mark.slow
@needs_compiler
def test_the_files_beside_a_script_are_compiled_once_with_a_status(tmp_path: Path) -> None:
    path = write_leak(tmp_path, "kx")
    source = SessionSource.parse(str(write_script(tmp_path)))
    compiling = []
    for _ in range(2):
        session = IsolatedSession(source.create_for_window, name="mine")
        updates: list[SessionUpdate] = []
        session.on_status = updates.append
        try:
            scene = session.initialize()
        finally:
            session.shutdown()
        assert scene is not None
        assert scene.title == "Mine"
        statuses = [each for each in updates if isinstance(each, Status)]
        compiling.append([each for each in statuses if each.phase is Phase.COMPILING])
    assert "kx.mod" in " ".join(each.message for each in compiling[0])
    assert compiling[1] == []
    assert sorted(each.name for each in tmp_path.iterdir() if each.suffix) == ["kx.mod", "mine.py"]
    path.write_text(path.read_text().replace("RANGE g", "RANGE"))
    session = IsolatedSession(source.create_for_window, name="mine")
    with pytest.raises(SimulatorError) as caught:
        session.initialize()
    session.shutdown()
    assert caught.value.code.startswith("mod-")
    assert "kx.mod, line" in caught.value.message


@pytest.mark.slow
@needs_compiler
def test_cancel_while_a_script_compiles_leaves_no_compiler(tmp_path: Path) -> None:
    for number in range(6):
        write_leak(tmp_path, f"k{number}")
    source = SessionSource.parse(str(write_script(tmp_path)))
    session = IsolatedSession(source.create_for_window, name="mine")
    compilers: list[psutil.Process] = []
    before = {each.pid for each in psutil.process_iter()}

    def cancel_at_first_compilation(update: SessionUpdate) -> None:
        if isinstance(update, Status) and update.message.startswith("Compiling") and not compilers:
            compilers.extend(
                each
                for each in psutil.process_iter(["cmdline"])
                if each.pid not in before
                and str(tmp_path) not in "".join(each.info["cmdline"] or [])
                and "makefile" in " ".join(each.info["cmdline"] or [])
            )
            session.cancel()

    session.on_status = cancel_at_first_compilation
    with pytest.raises(SessionCancelled):
        session.initialize()
    session.shutdown()
    assert compilers
    gone, alive = psutil.wait_procs(compilers, timeout=20)
    assert all(each.status() == psutil.STATUS_ZOMBIE for each in alive), gone
