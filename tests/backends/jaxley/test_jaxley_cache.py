"""Compiled cells saved on disk: a second start compiles nothing, and nothing stale or broken is used."""

from __future__ import annotations

import ast
import os
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driving import advance_until

import backends
from backends.cellmodel.mechanisms import HH
from backends.cellmodel.model import CellModel
from backends.cellmodel.stimuli import IClamp
from backends.jaxley import JaxleyCellSession, simulator
from backends.jaxley.compiled import cache as compiled_cache
from backends.messages import RunFor, SetControl
from backends.morphology.morphology import Morphology
from backends.swc.reader import read_swc
from resources import path_of

pytest.importorskip("jaxley")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give each test an empty cache folder; afterwards JAX uses the former one again."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    before = jax.config.jax_compilation_cache_dir
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "cache"))
    yield tmp_path / "cache"
    jax.config.update("jax_compilation_cache_dir", before)
    compilation_cache.reset_cache()


@pytest.fixture
def morphology() -> Morphology:
    """Return the smallest bundled cell."""
    return read_swc(path_of("ball_and_stick"))


def voltages(session: JaxleyCellSession, ms: float = 15.0) -> np.ndarray:
    """Return the run's final display values."""
    session.handle(RunFor(ms))
    advance_until(session, lambda updates: not session.is_live())
    assert session.stepper is not None
    return session.stepper.read().copy()


def started(morphology: Morphology, model: CellModel | None = None) -> JaxleyCellSession:
    """Return an initialized session."""
    session = JaxleyCellSession(morphology, model)
    session.initialize()
    return session


def test_a_second_start_compiles_nothing_and_gives_the_same_bits(
    morphology: Morphology, cache: Path
) -> None:
    first = started(morphology)
    assert first.compilations == 2
    values = voltages(first)
    first.shutdown()
    assert len(list(cache.glob("*.cell"))) == 1
    second = started(morphology)
    assert second.compilations == 0
    assert np.array_equal(voltages(second), values)
    assert [each.name for each in second.display_variables] == [
        each.name for each in first.display_variables
    ]
    second.shutdown()


def test_stimuli_are_not_part_of_what_is_saved(morphology: Morphology) -> None:
    started(morphology).shutdown()
    model = CellModel.default_for(morphology, stimuli=(IClamp(delay_ms=1.0, amp_na=0.7),))
    session = started(morphology, model)
    assert session.compilations == 0
    session.handle(SetControl(JaxleyCellSession.CONTROL_AMP, 0.1))
    assert session.compilations == 0
    session.shutdown()


@pytest.mark.parametrize(
    "changes",
    [
        {"ra_ohm_cm": 150.0},
        {"cm_uf_cm2": 0.9},
        {"celsius": 16.3},
        {"d_lambda": 0.05},
        {"regions": {"all": (replace(HH, parameters={"gnabar": 0.2}),)}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_another_membrane_is_another_cell(
    morphology: Morphology, changes: dict[str, object]
) -> None:
    known = compiled_cache.digest_of(morphology, CellModel(), "float64", "CPU")
    assert compiled_cache.digest_of(morphology, CellModel(**changes), "float64", "CPU") != known  # type: ignore[arg-type]
    assert compiled_cache.digest_of(morphology, CellModel(), "float32", "CPU") != known
    assert compiled_cache.digest_of(morphology, CellModel(), "float64", "GPU") != known


# --------------------------------------------------------- the code that a compiled cell depends on

BACKENDS = Path(backends.__file__).parent
WITHOUT_EFFECT = {
    "connections",
    "controls",
    "errors",
    "field",
    "layout",
    "messages",
    "phase",
    "scripts",
    "session",
    "simulator_environment",
    "text",
    "views",
}
"""Modules of `backends` that the code of a compiled cell imports, and that change nothing in it."""


def backends_imports(module: Path) -> set[Path]:
    """Return the files of `backends` that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    places = [BACKENDS.parent.joinpath(*name.split(".")) for name in names]
    files = {each.with_suffix(".py") for each in places}
    return {each for each in files if BACKENDS in each.parents and each.is_file()}


def test_no_file_of_the_digested_folders_is_left_out() -> None:
    digested = set(compiled_cache.digested_files())
    for name in ("jaxley", "cellmodel", "morphology"):
        here = {each for each in (BACKENDS / name).rglob("*") if each.suffix == ".py"}
        assert len(here) > 4
        assert here <= digested
    assert BACKENDS / "jaxley" / "compiled" / "tracing.py" in digested


def test_every_module_that_makes_a_compiled_cell_is_digested() -> None:
    digested = set(compiled_cache.digested_files())
    from backends.cellmodel import model
    from backends.jaxley import catalog, channels, tree_cell
    from backends.jaxley.compiled import program, tables, tracing

    makers = (model, catalog, channels, tree_cell, program, tables, tracing)
    without_effect = {BACKENDS / f"{name}.py" for name in WITHOUT_EFFECT}
    pending, seen = [Path(str(each.__file__)) for each in makers], set[Path]()
    while pending:
        path = pending.pop()
        if path not in seen | without_effect:
            seen.add(path)
            pending += backends_imports(path)
    assert {each.stem for each in seen} >= {"polylines", "geometry", "mechanisms", "compartments"}
    assert seen - digested == set()


def test_a_change_in_any_digested_file_changes_the_digest(tmp_path: Path) -> None:
    for name in compiled_cache.DIGESTED:
        source = BACKENDS / name
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, tmp_path / name)
    digests = [compiled_cache.digest_of_code(tmp_path)]
    assert digests[0] == compiled_cache.digest_of_code()
    files = compiled_cache.digested_files(tmp_path)
    for path in files:
        path.write_bytes(path.read_bytes() + b"\n")
        digests.append(compiled_cache.digest_of_code(tmp_path))
    files[-2].rename(files[-2].with_name("renamed.py"))
    digests.append(compiled_cache.digest_of_code(tmp_path))
    (tmp_path / "jaxley" / "compiled" / "new.py").touch()
    digests.append(compiled_cache.digest_of_code(tmp_path))
    assert len(set(digests)) == len(files) + 3


def test_a_digested_folder_that_was_moved_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="cellmodel"):
        compiled_cache.digest_of_code(tmp_path)


def test_the_code_is_part_of_a_cells_digest(
    morphology: Morphology, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = compiled_cache.digest_of(morphology, CellModel(), "float64", "CPU")
    monkeypatch.setattr(compiled_cache, "digest_of_code", lambda: "other code")
    assert compiled_cache.digest_of(morphology, CellModel(), "float64", "CPU") != known


@pytest.mark.slow
def test_a_damaged_file_is_compiled_again(morphology: Morphology, cache: Path) -> None:
    first = started(morphology)
    values = voltages(first)
    first.shutdown()
    (path,) = cache.glob("*.cell")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    second = started(morphology)
    assert second.compilations == 2
    assert np.array_equal(voltages(second), values)
    second.shutdown()
    assert path.read_bytes() != bytes(content)


@pytest.mark.slow
def test_programs_that_do_not_load_are_compiled_again(morphology: Morphology, cache: Path) -> None:
    started(morphology).shutdown()
    (path,) = cache.glob("*.cell")
    found = compiled_cache.load(path.stem)
    assert found is not None
    compiled_cache.save(path.stem, replace(found, preparation=(b"nothing", *found.preparation[1:])))
    session = started(morphology)
    assert session.compilations == 2
    session.shutdown()


@pytest.mark.slow
def test_without_a_writable_folder_each_start_compiles(
    morphology: Morphology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "file" / "cache"))
    for _ in range(2):
        session = started(morphology)
        assert session.compilations == 2
        session.shutdown()


@pytest.mark.slow
def test_the_network_is_built_on_access_and_can_be_changed(
    morphology: Morphology,
) -> None:
    started(morphology).shutdown()
    session = started(morphology)
    voltages(session, 1.0)
    session.network.set("HH_gNa", 0.0)
    session.refresh_runtime_parameters()
    assert session.compilations == 0
    changed = voltages(session, 14.0)
    assert changed.max() < 0.0
    assert len(session.cells) == 1
    session.shutdown()


@pytest.mark.slow
def test_a_second_start_does_not_import_jaxley(morphology: Morphology, cache: Path) -> None:
    started(morphology).shutdown()
    code = (
        "import sys\n"
        "from backends.jaxley import JaxleyCellSession\n"
        "from backends.swc.reader import read_swc\n"
        "from resources import path_of\n"
        "session = JaxleyCellSession(read_swc(path_of('ball_and_stick')))\n"
        "session.initialize()\n"
        "assert session.compilations == 0\n"
        "assert 'jax' in sys.modules and 'jaxley' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


# ------------------------------------------------- a killed process, a full disk, a folder of the user


def saving(before: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Save 100 kB in a process after running `before` there; return how it ended."""
    code = (
        "import os, resource, signal\n"
        "from backends.jaxley.compiled import cache\n"
        f"{before}\n"
        "cache.save('digest', os.urandom(100_000))\n"
        "print('saved')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )


def test_a_process_killed_while_it_saves_leaves_no_file_that_is_read(
    cache: Path, tmp_path: Path
) -> None:
    kill = "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)"
    assert saving(kill, tmp_path).returncode == -signal.SIGKILL
    assert compiled_cache.load("digest") is None
    assert [each.suffix for each in cache.iterdir()] != [".cell"]
    assert saving("", tmp_path).stdout == "saved\n"
    assert (cache / "digest.cell").stat().st_size > 100_000


def test_a_full_disk_is_no_error_and_leaves_no_half_file(cache: Path, tmp_path: Path) -> None:
    full = (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))"
    )
    done = saving(full, tmp_path)
    assert (done.stdout, done.stderr) == ("saved\n", "")
    assert list(cache.iterdir()) == []


def test_half_an_entry_in_jax_s_own_cache_is_replaced_without_a_warning(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jax.experimental.compilation_cache import compilation_cache

    shown: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", lambda message, *_: shown.append(str(message)))
        jax = simulator.load_jax()
        compilation_cache.reset_cache()

        def halve_me(x: float) -> float:
            return x / 2

        def compiled() -> int:
            jax.clear_caches()
            assert float(jax.jit(halve_me)(3.0)) == 1.5
            (entry,) = cache.glob("jit_halve_me-*-cache")
            return entry.stat().st_size

        size = compiled()
        (entry,) = cache.glob("jit_halve_me-*-cache")
        os.truncate(entry, size // 2)
        assert compiled() > 0.9 * size
        assert shown == []
        warnings.warn("from elsewhere", stacklevel=1)
        assert shown == ["from elsewhere"]


def test_in_a_full_folder_only_programs_are_deleted(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir()
    names = ("thesis.tex", "a.cell", "jit_run-0-cache", ".cell-cut", "jit_run-0-atime")
    for name in names:
        (cache / name).write_bytes(b"x" * 100)
    (cache / "folder-cache").mkdir()
    monkeypatch.setattr(simulator, "CACHE_BYTES", 0)
    simulator.load_jax()
    assert {each.name for each in cache.iterdir()} == {"thesis.tex", "folder-cache"}


@pytest.mark.slow
@pytest.mark.parametrize("named", ["~/programs", "~nobody-of-this-name/x"])
def test_a_tilde_in_the_cache_s_name_is_the_home_folder_and_creates_no_folder_here(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, morphology: Morphology
) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", named)
    monkeypatch.chdir(here)
    session = started(morphology)
    session.shutdown()
    if named == "~/programs":
        assert list((home / "programs").glob("*.cell"))
        assert list(here.iterdir()) == []
    else:  # no such user: a name like any other
        assert [each.name for each in here.iterdir()] == ["~nobody-of-this-name"]
