"""``somascope neuromorpho`` without the network: the library, the cache, and whom to cite."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuromorpho.cli.main import main
from tests.neuromorpho.server import Server
from tests.support.archive_cli import CliRun, json_of, make_cli_run


@pytest.fixture
def run(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CliRun:
    """Run a command line against the loopback server; return status, stdout, stderr."""
    return make_cli_run(server.url, tmp_path / "cache", capsys)


def test_earlier_results_are_found_offline_without_a_request(run: CliRun, server: Server) -> None:
    run("harvest", "--q", "*:*")
    server.reset()
    total = json_of(run, "search", "--offline", "--species", "mouse")["total"]
    status, out, _ = run("search", "--offline", "--species", "mouse", "--facets", "gender",
                         "--range", "length=0:", "--size", "2")  # fmt: skip
    assert status == 0
    assert total > 0
    assert out.splitlines()[0].startswith("total_elements=")
    assert "facet=gender of=found" in out
    assert run("show", "--offline", "1")[1].startswith("id=1\n")
    assert run("cite", "--offline", "1")[0] == 0
    assert server.count() == 0


def test_cells_of_another_server_are_not_mixed_with_the_archives(
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["--base-url", server.url, "--rate", "0", "fetch", "1"]) == 0
    for words in (["cache", "list"], ["search", "--offline", "--count"]):
        assert main(["--base-url", server.url, *words]) == 0
    assert "count=1\n1\ntotal_elements=1" in capsys.readouterr().out
    assert main(["cache", "list"]) == 0
    assert "count=0" in capsys.readouterr().out
    assert main(["--base-url", "nosuch", "cache", "list"]) == 2
    assert "address" in capsys.readouterr().err


def test_words_are_searched_offline(run: CliRun) -> None:
    run("harvest", "--q", "*:*")
    name = json_of(run, "search", "--offline", "--limit", "1")["items"][0]["neuron_name"]
    assert f"name={name} " in run("search", "--offline", "--text", name)[1]


@pytest.mark.parametrize("words", [["search", "--offline"], ["show", "1", "--offline"]])
def test_offline_without_a_library_prints_the_next_step(run: CliRun, words: list[str]) -> None:
    status, _, err = run(*words)
    assert status == 1
    assert "no library" in err


def test_misspelt_values_and_words_get_known_ones_of_the_library(run: CliRun) -> None:
    run("search", "--size", "200")
    for words in (("--species", "mouze"), ("--text", "mouze"), ("--text", "a MOUZE*")):
        status, out, err = run("search", "--offline", *words)
        assert status == 0
        assert out.startswith("total_elements=0")
        assert "did you mean 'mouse'" in err
    assert run("search", "--offline", "--text", "mou")[2] == ""


def test_files_without_a_library_are_offered_to_be_indexed(run: CliRun, tmp_path: Path) -> None:
    run("fetch", "1")
    for each in (tmp_path / "cache").glob("library.sqlite*"):
        each.unlink()
    status, _, err = run("search", "--offline")
    assert status == 1
    assert "cache index" in err
    assert json_of(run, "cache", "index")["indexed"] == 1
    assert json_of(run, "cache", "index")["indexed"] == 0
    assert [each["neuron_id"] for each in json_of(run, "search", "--offline")["items"]] == [1]


def test_the_cache_can_be_listed_shown_removed_and_cleared(run: CliRun, tmp_path: Path) -> None:
    for number in (1, 2):
        run("fetch", number)
    lines = run("cache", "list")[1].splitlines()
    assert lines == [f"root={tmp_path / 'cache'}", "count=2", "1", "2"]
    assert "standard_exists=True" in run("cache", "info", "1")[1]
    assert run("cache", "rm", "1")[1] == "neuron_id=1 removed=True\n"
    assert run("cache", "rm", "1")[1] == "neuron_id=1 removed=False\n"
    (tmp_path / "cache" / "keepme").mkdir()
    status, out, _ = run("cache", "clear")
    assert status == 2
    assert "--yes" in out
    assert "count=1" in run("cache", "list")[1]
    assert run("cache", "clear", "--yes")[0] == 0
    assert "count=0" in run("cache", "list")[1]
    assert (tmp_path / "cache" / "keepme").is_dir()


def test_a_damaged_file_is_reported_and_repaired(run: CliRun, tmp_path: Path) -> None:
    run("fetch", "1")
    (path,) = (tmp_path / "cache" / "1").glob("*.swc")
    path.write_text("<html>")
    status, out, _ = run("cache", "verify")
    assert status == 1
    assert path.name in out
    assert run("cache", "repair")[0] == 0
    run("fetch", "1")
    assert run("cache", "verify")[:2] == (0, "nothing is damaged\n")


def test_a_damaged_library_is_reported_and_rebuilt(run: CliRun, tmp_path: Path) -> None:
    run("fetch", "1")
    for path in (tmp_path / "cache").glob("library.sqlite*"):
        path.unlink()
    (tmp_path / "cache" / "library.sqlite").write_bytes(b"no database at all" * 100)
    assert run("cache", "verify")[0] == 1
    assert run("cache", "repair")[0] == 0
    assert run("cache", "verify")[0] == 0
    assert json_of(run, "search", "--offline")["total"] == 1


def test_a_harvest_is_imported_into_another_library(run: CliRun, tmp_path: Path) -> None:
    assert run("harvest", "--q", "*:*", "--to", tmp_path / "all.json")[0] == 0
    run("cache", "clear", "--yes")
    status, out, _ = run("library", "import", tmp_path / "all.json")
    assert status == 0
    assert "imported=120 cells=120" in out


@pytest.mark.parametrize(
    ("form", "has"), [("text", "1. "), ("bibtex", "@misc{"), ("ris", "TY  - ")]
)
def test_cells_are_cited_in_three_forms(run: CliRun, form: str, has: str) -> None:
    status, out, _ = run("cite", "1", "NMO_00002", "--format", form)
    assert status == 0
    assert has in out
    assert "SCR" in out
    assert "10.1096/fba.2024-00048" in out


def test_a_selection_of_the_library_is_cited(run: CliRun) -> None:
    run("harvest", "--q", "*:*")
    content = json_of(run, "cite", "--species", "mouse", "--offline")
    assert content["cells"] == json_of(run, "search", "--offline", "--species", "mouse")["total"]
