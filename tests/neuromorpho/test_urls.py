"""Addresses are built as the archive lays its files out, and none leads to a host that is not its own."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings, strategies as st

from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.urls import (
    API_BASE,
    FILE_BASE,
    MIRROR,
    NEUROMORPHO,
    Site,
    build_measurement_url,
    build_original_file_url,
    build_standard_swc_url,
    infer_original_extension,
    original_candidates,
    plan_neuron_files,
    thumbnail_url,
    urls_of,
)

ANY_TIME = settings(deadline=None, max_examples=60)  # two busy cores are no failure

HERE = Site("http://127.0.0.1:8123")


def neuron(**record: Any) -> NeuroMorphoNeuron:
    """Return NMO_10047 as braincell's tests have it, with what is given changed."""
    return NeuroMorphoNeuron.from_payload(
        {
            "neuron_id": 10047,
            "neuron_name": "TypeA-10",
            "archive": "Scanziani",
            "original_format": "TypeA-10.asc",
            "png_url": "http://neuromorpho.org/images/typea-10.png",
            "_links": {"measurements": {"href": "http://neuromorpho.org/api/morphometry/id/10047"}},
        }
        | record
    )


def test_the_addresses_of_a_cell_are_those_of_the_archive() -> None:
    cell = neuron(archive="De Koninck", neuron_name="a b#1")
    files = "https://neuromorpho.org/dableFiles/de%20koninck"
    assert build_standard_swc_url(cell) == f"{files}/CNG%20version/a%20b%231.CNG.swc"
    assert build_original_file_url(cell) == f"{files}/Source-Version/a%20b%231.asc"
    assert build_original_file_url(cell, suffix=".dat") == f"{files}/Source-Version/a%20b%231.dat"
    assert (API_BASE, FILE_BASE) == (
        "https://neuromorpho.org/api",
        "https://neuromorpho.org/dableFiles",
    )


def test_every_address_is_of_the_site_in_use() -> None:
    for site in (NEUROMORPHO, MIRROR, HERE):
        found = urls_of(neuron(), site=site)
        assert found.standard_swc == (
            f"{site.root}/dableFiles/scanziani/CNG%20version/TypeA-10.CNG.swc"
        )
        assert found.original_file == (
            f"{site.root}/dableFiles/scanziani/Source-Version/TypeA-10.asc"
        )
        assert found.measurement == f"{site.api}/morphometry/id/10047"
        assert found.thumbnail == f"{site.root}/images/typea-10.png"


@pytest.mark.parametrize("archive", [None, "", " ", ".", ".."])
def test_a_cell_without_archive_has_no_files_and_breaks_nothing(archive: str | None) -> None:
    cell = neuron(archive=archive)
    with pytest.raises(ValueError, match="no archive"):
        build_standard_swc_url(cell)
    assert build_original_file_url(cell) is None
    assert urls_of(cell).standard_swc is None
    assert urls_of(cell).original_file is None
    assert urls_of(cell).thumbnail is not None
    for mode in ("standard", "original", "both"):
        plans = plan_neuron_files(cell, mode=mode)
        assert all(plan.skip and plan.url == "" and "archive" in plan.reason for plan in plans)


@pytest.mark.parametrize(
    "url",
    [
        "http://neuromorpho.org/images/a.png",
        "https://www.neuromorpho.org/images/a.png",
        "http://NeuroMorpho.org:80/images/a.png",
        "http://cng.gmu.edu:8080/images/a.png",
        "http://127.0.0.1:8123/images/a.png",
        "images/a.png",
        "/images/a.png",
        " http://neuromorpho.org/images/a.png ",
    ],
)
def test_an_address_of_the_archive_is_adopted(url: str) -> None:
    assert HERE.adopt(url) == "http://127.0.0.1:8123/images/a.png"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.png",
        "//example.org/a.png",
        "https://neuromorpho.org@example.org/a.png",
        "https://neuromorpho.org.example.org/a.png",
        "https://example.org\\@neuromorpho.org/a.png",
        "https://neuromorpho.org:444/a.png",
        "http://127.0.0.1:9/a.png",
        "http://[::1/a.png",
        "http://neuromorpho.org:port/a.png",
        "file:///etc/passwd",
        "ftp://neuromorpho.org/a.png",
        "javascript:alert(1)",
        "https://neuromorpho.org/a\r\nHost: example.org",
        "https://neuromorpho.org/neuron_info.jsp?neuron_id=1",
    ],
)
def test_an_address_of_another_host_or_of_a_web_page_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"is not|is not on a host|is a web page"):
        HERE.adopt(url)
    assert thumbnail_url(neuron(png_url=url)) is None
    assert build_measurement_url(neuron(_links={"measurements": {"href": url}})) == (
        "https://neuromorpho.org/api/morphometry/id/10047"
    )


@ANY_TIME
@given(st.text() | st.from_regex(r"(https?:)?//[a-z.@:\\/]*neuromorpho\.org[^\n]{0,20}"))
def test_whatever_is_adopted_is_on_the_site(url: str) -> None:
    try:
        found = HERE.adopt(url)
    except ValueError:
        return
    parts = urlsplit(found)
    assert (parts.scheme, parts.netloc) == ("http", "127.0.0.1:8123")


def test_a_blank_in_a_pictures_address_is_encoded() -> None:
    cell = neuron(png_url="http://neuromorpho.org/images/imageFiles/De Koninck/a b.png")
    assert thumbnail_url(cell) == (
        "https://neuromorpho.org/images/imageFiles/De%20Koninck/a%20b.png"
    )
    assert thumbnail_url(neuron(png_url="")) is None
    assert thumbnail_url(neuron(png_url=None)) is None


@pytest.mark.parametrize(
    "links", [None, [], {}, {"measurements": None}, {"measurements": {"href": 3}}, {"measurements": {"href": "/api/other"}}]
)  # fmt: skip
def test_a_record_without_a_usable_link_is_measured_by_its_id(links: object) -> None:
    assert build_measurement_url(neuron(_links=links)) == f"{API_BASE}/morphometry/id/10047"
    assert build_measurement_url(3, site=HERE) == "http://127.0.0.1:8123/api/morphometry/id/3"


@pytest.mark.parametrize(
    ("original_format", "suffix"),
    [
        ("Neurolucida.asc", ".asc"),
        ("Simple Neurite Tracer.traces", ".traces"),
        ("Custom.am ", ".am"),
    ],
)
def test_the_originals_suffix_is_its_formats(original_format: str, suffix: str) -> None:
    cell = neuron(original_format=original_format)
    assert infer_original_extension(cell) == infer_original_extension(original_format) == suffix
    assert original_candidates(cell)[0] == suffix
    assert len(set(original_candidates(cell))) == len(original_candidates(cell)) == 13


@pytest.mark.parametrize(
    "original_format", [None, "", "Neurolucida", "x.", "x.a/b", "x.a\x00", "x.é"]
)
def test_an_original_without_a_suffix_is_skipped_with_the_reason(
    original_format: str | None,
) -> None:
    cell = neuron(original_format=original_format)
    with pytest.raises(ValueError, match="original_format"):
        infer_original_extension(cell)
    standard, original = plan_neuron_files(cell)
    assert not standard.skip
    assert (original.skip, original.url, original.filename) == (True, "", "TypeA-10")
    assert "original_format" in (original.reason or "")
    assert original_candidates(cell)[:3] == (".swc", ".asc", ".txt")


def test_the_plan_has_the_standardized_file_first() -> None:
    both = plan_neuron_files(neuron())
    assert [(plan.kind, plan.filename) for plan in both] == [
        ("standard", "TypeA-10.CNG.swc"),
        ("original", "TypeA-10.asc"),
    ]
    assert plan_neuron_files(neuron(), mode="standard") == both[:1]
    assert plan_neuron_files(neuron(), mode="original") == both[1:]
    with pytest.raises(ValueError, match="'all'"):
        plan_neuron_files(neuron(), mode="all")  # type: ignore[arg-type]


@ANY_TIME
@given(st.text(min_size=1), st.text(min_size=1))
def test_no_name_leads_out_of_the_archives_folder(name: str, archive: str) -> None:
    cell = neuron(neuron_name=name, archive=archive)
    for plan in plan_neuron_files(cell, site=HERE):
        assert "/" not in plan.filename
        if not plan.skip:
            parts = urlsplit(plan.url)
            assert parts.netloc == "127.0.0.1:8123"
            _, root, folder, kind, file = parts.path.split("/")
            assert (root, unquote(folder)) == ("dableFiles", archive.lower())
            assert kind in {"CNG%20version", "Source-Version"}
            assert unquote(file) == name + (".CNG.swc" if plan.kind == "standard" else ".asc")


@pytest.mark.parametrize(
    ("given_root", "root"),
    [
        ("https://neuromorpho.org/", "https://neuromorpho.org"),
        ("https://NeuroMorpho.org/api/", "https://neuromorpho.org"),
        ("http://cng.gmu.edu:8080/api", "http://cng.gmu.edu:8080"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:80", "http://[::1]:80"),
        ("https://host.example/neuro", "https://host.example/neuro"),
    ],
)
def test_a_site_is_a_root_whatever_it_was_given_as(given_root: str, root: str) -> None:
    site = Site(given_root)
    assert (site.root, site.api) == (root, f"{root}/api")
    assert site.is_official == (root == "https://neuromorpho.org")
    assert site.adopt("http://neuromorpho.org/api/x?a=b") == f"{root}/api/x?a=b"
    assert site.adopt(f"{root}/api/x") == f"{root}/api/x"


@pytest.mark.parametrize(
    "root",
    ["", "neuromorpho.org", "http://neuromorpho.org", "http://cng.gmu.edu", "http://10.0.0.1",
     "http://127.0.0.1.example.org", "ftp://neuromorpho.org", "https://", "https://a@b.org",
     "https://a.org?x", "https://a.org#x", "https://a.org:x", "http://localhost.example"],
)  # fmt: skip
def test_a_site_that_is_no_host_or_not_encrypted_is_refused(root: str) -> None:
    with pytest.raises(ValueError, match=r"is not|is not encrypted|must be a host"):
        Site(root)
