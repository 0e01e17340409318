"""The checks of the doctor, and the check before Qt could abort."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.doctor import jaxley, report, system_libraries
from app.doctor.jaxley import Probe, ProbeResult, check_device, check_jaxley, check_programs
from app.doctor.report import (
    CheckResult,
    as_json,
    as_text,
    examine,
    plugin_libraries_not_found,
    qt_plugin,
)
from app.doctor.system_libraries import (
    GUI_LIBRARIES,
    PACKAGES,
    WAYLAND_LIBRARIES,
    XCB_LIBRARIES,
    apt_line,
    apt_names,
    display_problem,
    missing_libraries,
    needed_libraries,
    qt_platform,
    window_problem,
)
from tests.support.virtual_display import virtual_display

BOOKWORM = {"ID": "debian", "VERSION_ID": "12"}
TRIXIE = {"ID": "debian", "VERSION_ID": "13"}
NOBLE = {"ID": "ubuntu", "VERSION_ID": "24.04"}
JAMMY = {"ID": "ubuntu", "VERSION_ID": "22.04"}
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="shared libraries of Linux")


@ON_LINUX
def test_a_library_that_the_linker_cannot_open_is_missing() -> None:
    assert missing_libraries(["libc.so.6", "libnosuchthing.so.9"]) == ["libnosuchthing.so.9"]


@ON_LINUX
def test_every_system_library_that_qts_x11_plugin_links_is_in_the_table() -> None:
    plugin = qt_plugin("xcb")
    assert plugin is not None
    listed = subprocess.run(["ldd", str(plugin)], capture_output=True, text=True, check=True).stdout
    outside = set(
        re.findall(r"(libxcb\S*|libxkb\S*|libX11\S*|libGL|libEGL\S*) => /(?:usr/)?lib", listed)
    )
    assert outside
    # What a listed library brings with it needs no mention: the package manager follows.
    assert outside <= set(PACKAGES)
    assert plugin_libraries_not_found("xcb") == []


def test_the_platform_is_the_one_that_qt_would_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert qt_platform({}) == "none"
    assert qt_platform({"DISPLAY": ":0"}) == "xcb"
    assert qt_platform({"WAYLAND_DISPLAY": "wayland-0"}) == "wayland"
    both = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}
    assert qt_platform(both) == "xcb"
    assert qt_platform({**both, "XDG_SESSION_TYPE": "wayland"}) == "wayland"
    assert qt_platform({**both, "QT_QPA_PLATFORM": "offscreen:size=9x9"}) == "offscreen"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert qt_platform({}) == "native"


def test_each_platform_needs_its_own_libraries() -> None:
    assert set(needed_libraries("xcb")) == {*GUI_LIBRARIES, *XCB_LIBRARIES}
    assert set(needed_libraries("wayland")) == {*GUI_LIBRARIES, *WAYLAND_LIBRARIES}
    assert set(needed_libraries("offscreen")) == set(GUI_LIBRARIES)
    assert needed_libraries("native") == {}


@pytest.mark.parametrize(
    ("release", "name"),
    [
        (BOOKWORM, "libglib2.0-0"),
        (TRIXIE, "libglib2.0-0t64"),
        (JAMMY, "libglib2.0-0"),
        (NOBLE, "libglib2.0-0t64"),
    ],
)
def test_packages_are_named_as_the_release_names_them(release: dict[str, str], name: str) -> None:
    assert apt_names(["libgl1", "libglib2.0-0", "libgl1"], release) == ["libgl1", name]


def test_no_display_is_reported_with_what_works_without_one() -> None:
    problem = window_problem({"QT_QPA_PLATFORM": "xcb"})
    assert problem.startswith("There is no display: DISPLAY is not set.")
    assert "somascope run pyramidal" in problem


@ON_LINUX
def test_a_display_that_does_not_answer_is_one_sentence_and_no_abort() -> None:
    problem = display_problem("xcb", {"DISPLAY": ":9876"})
    assert problem.startswith("The X server of DISPLAY=:9876 does not answer")


@ON_LINUX
def test_a_wayland_socket_that_is_not_there_is_named(tmp_path: Path) -> None:
    environ = {"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert str(tmp_path / "wayland-7") in display_problem("wayland", environ)


@ON_LINUX
def test_a_display_that_answers_is_no_problem() -> None:
    with virtual_display() as display:
        assert window_problem({"DISPLAY": display}) == ""


@ON_LINUX
def test_a_missing_library_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(system_libraries.GUI_LIBRARIES, "libnosuch.so.1", "libnosuch1")  # type: ignore[index]
    monkeypatch.setitem(system_libraries.PACKAGES, "libnosuch.so.1", "libnosuch1")  # type: ignore[index]
    problem = window_problem({"QT_QPA_PLATFORM": "offscreen"})
    assert "1 system library is missing (libnosuch.so.1)" in problem
    assert "Install" in problem
    assert "apt-get install -y --no-install-recommends libnosuch1" in apt_line(["libnosuch1"])


def test_the_report_is_aligned_and_can_be_read_without_colour() -> None:
    findings = [
        CheckResult("Python", "ok", "3.12"),
        CheckResult(
            "System libraries", "missing", "not found: libxcb-cursor.so.0", "apt-get install x"
        ),
        CheckResult("OpenGL", "note", "software: llvmpipe"),
    ]
    lines = as_text(findings).splitlines()
    assert lines[0] == "✓ works    Python            3.12"
    assert lines[1] == "✗ missing  System libraries  not found: libxcb-cursor.so.0"
    assert lines[2].strip() == "→ apt-get install x"
    assert lines[3] == "! note     OpenGL            software: llvmpipe"
    assert lines[-1] == "To fix: System libraries."
    assert max(map(len, as_text([CheckResult("P", "ok", "word " * 60)]).splitlines())) <= 100


def test_the_json_shows_whether_everything_works() -> None:
    assert json.loads(as_json([CheckResult("Python", "ok", "3.12")]))["works"] is True
    broken = json.loads(as_json([CheckResult("OpenGL", "missing", "no frame", "mend it")]))
    assert broken["works"] is False
    assert broken["findings"][0]["remedy"] == "mend it"


@pytest.mark.slow
def test_this_machine_is_examined_without_importing_qt_or_a_simulator() -> None:
    script = (
        "import sys; from app.doctor.report import examine; topics = [f.topic for f in examine()]; "
        "heavy = {'PySide6', 'vtkmodules', 'neuron', 'jax', 'jaxley', 'numpy'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else 0 if len(topics) == 12 else f'{topics}')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_driver_that_ends_the_probe_is_reported_and_ends_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report, "_OPENGL_PROBE", "import os; os.abort()")
    finding = report.check_opengl()
    assert finding.state == "missing"
    assert "signal 6" in finding.found
    assert finding.remedy


def test_a_cache_that_cannot_be_written_names_its_folder_and_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    finding = report.check_cache()
    assert finding.state == "missing"
    assert str(tmp_path / "file") in finding.found
    assert "XDG_CACHE_HOME" in finding.remedy


def test_everything_that_is_needed_here_is_installed() -> None:
    states = {each.topic: each.state for each in examine()}
    assert states["Packages"] == states["NEURON"] == states["Shared memory"] == "ok"
    assert states["Jaxley"] == "ok"


BROKEN_JAX = {
    "jax/__init__.py": "raise RuntimeError('jaxlib is too old.\\nand more')",
    "abort/jax/__init__.py": "import os; os.abort()",
    "hang/jax/__init__.py": "import time; time.sleep(600)",
    "half/jaxley/__init__.py": "raise ImportError('pandas is too new')",
    "chatty/jax/__init__.py": "print('[1]'); print('hello'); import sys; sys.exit(3)",
}


@pytest.fixture
def broken_jax(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what puts a broken JAX or Jaxley before the installed one, for every process started."""
    for name, text in BROKEN_JAX.items():
        path = tmp_path / "broken" / name
        path.parent.mkdir(parents=True)
        path.write_text(text + "\n")
    return lambda kind: monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken" / kind))


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        ("", "RuntimeError: jaxlib is too old."),
        ("abort", "its import was ended by signal 6"),
        ("half", "ImportError: pandas is too new"),
        ("chatty", "SystemExit: 3"),
    ],
)
def test_a_broken_jax_is_a_note_with_the_command_that_fixes_it(
    broken_jax: Callable[[str], None], kind: str, failure: str
) -> None:
    broken_jax(kind)
    result = Probe().result()
    assert result.failure == failure
    assert bool(result.device) == (kind == "half")
    finding = check_jaxley(result)
    assert (finding.topic, finding.state) == ("Jaxley", "note")
    assert f"cannot be used ({failure}); NEURON works without" in finding.found
    assert finding.remedy.endswith("-m pip install jaxley --force-reinstall")


def test_a_jax_that_does_not_respond_is_stopped_and_leaves_no_process(
    broken_jax: Callable[[str], None],
) -> None:
    broken_jax("hang")
    assert Probe().result(timeout_s=0.5).failure == "no answer within 0.5 s"


def test_a_device_that_is_not_there_is_blamed_on_what_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "no_such_device")
    result = Probe().result()
    assert "no_such_device" in result.failure
    assert check_jaxley(result).remedy == "Unset JAX_PLATFORMS, which names the device."
    assert check_device(result).state == "note"


def test_the_device_is_named_and_a_gpu_that_is_not_used_is_pointed_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gpu = check_device(ProbeResult({"platform": "gpu", "kind": "NVIDIA H200", "n": 2}))
    assert (gpu.state, gpu.found) == ("ok", "GPU: NVIDIA H200, the first of 2")
    cpu = ProbeResult({"platform": "cpu", "kind": "cpu", "n": 1})
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert check_device(cpu) == CheckResult("JAX device", "ok", "CPU")
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    assert check_device(cpu).state == "note"
    assert "jax[cuda]" in check_device(cpu).remedy


def test_the_compiled_programs_are_counted_in_jaxleys_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from backends.jaxley.simulator import cache_folder

    monkeypatch.delenv(jaxley.CACHE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = jaxley.programs_folder(report.cache_folder())
    assert folder == cache_folder()
    assert check_programs(report.cache_folder()).found == f"{folder}, empty"
    (folder / "a.cell").write_bytes(bytes(3 << 20))
    assert check_programs(report.cache_folder()).found == f"{folder}, 3.0 MiB in 1 file"
    for named in (str(tmp_path / "mine"), "~/mine"):
        monkeypatch.setenv(jaxley.CACHE_VARIABLE, named)
        assert jaxley.programs_folder(report.cache_folder()) == cache_folder()
        assert cache_folder().is_absolute()


def test_a_folder_that_takes_no_programs_is_a_note_since_jaxley_works_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(jaxley.CACHE_VARIABLE, str(tmp_path / "file" / "jax"))
    finding = check_programs(tmp_path)
    assert finding.state == "note"
    assert str(tmp_path / "file") in finding.found
    assert jaxley.CACHE_VARIABLE in finding.remedy


def test_the_last_line_names_the_simulators_that_can_start() -> None:
    assert as_text([CheckResult("Jaxley", "ok", "0.14.0")]).endswith(
        "The window and the simulators can start."
    )
    assert as_text([CheckResult("Jaxley", "note", "not installed")]).endswith(
        "The window and NEURON can start, Jaxley cannot."
    )
