"""What a record says is told in plain words with units, all of it, and nothing in it is markup."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings, strategies as st

from app.archive.records.facts import Fact, measured_facts, record_facts
from app.archive.records.links import ARCHIVE_HOSTS, note_parts, safe_url
from app.archive.records.plain_text import number_text
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import RECORD_KEYS, NeuroMorphoNeuron

LINKED_HOSTS = ARCHIVE_HOSTS | {"doi.org", "pubmed.ncbi.nlm.nih.gov"}
ANY_TIME = settings(deadline=None, max_examples=80)


def facts_of(**record: Any) -> dict[str, Fact]:
    """Return the facts of a cell with this record, by label."""
    neuron = NeuroMorphoNeuron.from_payload({"neuron_id": 7, "neuron_name": "a", **record})
    return {fact.label: fact for group in record_facts(neuron) for fact in group.facts}


def text_of(label: str, **record: Any) -> str:
    """Return a value and its unit as a person reads them."""
    fact = facts_of(**record)[label]
    return f"{fact.value} {fact.unit}".strip().replace("\u00a0", " ")


def links_of(fact: Fact) -> list[str]:
    return [part.url for part in fact.parts if part.url]


def test_every_key_of_a_record_is_shown_once() -> None:
    numbers = {"neuron_id", "min_age", "max_age", "min_weight", "max_weight"}
    record: dict[str, Any] = {key: f"the-{key}-here" for key in RECORD_KEYS}
    record |= {key: 901 + at for at, key in enumerate(sorted(numbers))}
    record["_links"] = {"the link": "https://neuromorpho.org/api/neuron/id/7"}
    shown = [f"{each.value} {each.unit} {links_of(each)}" for each in facts_of(**record).values()]
    for key, value in record.items():
        text = "the link" if key == "_links" else str(value)
        assert sum(text in each for each in shown) == 1, key


def test_the_groups_are_the_same_for_every_cell() -> None:
    bare = NeuroMorphoNeuron.from_payload({"neuron_id": 7, "neuron_name": "a"})
    full = NeuroMorphoNeuron.from_payload(
        {"neuron_id": 8, "neuron_name": "b", **dict.fromkeys(RECORD_KEYS[2:], "x")}
    )
    assert [[fact.label for fact in group.facts] for group in record_facts(bare)] == [
        [fact.label for fact in group.facts] for group in record_facts(full)
    ]


@pytest.mark.parametrize(
    "missing", [None, "", " ", "Not reported", "Not Reported", "not applicable"]
)
def test_every_spelling_of_missing_is_one_dash(missing: Any) -> None:
    facts = facts_of(**dict.fromkeys(RECORD_KEYS[2:], missing))
    shown = {label: f"{fact.value}{fact.unit}" for label, fact in facts.items()}
    del shown["Archive id"], shown["Name"]
    assert set(shown.values()) == {"—"}


@pytest.mark.parametrize(
    ("label", "record", "text"),
    [
        ("Age", {"min_age": "24.0", "max_age": "25.0", "age_scale": "Year"}, "24–25 years"),
        ("Age", {"min_age": "3.5", "max_age": "3.5", "age_scale": "Day"}, "3.5 days"),
        (
            "Age",
            {"min_age": "2.0", "max_age": "Not reported", "age_scale": "Month"},
            "from 2 months",
        ),
        ("Age", {"min_age": None, "max_age": "90", "age_scale": "Day"}, "up to 90 days"),
        ("Age", {"min_age": "2", "max_age": "2", "age_scale": ""}, "2 (unit unknown)"),
        ("Weight", {"min_weight": "4500.0", "max_weight": "10000.0"}, "4 500–10 000 g"),
        ("Slice thickness", {"slicing_thickness": "400"}, "400 µm"),
        ("Slice thickness", {"slicing_thickness": "400 to 600"}, "400 to 600"),
        ("Magnification", {"magnification": "100"}, "100 ×"),
        ("Reported, in z", {"reported_z": 12.5}, "12.5 %"),
        ("Surface", {"surface": "8842.91"}, "8 843 µm²"),
        ("Brain region", {"brain_region": ["neocortex", "layer 3"]}, "neocortex › layer 3"),
        (
            "Cell type",
            {"cell_type": ["pyramidal", "", "principal cell"]},
            "pyramidal, principal cell",
        ),
        ("Species", {"species": "two\nlines\tof  it\x00"}, "two lines of it"),
    ],
)
def test_values_have_their_units(label: str, record: dict[str, Any], text: str) -> None:
    assert text_of(label, **record) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.543665, "0.5437"),
        (1.01989, "1.02"),
        (33.3799, "33.38"),
        (4911.5, "4 912"),
        (410_000_000.0, "410 000 000"),
        (-2.5, "−2.5"),
        (1.2345e-9, "1.235e−09"),
        (3e20, "3.000e+20"),
    ],
)
def test_numbers_have_as_many_digits_as_mean_something(value: float, text: str) -> None:
    assert number_text(value).replace("\u00a0", " ") == text


def test_a_list_of_nothing_is_the_same_dash() -> None:
    nothing = ["", None, "Not reported"]
    facts = facts_of(brain_region=nothing, cell_type=[], reference_pmid=nothing, stain=nothing)
    assert {facts[label].value for label in ("Brain region", "Cell type", "PubMed", "Stain")} == {
        "—"
    }


def test_papers_are_links_and_what_is_no_paper_is_called_so() -> None:
    facts = facts_of(
        reference_pmid=["12204204", "-26"], reference_doi=["10.1093/cercor/13.9.950", "e97368"]
    )
    assert links_of(facts["PubMed"]) == ["https://pubmed.ncbi.nlm.nih.gov/12204204/"]
    assert facts["PubMed"].value == ("12204204, -26 (a placeholder of the archive, not in PubMed)")
    assert links_of(facts["DOI"]) == ["https://doi.org/10.1093/cercor/13.9.950"]
    assert facts["DOI"].value == "10.1093/cercor/13.9.950, e97368 (not a DOI)"


def test_an_unknown_key_is_shown() -> None:
    assert text_of("soma depth", soma_depth=["a", "b"]) == "a, b"


def test_a_note_has_its_text_and_its_links_to_the_archive() -> None:
    parts = note_parts(
        'See <a href=" dableFiles/previous/a b.swc ">here</a>.<br>And&nbsp;this &lt;b&gt;'
    )
    assert [part.text for part in parts] == ["See ", "here", ". And this <b>"]
    assert parts[1].url == "https://neuromorpho.org/dableFiles/previous/a%20b.swc"


def test_a_note_fetches_nothing_and_runs_nothing() -> None:
    parts = note_parts(
        '<img src="http://x.org/a.png" onerror="alert(1)"><script>alert(2)</script>'
        '<style>p{background:url(http://x.org)}</style><p onclick="x()">Text</p>'
    )
    assert [(part.text, part.url) for part in parts] == [("Text", "")]


@pytest.mark.parametrize(
    "href",
    [
        "",
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//evil.org/x",
        "http://evil.org/neuromorpho.org",
        "https://neuromorpho.org@evil.org/",
        "https://user:secret@neuromorpho.org/",
        "https://neuromorpho.org.evil.org/",
        "https://neuromorpho.org:8443/",
        "https://evil.org\\@neuromorpho.org/",
        "http://[",
        "ftp://neuromorpho.org/",
    ],
)
def test_an_address_that_leads_elsewhere_is_no_link(href: str) -> None:
    assert safe_url(href) == ""
    assert [part.url for part in note_parts(f'<a href="{href}">text</a>')] == [""]


def test_the_archive_is_reached_by_https_and_its_mirror_as_it_is() -> None:
    assert safe_url("http://neuromorpho.org/a?b=c d") == "https://neuromorpho.org/a?b=c%20d"
    assert safe_url("http://neuromorpho.org:80/a") == "https://neuromorpho.org/a"
    assert safe_url("http://cng.gmu.edu:8080/api") == "http://cng.gmu.edu:8080/api"


@ANY_TIME
@given(st.text(max_size=200) | st.text(alphabet='<>a="/ hrefneuromorpho.org:&;', max_size=200))
def test_no_note_links_outside_the_archive(html: str) -> None:
    for part in note_parts(html):
        assert part.text.isprintable()
        assert not part.url or urlsplit(part.url).netloc in ARCHIVE_HOSTS


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
TYPED_KEYS = {"species", "brain_region", "cell_type", "original_format", "png_url"}
PLAIN_KEYS = sorted({*RECORD_KEYS[3:], "_links", "new"} - TYPED_KEYS)


@ANY_TIME
@given(st.dictionaries(st.sampled_from(PLAIN_KEYS), ANYTHING, max_size=8))
def test_any_odd_record_can_be_shown(record: dict[str, Any]) -> None:
    for fact in facts_of(**record).values():
        assert fact.value
        assert fact.value.isprintable() or "\u00a0" in fact.value
        assert all(urlsplit(url).netloc in LINKED_HOSTS for url in links_of(fact))


def test_an_endless_value_is_cut() -> None:
    assert len(text_of("Note", note="word " * 100_000)) < 5_000
    assert len(text_of("Stain", stain="x" * 1_000_000)) < 5_000


def test_morphometry_has_units_and_sensible_digits() -> None:
    measurement = NeuroMorphoMeasurement.from_payload(
        {
            "neuron_id": 1,
            "neuron_name": "a",
            "length": 4911.5,
            "soma_Surface": None,
            "n_stems": 6.0,
            "fragmentation": 1274.0,
            "diameter": 0.543665,
            "bif_ampl_local": 33.3799,
            "fractal_Dim": 1.01989,
            "new_Number": 3.25,
        }
    )
    shown = {
        fact.label: f"{fact.value} {fact.unit}".strip().replace("\u00a0", " ")
        for group in measured_facts(measurement)
        for fact in group.facts
    }
    assert shown["Total length"] == "4 912 µm"
    assert shown["Soma surface"] == "—"
    assert shown["Stems"] == "6"
    assert shown["Points traced"] == "1 274"
    assert shown["Mean diameter"] == "0.5437 µm"
    assert shown["Local angle"] == "33.38 °"
    assert shown["Fractal dimension"] == "1.02"
    assert shown["new Number"] == "3.25"


def test_all_of_a_recorded_cell_is_shown(shared_data: Path) -> None:
    path = shared_data / "neuromorpho_json" / "neuron_id_1.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    facts = facts_of(**record)
    assert facts["Archive id"].value == "NMO_00001"
    assert links_of(facts["Note"]) == [
        "https://neuromorpho.org/dableFiles/previous/v6.1/wearne_hof/cnic_001.CNG.swc"
    ]
    assert [part.text for part in facts["Raw data"].parts if part.url] == [
        "self", "measurements", "persistence vector",
    ]  # fmt: skip
    assert facts["DOI"].parts[0].url == "https://doi.org/10.1016/S0306-4522(02)00305-6"
