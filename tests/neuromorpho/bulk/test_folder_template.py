"""Files of many neurons land in folders out of their records, each in a place of its own, on any disk."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from neuromorpho.bulk.folder_template import FIELDS, FolderTemplate
from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.filenames import portable_name
from neuromorpho.records.models import NeuroMorphoNeuron

ANY_TIME = settings(deadline=None, max_examples=60)  # two busy cores are no failure


def neuron(**record: Any) -> NeuroMorphoNeuron:
    """Return a neuron of a record with what is given and an id and name."""
    return NeuroMorphoNeuron.from_payload(
        {"neuron_id": 7, "neuron_name": "cell", "archive": "Smith"} | record
    )


CELL = neuron(
    neuron_id=1,
    neuron_name="cnic_001",
    archive="Wearne_Hof",
    species="monkey",
    brain_region=["neocortex", "prefrontal", "layer 3"],
    gender="Not Reported",
    magnification="100",
    physical_Integrity="Dendrites Moderate",
)


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("species,brain_region", "monkey/neocortex-prefrontal-layer 3/1_cnic_001"),
        (" species , archive ", "monkey/Wearne_Hof/1_cnic_001"),
        ("", "1_cnic_001"),
        ("brain_region_1,brain_region_3", "neocortex/layer 3/1_cnic_001"),
        ("brain_region_4,cell_type_1", "unknown/unknown/1_cnic_001"),
        ("gender,strain", "unknown/unknown/1_cnic_001"),
        ("Physical_Integrity", "Dendrites Moderate/1_cnic_001"),
        ("{species}/{neuron_id}_{neuron_name}", "monkey/1_cnic_001"),
        ("{species}/{archive}/{neuron_name}", "monkey/Wearne_Hof/cnic_001_1"),
        ("{neuron_name}-{neuron_id}", "cnic_001-1"),
        ("{label}_{species}", "NMO_00001_monkey"),
        ("{label}", "NMO_00001"),
        ("{neuron_id}/{neuron_name}", "1/cnic_001"),
        ("my {species} cells/{neuron_id}", "my monkey cells/1"),
        ("{neuron_id}{magnification}", "1100_1"),
        ("{neuron_id} {neuron_name}", "1 cnic_001_1"),
        ("{species}_{neuron_id}_x", "monkey_1_x_1"),
    ],
)
def test_a_template_leads_to_a_path(template: str, path: str) -> None:
    assert str(FolderTemplate.parse(template).path(CELL)) == path


def test_a_template_has_a_text_with_the_added_id() -> None:
    template = FolderTemplate.parse("species,archive")
    assert template.text == "{species}/{archive}/{neuron_id}_{neuron_name}"
    assert FolderTemplate.parse("{archive}").text == "{archive}_{neuron_id}"
    assert FolderTemplate.parse(template.text) == template


def test_an_unknown_field_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(NeuroMorphoQueryError, match=r"'specis'.*species.*brain_region_1"):
        FolderTemplate.parse("specis")
    with pytest.raises(NeuroMorphoQueryError, match="payload"):
        FolderTemplate.parse("{payload}/{neuron_id}")


@pytest.mark.parametrize(
    "template",
    [
        "../{neuron_id}",
        "/{neuron_id}",
        "{species}//{neuron_id}",
        "{species}/",
        "a\\b{neuron_id}",
        "C:{neuron_id}",
        "{neuron_id}\x00",
        "{neuron_id}*",
        "{species",
        "species}",
        "{{species}}",
        "{}",
        "{neuron_id:05d}",
        "{neuron_id.__class__}",
        "species,,archive",
        ",",
        "/".join(["{species}"] * 13),
    ],
)
def test_a_path_outside_of_the_folder_is_refused(template: str) -> None:
    with pytest.raises(NeuroMorphoQueryError):
        FolderTemplate.parse(template)


VALUES = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(
        ["../../x", "CON", "x" * 300, "a/b", "\x00", "Mouse", "mouse", "1", "_1", "-2"]
    ),
    st.lists(st.sampled_from(["a", "", "Not reported", "b/c", "..", "1"]), max_size=4),
)
RECORDS = st.fixed_dictionaries(
    {
        "neuron_id": st.integers(0, 2**53 - 1) | st.integers(0, 120),
        "neuron_name": st.text(min_size=1) | st.sampled_from(["1", "1_1", "x" * 300, "a/b", "CON"]),
        "magnification": VALUES,
        "brain_region": VALUES,
        "note": VALUES,
    }
)
LEVELS = st.lists(
    st.sampled_from(
        [
            "{neuron_id}",
            "{label}",
            "{neuron_name}",
            "{magnification}",
            "{brain_region}",
            "{note}",
            "{brain_region_1}",
            "_",
            "-",
            "1",
            "a b",
        ]
    ),
    min_size=1,
    max_size=4,
).map("".join)
TEMPLATES = st.lists(LEVELS, min_size=1, max_size=3).map("/".join).filter(lambda text: "{" in text)


@ANY_TIME
@given(TEMPLATES, RECORDS, RECORDS)
@example(
    "{neuron_id}{magnification}",
    {"neuron_id": 1, "neuron_name": "a", "magnification": "10"},
    {"neuron_id": 11, "neuron_name": "a", "magnification": "0"},
)
@example(
    "{note}_{neuron_id}",
    {"neuron_id": 1, "neuron_name": "a", "note": "x" * 300},
    {"neuron_id": 2, "neuron_name": "a", "note": "x" * 300},
)
@example(
    "{neuron_name}",
    {"neuron_id": 1, "neuron_name": "A"},
    {"neuron_id": 2, "neuron_name": "a"},
)
def test_two_neurons_have_two_portable_paths_on_any_disk(
    template: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    places = FolderTemplate.parse(template)
    cells = [NeuroMorphoNeuron.from_payload(record) for record in (first, second)]
    paths = [places.path(cell) for cell in cells]
    for path in paths:
        assert not path.is_absolute()
        assert all(portable_name(part) == part for part in path.parts)
        assert len(path.parts) == template.count("/") + 1
    same = first["neuron_id"] == second["neuron_id"]
    if not same:
        assert str(paths[0]).casefold() != str(paths[1]).casefold()
    assert FolderTemplate.parse(places.text).path(cells[0]) == paths[0]


def test_long_values_are_cut_and_the_number_never() -> None:
    cell = neuron(neuron_id=2**53 - 1, neuron_name="é" * 300, species="x" * 300)
    for template in ("species", "{species}/{neuron_name}_{neuron_id}", "{label}_{neuron_name}"):
        *folders, stem = FolderTemplate.parse(template).path(cell).parts
        assert str(2**53 - 1) in stem
        assert 100 < len(stem.encode()) <= 120
        assert all(len(folder.encode()) <= 64 for folder in folders)


def test_missing_values_of_a_list_are_not_in_the_folder_name() -> None:
    cell = neuron(brain_region=["neocortex", "Not reported", "layer 3"], cell_type=[""])
    assert str(FolderTemplate.parse("brain_region,cell_type").path(cell)) == (
        "neocortex-layer 3/unknown/7_cell"
    )


def test_every_known_field_can_be_a_folder() -> None:
    for field in FIELDS:
        assert FolderTemplate.parse(field).path(CELL).name == "1_cnic_001"
