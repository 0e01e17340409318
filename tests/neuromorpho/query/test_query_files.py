"""A search can be saved in a file, and neuromorphopy's files are read; no file widens a search."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings, strategies as st

from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.query.query import NeuroMorphoQuery
from neuromorpho.query.query_file import NeuroMorphoQueryFile

ANY_TIME = settings(deadline=None, max_examples=60)  # two busy cores are no failure

NEUROMORPHOPY = """\
# from its README
filters:
  species: [mouse, "dragonfly "]
  brain_region: entorhinal cortex
  magnification: 100
  upload_date: 2006-08-01
sort:
  field: brain_region
  ascending: false
"""


def written(folder: Path, text: str | bytes, name: str = "query.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("name", ["query.yaml", "query.yml", "QUERY.YML"])
def test_neuromorphopys_yaml_is_read(tmp_path: Path, name: str) -> None:
    found = NeuroMorphoQueryFile.read(written(tmp_path, NEUROMORPHOPY, name))
    assert found.query.criteria == {
        "species": ("mouse", "dragonfly "),
        "brain_region": ("entorhinal cortex",),
        "magnification": ("100",),
        "upload_date": ("2006-08-01",),
    }
    assert found.sort == "brain_region,desc"


def test_json_is_read_with_raw_clauses_and_a_byte_order_mark(tmp_path: Path) -> None:
    content = {"filters": {"domain": "Dendrites, Soma, Axon"}, "q": "a:b OR c:d", "fq": ["e:f"]}
    path = written(tmp_path, b"\xef\xbb\xbf" + json.dumps(content).encode(), "query.json")
    found = NeuroMorphoQueryFile.read(str(path))
    assert found.query.to_q() == 'domain:"Dendrites, Soma, Axon" AND (a:b OR c:d)'
    assert found.query.to_fq() == ["e:f"]
    assert found.sort == "neuron_id,asc"


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("neuron_name", "neuron_name,asc"),
        ("neuron_name,desc", "neuron_name,desc"),
        ("neuron_name, asc", "neuron_name,asc"),
        ({"field": "physical_Integrity"}, "Physical_Integrity,asc"),
        ({"field": "archive", "ascending": False}, "archive,desc"),
        ({"field": "archive", "order": "ascending"}, "archive,asc"),
        ({"field": "archive", "order": "Descending"}, "archive,desc"),
        ({"field": "archive", "order": "desc"}, "archive,desc"),
        ({"field": "archive", "order": "descending", "ascending": False}, "archive,desc"),
        (None, "neuron_id,asc"),
    ],
)
def test_the_order_is_read(sort: object, expected: str) -> None:
    assert NeuroMorphoQueryFile.of({"filters": {}, "sort": sort}).sort == expected


@pytest.mark.parametrize(
    "sort",
    ["", "a,up", "a b", 3, [], {"ascending": True}, {"field": 3}, {"field": "a", "ascending": "no"}, {"field": "a", "x": 1}, {"field": "a", "order": "up"}, {"field": "a", "order": True}, {"field": "a", "order": "descending", "ascending": True}, {"order": "ascending"}],
)  # fmt: skip
def test_an_order_that_is_none_is_refused(sort: object) -> None:
    with pytest.raises(NeuroMorphoQueryError, match=r"search: .*(sort|field)"):
        NeuroMorphoQueryFile.of({"filters": {"species": "rat"}, "sort": sort}, "search")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just text",
        "- a\n- list",
        "filters: [a]",
        "filters: {species: mouse}\nfilter: {stain: x}",
        "filters: {species: }",
        "filters: {species: []}",
        "filters: {species: [~]}",
        "filters: {species: yes}",
        "filters: {species: {a: b}}",
        "filters: {two words: a}",
        "filters: {3: a}",
        "filters: {species: a, species: b}",
        "filters: {physical_Integrity: a, Physical_Integrity: b}",
        "filters: {upload_date: 2006-99-99}",
        "filters: {species: [[nested]]}",
        "filters: {<<: {species: a}}",
        "filters: {[a]: b}",
        "q: {a: b}",
        "filters: {species: 0x" + "f" * 5000 + "}",
        "filters: {species: 'open",
        "filters: !!python/object/apply:os.getcwd []",
        "a: &a [x]\nb: &b [*a, *a]\nfilters: {species: *b}",
        "[" * 1500,
        b"filters: {species: \xff\xfe}",
    ],
)
def test_a_broken_file_is_refused_in_a_sentence_that_names_it(
    tmp_path: Path, text: str | bytes
) -> None:
    with pytest.raises(NeuroMorphoQueryError, match=r"^query\.yaml") as caught:
        NeuroMorphoQueryFile.read(written(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"filters": {"a": "1", "a": "2"}}', '{"filters": {"a": NaN}}', "[" * 100_000],
)
def test_broken_json_is_refused_in_a_sentence_that_names_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(NeuroMorphoQueryError, match=r"^query\.json"):
        NeuroMorphoQueryFile.read(written(tmp_path, text, "query.json"))


def test_a_bomb_of_aliases_is_refused_before_it_grows(tmp_path: Path) -> None:
    lines = ["filters:", "  species: &l0 [a, a, a, a, a, a, a, a, a]"]
    lines += [f"  x{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30)]
    with pytest.raises(NeuroMorphoQueryError, match="value"):
        NeuroMorphoQueryFile.read(written(tmp_path, "\n".join(lines)))


def test_files_that_are_none_or_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        NeuroMorphoQueryFile.read(tmp_path / "none.yaml")
    with pytest.raises(NeuroMorphoQueryError, match=r"\.yml, \.yaml or \.json"):
        NeuroMorphoQueryFile.read(written(tmp_path, "filters: {}", "query.toml"))
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(NeuroMorphoQueryError, match=r"folder\.yaml cannot be read"):
        NeuroMorphoQueryFile.read(tmp_path / "folder.yaml")
    with pytest.raises(NeuroMorphoQueryError, match="too long"):
        NeuroMorphoQueryFile.read(written(tmp_path, "#" * (4 * 1024**2 + 1)))


@ANY_TIME
@given(
    st.dictionaries(
        st.sampled_from(["species", "stain", "domain", "Physical_Integrity"]),
        st.lists(st.text(st.characters(exclude_categories=("Cs",))), min_size=1, unique=True),
    ),
    st.sampled_from(["neuron_id,asc", "archive,desc"]),
    st.lists(st.sampled_from(["a:b", "c:d OR e:f"]), unique=True).map(tuple),
    st.sampled_from([".json", ".yaml"]),
)
@example({"species": ["\x85", "Größe", "a\n "]}, "neuron_id,asc", (), ".yaml")
def test_what_a_file_has_is_read_and_written_again(
    criteria: dict[str, list[str]], sort: str, raw: tuple[str, ...], kind: str
) -> None:
    content = {"filters": criteria, "sort": sort, "q": list(raw), "fq": list(raw)}
    text = json.dumps(content) if kind == ".json" else yaml.safe_dump(content)
    with tempfile.TemporaryDirectory() as folder:
        found = NeuroMorphoQueryFile.read(written(Path(folder), text, f"query{kind}"))
    assert found.sort == sort
    assert found.query.criteria == NeuroMorphoQuery.of(criteria).criteria
    assert (found.query.raw_q, found.query.raw_fq) == (raw, raw)
    text = found.to_text(kind)
    again = NeuroMorphoQueryFile.of(json.loads(text) if kind == ".json" else yaml.safe_load(text))
    assert again.sort == sort
    assert again.query.criteria == found.query.criteria


def test_yaml_is_not_imported_before_a_file_of_it_is_read() -> None:
    code = "import sys, neuromorpho.query.query_file; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
