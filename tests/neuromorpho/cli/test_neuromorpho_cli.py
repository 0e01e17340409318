"""``somascope neuromorpho``: what it prints, its exit status, and what it leaves on disk."""

from __future__ import annotations

import argparse
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from neuromorpho.cli.main import main
from neuromorpho.cli.output import print_json
from neuromorpho.cli.parser import add_commands, build_arg_parser
from neuromorpho.http.rate_limiter import RateLimiter
from neuromorpho.records.parsing import plain
from tests.neuromorpho.server import Server, hostile_records
from tests.support.archive_cli import CliRun, json_of, make_cli_run


@pytest.fixture
def run(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CliRun:
    """Run a command line against the loopback server; return status, stdout, stderr."""
    return make_cli_run(server.url, tmp_path / "cache", capsys)


def test_a_search_prints_its_page_and_a_line_for_each_cell(run: CliRun) -> None:
    status, out, err = run("search", "--species", "mouse", "--size", "3")
    lines = out.splitlines()
    assert (status, err) == (0, "")
    assert lines[0].startswith("page=0 size=3 total_pages=")
    assert lines[1].startswith("query_url=http://127.0.0.1")
    assert lines[2].startswith("[1] id=")
    assert " archive=" in lines[2]
    assert len(lines) == 5


def test_a_limit_prints_how_many_matched(run: CliRun) -> None:
    _, out, _ = run("search", "--limit", "30")
    assert out.splitlines()[0] == "matched=120"
    assert out.splitlines()[-1].startswith("[30] id=")
    _, mice, _ = run("search", "--species", "mouse", "--limit", "119", "--json")
    found = json.loads(mice)
    assert found["matched"] == len(found["items"]) < 119
    assert json.loads(run("search", "--limit", "0", "--json")[1]) == {"matched": 120, "items": []}


def test_no_match_is_not_an_error(run: CliRun) -> None:
    status, out, err = run("search", "--species", "nosuch")
    assert (status, err) == (0, "")
    assert "total_elements=0" in out


@pytest.mark.parametrize(
    "command", [("search",), ("search", "--limit", "5"), ("search", "--count")]
)
def test_a_misspelt_value_gets_the_known_one(run: CliRun, command: tuple[str, ...]) -> None:
    for value in ("mouze", "Mouse", "mou*"):
        status, _, err = run(*command, "--species", value)
        assert status == 0
        assert "did you mean 'mouse'" in err
    assert "did you mean 'mouse'" in run(*command, "--q", "species:mouze")[2]
    _, _, err = run(*command, "--field", "specie=mouse")
    assert "species?" in err


def test_no_list_of_all_names_is_requested_for_a_misspelt_one(run: CliRun, server: Server) -> None:
    run("search", "--field", "neuron_name=no such cell")
    assert server.count("/api/neuron/partition/*") == 0


def test_a_download_of_a_misspelt_region_names_the_known_one(run: CliRun, tmp_path: Path) -> None:
    words = ("download", "--brain-region", "Hipocampus", "--output-dir", str(tmp_path / "out"))
    _, out, err = run(*words)
    assert "'hippocampus'" in out + err


def test_values_of_a_field_are_or_and_fields_are_and(run: CliRun) -> None:
    content = json_of(
        run, "search", "--species", "mouse", "--species", "rat", "--gender", "Male",
        "--field", "domain=Dendrites, Soma, Axon", "--show-query",
    )  # fmt: skip
    assert content["q"] == (
        '(species:mouse OR species:rat) AND gender:Male AND domain:"Dendrites, Soma, Axon"'
    )


def test_the_query_is_shown_without_a_request(run: CliRun, server: Server) -> None:
    _, out, _ = run(
        "search", "--q", "species:mouse", "--fq", 'stain:"lucifer yellow"', "--show-query"
    )
    assert out.splitlines() == [
        "q=species:mouse", 'fq=stain:"lucifer yellow"', "sort=neuron_id,asc"
    ]  # fmt: skip
    assert server.count() == 0


def test_a_count_costs_one_small_request(run: CliRun, server: Server) -> None:
    status, out, _ = run("search", "--count")
    assert (status, out) == (0, "total_elements=120\n")
    assert server.count() == 1


def test_a_query_file_gives_query_and_order(run: CliRun, tmp_path: Path) -> None:
    path = tmp_path / "q.yaml"
    path.write_text("filters: {species: [mouse]}\nsort: {field: neuron_name, ascending: false}\n")
    content = json_of(run, "search", "--query-file", path, "--show-query")
    assert (content["q"], content["sort"]) == ("species:mouse", "neuron_name,desc")


def test_a_given_order_replaces_that_of_the_query_file(run: CliRun, tmp_path: Path) -> None:
    path = tmp_path / "q.yaml"
    path.write_text("filters: {species: [mouse]}\nsort: {field: neuron_name, ascending: false}\n")
    words = ("search", "--query-file", path, "--sort", "neuron_id,asc", "--show-query")
    assert json_of(run, *words)["sort"] == "neuron_id,asc"


@pytest.mark.parametrize("words", [["search"], ["search", "--count"], ["search", "--limit", "5"],
    ["download", "--output-dir", "out"], ["harvest"]])  # fmt: skip
def test_a_misspelt_field_is_named_if_nothing_matches(
    run: CliRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run(*words, "--field", "speceis=mouse", "--species", "mouse")
    lines = [line for line in (out + err).splitlines() if "'speceis'" in line]
    assert (status, len(lines)) == (0, 1)
    assert "(species?)" in lines[0]
    assert words == ["download", "--output-dir", "out"] or err.splitlines() == lines
    assert "no field" not in "".join(run(*words, "--species", "nosuch", "--json")[1:])


def test_a_page_past_the_end_is_distinguished_from_no_match(run: CliRun) -> None:
    status, out, err = run("search", "--page", "99")
    assert (status, len(err.splitlines())) == (0, 1)
    assert "page 99" in err
    assert "total_elements=120" in out


def test_a_name_instead_of_an_id_gets_a_hint(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["fetch", "cnic_001"])
    assert "show --name" in capsys.readouterr().err


def test_global_flags_stand_before_or_after_the_command(server: Server) -> None:
    parse = build_arg_parser().parse_args
    for words in (["--json", "--timeout", "7", "cache", "list"], ["cache", "--json", "--timeout", "7", "list"],
                  ["cache", "list", "--json", "--timeout", "7"]):  # fmt: skip
        args = parse(words)
        assert (args.json, args.timeout, args.retries) == (True, 7.0, 3)


@pytest.mark.parametrize(
    "words",
    [
        ["search", "--species", "mouse", "--brain-region", "a", "--limit", "2"],
        ["show", "--id", "10047", "--no-measurement"],
        ["download", "--id", "10047", "--output-dir", "x", "--mode", "both", "--overwrite"],
        ["fetch", "10047", "--mode", "standard", "--load"],
        ["urls", "10047"],
        ["cache", "list"],
        ["cache", "info", "10047"],
        ["cache", "rm", "10047"],
        ["cache", "clear", "--yes"],
        ["search", "--q", "*:*"],
    ],
)
def test_known_command_lines_are_accepted(words: list[str]) -> None:
    assert build_arg_parser().parse_args(words).neuromorpho_command == words[0]


def test_the_command_line_hangs_into_another_parser() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command")
    add_commands(commands.add_parser("neuromorpho"))
    args = parser.parse_args(["neuromorpho", "--json", "cite", "NMO_00001", "--format", "ris"])
    assert (args.command, args.neuromorpho_command) == ("neuromorpho", "cite")
    assert (args.json, args.ids, args.format) == (True, [1], "ris")


@pytest.mark.parametrize(
    "words",
    [
        ["search", "--page", "-1"],
        ["search", "--size", "501"],
        ["search", "--field", "species"],
        ["search", "--range", "length=a:b"],
        ["show", "NMO_x"],
        ["download", "--id", "1", "--output-dir", "x", "--max-concurrent", "50"],
        ["harvest", "--to", "x.parquet"],
        ["nosuch"],
        [],
    ],
)
def test_what_cannot_be_parsed_exits_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("words", "keyword"),
    [
        (["search", "--text", "x"], "--offline"),
        (["search", "--offline", "--show-query"], "offline"),
        (["show"], "one cell"),
        (["show", "1", "--name", "x"], "one cell"),
        (["fields", "--counts"], "field"),
        (["download", "--id", "1"], "--output-dir"),
        (["download", "--output-dir", "x"], "criteria"),
        (["download", "q.yaml", "--query-file", "r.yaml"], "one query file"),
        (["download", "--id", "1", "--species", "rat", "--output-dir", "x"], "--id"),
        (["harvest"], "criteria"),
        (["harvest", "--species", "rat", "--sort", "upload_date"], "--sort"),
        (["search", "--species", "rat", "--facets", "stain"], "--offline"),
        (["cite"], "criteria"),
        (["fetch", "1", "--load", "--mode", "original"], "--load"),
        (["search", "--field", "a b=c"], "field name"),
    ],
)
def test_options_that_do_not_fit_together_are_wrong_usage_without_a_request(
    run: CliRun, server: Server, words: list[str], keyword: str
) -> None:
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert keyword in err
    assert len(err.splitlines()) == 1
    assert server.count() == 0


@pytest.mark.parametrize("url", [None, "https://neuromorpho.org", "http://cng.gmu.edu:8080"])
@pytest.mark.parametrize("rate", ["0", "6"])
def test_the_rate_limit_of_the_archive_cannot_be_exceeded(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str | None, rate: str
) -> None:
    where = ["--base-url", url] if url else []
    assert main([*where, "--rate", rate, "--cache-dir", str(tmp_path), "search"]) == 2
    assert "--rate" in capsys.readouterr().err


def test_plain_http_elsewhere_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["--base-url", "http://example.org", "--cache-dir", str(tmp_path), "search"]) == 2
    assert "not encrypted" in capsys.readouterr().err


def test_a_missing_cell_is_one_sentence_and_status_1(run: CliRun) -> None:
    status, out, err = run("show", "99999999", "--json")
    assert (status, out) == (1, "")
    assert "NMO_99999999" in err
    assert len(err.splitlines()) == 1


def test_a_server_that_is_down_is_reported(run: CliRun, server: Server) -> None:
    server.faults.add("unavailable")
    status, _, err = run("search")
    assert status == 1
    assert "down" in err
    assert "--mirror" in err


def test_a_cell_is_shown_by_id_by_label_and_by_name(run: CliRun) -> None:
    shown = [run("show", *words)[1] for words in (["1"], ["--id", "NMO_00001"])]
    name = next(each for each in shown[0].splitlines() if each.startswith("name="))[5:]
    shown.append(run("show", "--name", name)[1])
    assert all(each.startswith("id=1\nname=") for each in shown)
    keys = [line.partition("=")[0] for line in shown[0].splitlines()[:13]]
    assert keys == [
        "id", "name", "archive", "species", "brain_region", "cell_type", "original_format",
        "thumbnail_url", "standard_swc_url", "original_file_url", "measurement_url",
        "cache_status", "measurement",
    ]  # fmt: skip
    assert json.loads(shown[0].partition("measurement=\n")[2])["neuron_id"] == 1


def test_every_command_prints_valid_json(run: CliRun, tmp_path: Path) -> None:
    out = tmp_path / "out"
    commands = [
        ["search", "--size", "2"], ["search", "--limit", "2"], ["search", "--count"],
        ["search", "--facets", "species"], ["show", "1"], ["urls", "1"], ["fields"],
        ["fields", "species"], ["fields", "species", "--counts"], ["fetch", "1", "--load"],
        ["download", "--id", "1", "--output-dir", out],
        ["download", "--id", "2", "--output-dir", out, "--dry-run"],
        ["download", "--limit", "2", "--q", "*:*", "--output-dir", out],
        ["download", "--limit", "2", "--q", "*:*", "--output-dir", out, "--dry-run"],
        ["harvest", "--species", "mouse"], ["cite", "1"],
        ["search", "--offline", "--facets", "species"], ["show", "--offline", "1"],
        ["cache", "list"], ["cache", "info", "1"], ["cache", "size"], ["cache", "verify"],
        ["cache", "repair"], ["cache", "rm", "1"], ["cache", "clear", "--yes"],
        ["library", "import", out / "neuron_metadata.json"],
    ]  # fmt: skip
    for words in commands:
        assert json_of(run, *words), words


def test_json_escapes_what_cannot_be_encoded(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "half \ud800", "nan": float("nan")})
    assert json.loads(capsys.readouterr().out) == {"name": "half \ud800", "nan": None}


def test_names_of_the_archive_cannot_send_terminal_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plain("a\x1b[2J\nb µ") == "a\\x1b[2J\\nb µ"
    with Server(hostile_records(), n_made=0) as server:
        status = main(["--base-url", server.url, "--rate", "0", "--cache-dir", str(tmp_path),
                       "search", "--size", "500"])  # fmt: skip
    out = capsys.readouterr().out
    assert status == 0
    assert all(line.isprintable() for line in out.splitlines())
    assert all(line.startswith(("[", "page=", "query_url=")) for line in out.split("\n")[:-1])


def test_values_with_blanks_at_their_end_are_quoted(run: CliRun) -> None:
    lines = run("fields", "species")[1].splitlines()
    assert '"dragonfly "' in lines
    assert "mouse" in lines


def test_a_download_of_one_cell_prints_each_file(run: CliRun, tmp_path: Path) -> None:
    status, out, _ = run("download", "--id", "NMO_00001", "--output-dir", tmp_path / "out")
    lines = out.splitlines()
    assert status == 0
    assert [each.partition("=")[0] for each in lines[:4]] == [
        "folder", "metadata_path", "download_mode", "dry_run"
    ]  # fmt: skip
    assert lines[2:4] == ["download_mode=both", "dry_run=False"]
    assert lines[4].startswith("standard: filename=")
    assert "downloaded_now=True" in lines[4]
    assert lines[4].endswith("reason=-")


def test_a_download_of_one_cell_leaves_its_manifest_and_citations_too(
    run: CliRun, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ("download", "--id", "1", "--output-dir", out)
    lines = run(*words)[1].splitlines()
    assert lines[-3:] == [
        f"manifest={out / 'manifest.json'}",
        f"citation={out / 'CITATION.txt'}",
        f"bibtex={out / 'citations.bib'}",
    ]
    content = json_of(run, *words)
    assert content["provenance"]["manifest"] == str(out / "manifest.json")
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    (cell,) = manifest["neurons"]
    assert {each["kind"] for each in cell["files"]} == {"standard", "original"}
    for each in cell["files"]:
        content = (out / each["path"]).read_bytes()
        assert (each["size"], each["sha256"]) == (len(content), sha256(content).hexdigest())
    assert "NMO_00001" in (out / "CITATION.txt").read_text(encoding="utf-8")


def test_a_dry_run_prints_the_bytes_of_the_download_and_writes_nothing(
    run: CliRun, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ["download", "--species", "mouse", "--limit", "4", "--output-dir", out, "--images"]
    planned = json_of(run, *words, "--dry-run")
    assert not out.exists()
    assert planned["bytes_are_estimated_from"] is None
    done = json_of(run, *words)
    assert planned["bytes"] == done["bytes"] > 0
    again = json_of(run, *words, "--dry-run")
    assert (again["there_already"], again["files"]) == (planned["cells"], [])


def test_a_dry_run_of_many_files_requests_twenty_sizes_and_reports_it(
    run: CliRun, server: Server, tmp_path: Path
) -> None:
    status, out, _ = run(
        "download", "--q", "*:*", "--limit", "60", "--output-dir", tmp_path, "--dry-run"
    )
    assert status == 0
    assert "60 files" in out
    assert "20 files" in out
    assert server.count("/dableFiles/*") == 20


def test_a_bulk_download_leaves_files_tables_manifest_and_citations(
    run: CliRun, server: Server, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ["download", "--species", "mouse", "--limit", "3", "--output-dir", out, "--group-by",
             "{species}/{neuron_id}_{neuron_name}", "--metadata-filename", "tables/cells.csv"]  # fmt: skip
    status, out_text, _ = run(*words)
    assert status == 0
    assert "3 downloaded" in out_text
    assert len(list(out.glob("mouse/*.CNG.swc"))) == 3
    for name in (
        "tables/cells.csv",
        "tables/cells.json",
        "manifest.json",
        "CITATION.txt",
        "citations.bib",
    ):
        assert (out / name).stat().st_size > 0
    server.reset()
    assert "3 already" in run(*words)[1]
    assert server.count("/dableFiles/*") == 0


def test_a_failing_literature_service_is_reported_and_is_no_failure(
    run: CliRun, server: Server, tmp_path: Path
) -> None:
    server.faults.add("unavailable", path="/api/literature/*")
    status, _, err = run("download", "--id", "1", "2", "--output-dir", tmp_path / "out")
    assert status == 0
    assert "titles" in err
    assert (tmp_path / "out" / "CITATION.txt").is_file()


def test_a_download_that_lacks_a_cell_ends_with_1_and_names_it(run: CliRun, tmp_path: Path) -> None:
    status, out, err = run("download", "--id", "1", "99999999", "--output-dir", tmp_path / "out")
    assert status == 1
    assert "NMO_99999999" in out
    assert "1 of 2" in err


def test_a_fetched_cell_is_read_and_counted(run: CliRun, server: Server) -> None:
    status, out, _ = run("fetch", "1", "--load")
    last = out.splitlines()[-1]
    assert status == 0
    assert last.startswith("loaded OK: ")
    assert last.endswith(" points")
    server.reset()
    assert run("fetch", "1", "--load")[1].splitlines()[-1] == last
    assert server.count() == 0


def test_without_a_reader_loading_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["fetch", "1", "--load", "--cache-dir", str(tmp_path)]) == 2
    assert "reader" in capsys.readouterr().err


def test_global_options_reach_the_client(
    monkeypatch: pytest.MonkeyPatch, server: Server, tmp_path: Path
) -> None:
    from neuromorpho import NeuroMorphoClient

    arguments: dict[str, Any] = {}

    def made(**options: Any) -> NeuroMorphoClient:
        arguments.update(options)
        return NeuroMorphoClient(**options)

    monkeypatch.setattr("neuromorpho.cli.context.NeuroMorphoClient", made)
    words = ["--timeout", "12", "--retries", "2", "--rate", "0", "--base-url", server.url]
    assert main([*words, "--cache-dir", str(tmp_path), "search", "--species", "mouse"]) == 0
    assert isinstance(arguments.pop("limiter"), RateLimiter)
    assert arguments == {
        "timeout": 12.0, "cache_dir": tmp_path, "retries": 2, "base_url": server.url, "mirror": False
    }  # fmt: skip


def test_a_download_is_understood_as_neuromorphopy_writes_it(
    run: CliRun, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("q.yaml").write_text(
        "filters:\n  species: [mouse]\nsort:\n  field: neuron_name\n  order: descending\n"
    )
    words = ["q.yaml", "-o", "mice", "-c", "50", "-g", "species", "-m", "metadata.csv"]
    status, _, err = run("download", *words)
    assert status == 0
    assert err.count("5 requests at once") == 1
    records = map(server.holdings.record, server.holdings.ids)
    names = [each["neuron_name"] for each in records if each["species"] == "mouse"]
    content = json.loads(Path("mice", "metadata.json").read_text())
    assert [each["neuron"]["neuron_name"] for each in content] == sorted(names, reverse=True)
    assert len(list(Path("mice", "mouse").glob("*.swc"))) == len(names)


def test_a_query_file_alone_downloads_to_neurons(
    run: CliRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("q.json").write_text('{"filters": {"species": ["mouse"]}}')
    assert run("download", "q.json", "--limit", "2")[0] == 0
    assert len(list(Path("neurons").rglob("*.swc"))) == 2
    assert run("download", "none.yaml")[0] == 1


def test_a_record_without_a_name_is_left_out_with_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nameless = {"neuron_id": 1, "species": "mouse", "archive": "Lab"}
    with Server([nameless], n_made=40) as server:
        run = make_cli_run(server.url, tmp_path / "cache", capsys)
        status, out, err = run("search", "--size", "20", "--sort", "neuron_id,asc")
        assert status == 0
        assert len(out.splitlines()) == 2 + 19
        assert err.count("1 of 20 records was left out") == 1
        assert "without neuron_name" in err
        assert run("search", "--count")[1] == "total_elements=41\n"
        status, out, err = run("harvest", "--q", "*:*", "--to", str(tmp_path / "all.json"))
        assert status == 0
        assert len(json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))) == 40
        assert "1 of 41 records was left out" in err
