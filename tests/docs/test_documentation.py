"""README and docs are true: links lead somewhere, commands and code run as they are printed."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from neuromorpho.query.query_file import NeuroMorphoQueryFile
from resources import path_of
from tests.support.neuron_folders import plain_script

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", *sorted(f"docs/{each.name}" for each in (ROOT / "docs").glob("*.md")))
TUTORIALS = tuple(
    sorted(f"docs/tutorials/{each.name}" for each in (ROOT / "docs" / "tutorials").glob("*.md"))
)
LONGEST_TUTORIAL = 100
PATHS = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
ADDRESS = "http://127.0.0.1:8765"
WITHOUT_WINDOW = {"run", "models", "compare", "neuromorpho", "doctor", "--version"}
NEEDS_ARCHIVE = "NMO_"
MOVING_PICTURE, MOST_BYTES = ROOT / "docs" / "pictures" / "somascope.webp", 3_000_000


def text_of(page: str) -> str:
    """Return a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """Return a page's blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), re.DOTALL | re.MULTILINE)


def commands(page: str, program: str) -> list[str]:
    """Return the commands on a page that start a program, without comments."""
    lines = "\n".join(blocks(page, "sh")).replace("\\\n", "").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return [shlex.join(each) for each in words if each[:1] == [program]]


def python_blocks() -> list[tuple[str, int]]:
    """Return page and place of every block of Python."""
    return [(page, n) for page in PAGES for n in range(len(blocks(page, "python")))]


def somascope(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a printed ``somascope`` command in a folder, with the cache there."""
    environ = os.environ | {"PYTHONPATH": PATHS, "XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.run(
        [sys.executable, "-m", "app", *shlex.split(command)[1:]],
        cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the pages name."""
    shutil.copy(path_of("ball_and_stick"), tmp_path / "my_cell.swc")
    (tmp_path / "my_model.py").write_text(blocks("docs/own-models.md", "python")[0])
    plain_script(tmp_path / "my_model")
    return tmp_path


@pytest.fixture
def server_address() -> Iterator[str]:
    """The address of the server that the page starts, on a free port."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.neuromorpho.server", "--port", "0", "--no-data"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)


# --------------------------------------------------------------------------------- pages


def test_the_first_page_is_short_and_the_moving_picture_small() -> None:
    assert text_of("README.md").count("\n") <= 150
    assert MOVING_PICTURE.stat().st_size <= MOST_BYTES
    assert MOVING_PICTURE.name in text_of("README.md")


@pytest.mark.parametrize(
    "page", [*PAGES, *TUTORIALS, "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
)
def test_every_link_of_a_page_leads_to_a_file(page: str) -> None:
    prose = re.sub(r"```.*?```|`[^`]*`", "", text_of(page), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if not target.startswith(("http://", "https://", "#")):
            assert ((ROOT / page).parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("page", [*PAGES, *TUTORIALS, "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_file_that_a_page_names_exists(page: str) -> None:
    named = re.findall(
        r"`((?:app|backends|neuromorpho|resources|tests|docs)/[\w./*-]+)`", text_of(page)
    )
    for name in named:
        assert list(ROOT.glob(name.rstrip("/"))), name


def test_every_answer_of_the_architecture_s_questions_exists() -> None:
    answers = re.findall(
        r"^\| .*\? \| `([\w/.]+)`: `(\w+)` \|$", text_of("ARCHITECTURE.md"), re.MULTILINE
    )
    assert len(answers) >= 15
    for path, name in answers:
        defined = {getattr(each, "name", "") for each in ast.parse(text_of(path)).body}
        assert name in defined, f"{path} defines no {name}"


def test_every_page_of_docs_is_reached_from_the_first_page() -> None:
    for page in (*PAGES[1:], *TUTORIALS):
        assert f"({page})" in text_of("README.md"), page


def test_the_two_commands_are_verbs_of_the_makefile() -> None:
    makefile = text_of("Makefile")
    printed = [shlex.split(each)[1] for page in PAGES for each in commands(page, "make")]
    assert {"run", "test"} <= set(printed)
    for verb in printed:
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE), verb


# -------------------------------------------------------------------------------- commands


def local_commands() -> list[str]:
    """Return the commands without a window that need no archive."""
    found = [each for page in PAGES for each in commands(page, "somascope")]
    return sorted(
        {
            each
            for each in found
            if shlex.split(each)[1:2] and shlex.split(each)[1] in WITHOUT_WINDOW
        }
        - {each for each in found if "neuromorpho" in each}
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", local_commands())
def test_a_command_without_a_window_runs_as_printed(command: str, folder: Path) -> None:
    ran = somascope(command, folder)
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    for word in shlex.split(command):
        if word.endswith((".csv", ".png", ".json")):
            assert (folder / word).stat().st_size > 0, word


@pytest.mark.slow
def test_the_archive_s_commands_run_as_printed(server_address: str, folder: Path) -> None:
    found = [each for each in commands("docs/archive.md", "somascope") if ADDRESS in each]
    assert len(found) >= 6
    for command in found:
        ran = somascope(command.replace(ADDRESS, server_address), folder)
        assert (ran.returncode, ran.stderr) == (0, ""), command
        assert ran.stdout, command
    assert len(list((folder / "mice").glob("mouse/**/*.CNG.swc"))) == 8
    assert (folder / "mice" / "CITATION.txt").is_file()


# ------------------------------------------------------------------------------------ code


@pytest.mark.slow
@pytest.mark.parametrize(("page", "place"), python_blocks())
def test_a_block_of_python_runs_as_printed(
    page: str, place: int, folder: Path, request: pytest.FixtureRequest
) -> None:
    code = blocks(page, "python")[place]
    script = folder / "printed.py"
    if re.search(r"class \w+\((Neuron|Jaxley|Buffered)Session\)|^ss\.show\(", code, re.MULTILINE):
        script.write_text(code)
        if page == "docs/views.md":  # it has views and no traces
            ran = somascope("somascope run printed.py --for 15 --image printed.png", folder)
            assert (ran.returncode, ran.stderr) == (0, "")
            assert (folder / "printed.png").stat().st_size > 10_000
            return
        ran = somascope("somascope run printed.py --for 15 --traces printed.csv", folder)
        assert ran.returncode == 0, ran.stderr
        assert (folder / "printed.csv").read_text().count("\n") > 15
        return
    script.write_text(code.replace(ADDRESS, request.getfixturevalue("server_address")))
    environ = os.environ | {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def scripts_of(page: str) -> list[str]:
    """Return the scripts of a tutorial as its reader has them after each step.

    A block without an import goes above `ss.layout` or `ss.show` of the script, one that begins with "# below" to
    its end; any other is a script of its own.
    """
    scripts: list[str] = []
    for block in blocks(page, "python"):
        end = re.search(r"^ss\.(layout|show)\(", scripts[-1], re.MULTILINE) if scripts else None
        if block.startswith("# below"):
            scripts.append(scripts[-1] + "\n\n" + block)
        elif end is not None and "import" not in block:
            scripts.append(scripts[-1][: end.start()] + block + scripts[-1][end.start() :])
        else:
            scripts.append(block)
    return scripts


@pytest.mark.slow
@pytest.mark.parametrize("page", TUTORIALS)
def test_each_step_of_a_tutorial_runs(page: str, folder: Path) -> None:
    for script in scripts_of(page):
        if not re.search(r"^class \w+\(\w*Session\)|^ss\.show\(", script, re.MULTILINE):
            (folder / "study.py").write_text(script)
            done = subprocess.run(
                [sys.executable, "study.py"], cwd=folder, env=os.environ | {"PYTHONPATH": PATHS},
                capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip
            assert (done.returncode, done.stderr) == (0, ""), script
            continue
        (folder / "my_model.py").write_text(script)
        last = re.findall(r"^class (\w+)\(.*\):$", script, re.MULTILINE)[-1:]
        model = "my_model.py" if "ss.show(" in script else f"my_model.py:{last[0]}"
        kinds = {"picture.png": "--image", "out.csv": "--traces"}
        if "trace" not in script:
            del kinds["out.csv"]
        elif not re.search(r"morphology|image|graph|bar", script):
            del kinds["picture.png"]
        wanted = " ".join(f"{option} {name}" for name, option in kinds.items())
        ran = somascope(f"somascope run {model} --for 15 {wanted}", folder)
        assert (ran.returncode, ran.stderr) == (0, ""), script
        for name in kinds:
            assert (folder / name).stat().st_size > 300
            (folder / name).unlink()


@pytest.mark.slow
@pytest.mark.parametrize("page", TUTORIALS)
def test_the_commands_of_a_tutorial_run_as_printed(page: str, folder: Path) -> None:
    scripts = [each for each in scripts_of(page) if "show(" in each]
    if scripts:
        (folder / "my_model.py").write_text(scripts[-1])
    for command in commands(page, "somascope"):
        ran = somascope(command, folder)
        assert (ran.returncode, ran.stderr) == (0, ""), command


@pytest.mark.parametrize("page", TUTORIALS)
def test_a_tutorial_is_short(page: str) -> None:
    assert text_of(page).count("\n") <= LONGEST_TUTORIAL


def test_the_query_file_is_read(tmp_path: Path) -> None:
    (text,) = blocks("docs/archive.md", "yaml")
    path = tmp_path / "mice.yaml"
    path.write_text(text, encoding="utf-8")
    read = NeuroMorphoQueryFile.read(path)
    assert 'domain:"Dendrites, Soma, Axon"' in read.query.to_q()
    assert read.sort == "upload_date,desc"


def test_every_public_name_of_the_archive_s_package_is_on_its_page() -> None:
    import neuromorpho

    text = text_of("docs/archive.md")
    for name in neuromorpho.__all__:
        assert getattr(neuromorpho, name) is not None
        assert f"`{name}`" in text, name
