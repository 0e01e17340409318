"""What to cite: each paper once, placeholders listed as problems, and files for reference managers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from neuromorpho import NeuroMorphoClient, RateLimiter
from neuromorpho.bibliography.citations import (
    REPOSITORY,
    REPOSITORY_PAPER,
    Citation,
    citations,
    find_publications,
    usable_doi,
    usable_pmid,
)
from neuromorpho.bibliography.formats import to_bibtex, to_ris, to_text
from neuromorpho.records.models import NeuroMorphoNeuron, NeuroMorphoPublication
from tests.neuromorpho.server import Server


def cell(neuron_id: int, pmids: Any = (), dois: Any = (), archive: str = "Smith") -> Any:
    """Return a cell that names papers."""
    payload = {
        "neuron_id": neuron_id,
        "neuron_name": f"n{neuron_id}",
        "archive": archive,
        "reference_pmid": pmids if isinstance(pmids, str) or pmids is None else list(pmids),
        "reference_doi": dois if isinstance(dois, str) or dois is None else list(dois),
    }
    return NeuroMorphoNeuron.from_payload(payload)


def paper(pmid: str, doi: str, **more: Any) -> NeuroMorphoPublication:
    """Return a paper's record of the literature service."""
    record = {"article_id": f"{int(pmid):024x}", "pmid": pmid, "doi": doi, **more}
    return NeuroMorphoPublication.from_payload(record)


def papers_of(*cells: NeuroMorphoNeuron, publications: Any = ()) -> list[Citation]:
    """Return the citations but for the two that are always there."""
    found = citations(cells, publications)
    assert found[-2:] == (REPOSITORY, REPOSITORY_PAPER)
    return list(found[:-2])


def test_the_terms_of_use_are_met_even_for_no_cell() -> None:
    text = to_text(citations([]))
    assert "RRID:SCR_002145" in text
    assert "10.1096/fba.2024-00048" in text
    assert "Tecuatl" in text


def test_cells_of_one_paper_cite_it_once_with_all_of_them() -> None:
    found = papers_of(cell(1, ["12"], ["10.1000/a"]), cell(7, ["12"], ["10.1000/A"]))
    assert [(each.pmid, each.doi, each.neuron_ids) for each in found] == [
        ("12", "10.1000/a", (1, 7))
    ]


def test_a_cell_of_two_papers_cites_both() -> None:
    found = papers_of(cell(1, ["12", "13"], ["10.1000/a", "10.1000/b"]))
    assert [(each.pmid, each.doi) for each in found] == [("12", "10.1000/a"), ("13", "10.1000/b")]


def test_a_paper_known_by_its_number_here_and_its_doi_there_is_one_paper() -> None:
    found = papers_of(
        cell(1, ["12"], [None]), cell(2, ["-4"], ["10.1000/a"]), cell(3, ["12"], ["10.1000/a"])
    )
    assert len(found) == 1
    assert sorted(found[0].neuron_ids) == [1, 2, 3]


def test_lists_of_different_lengths_pair_nothing_that_may_not_belong_together() -> None:
    found = papers_of(cell(1, ["12", "13"], ["10.1000/b"]))
    assert {(each.pmid, each.doi) for each in found} == {
        ("12", ""), ("13", ""), ("", "10.1000/b")
    }  # fmt: skip


def test_a_negative_pubmed_number_is_a_placeholder_and_the_doi_is_cited() -> None:
    (found,) = papers_of(cell(1, ["-26"], ["10.1000/a"]))
    assert (found.pmid, found.doi) == ("", "10.1000/a")
    (problem,) = found.problems
    assert "-26" in problem


def test_a_junk_doi_is_flagged_and_not_cited() -> None:
    (found,) = papers_of(cell(1, ["12"], ["e97368"]))
    assert (found.pmid, found.doi) == ("12", "")
    (problem,) = found.problems
    assert "e97368" in problem
    assert f"note: {problem}." in to_text([found])


@pytest.mark.parametrize(
    ("pmids", "dois"),
    [(["-26"], ["e97368"]), ([], []), (None, None), (["Not reported"], [""]), ("-26", None)],
)
def test_a_cell_without_any_usable_number_is_cited_by_its_archive(pmids: Any, dois: Any) -> None:
    (found,) = papers_of(cell(5, pmids, dois, archive="De Koninck"))
    assert (found.kind, found.archive, found.neuron_ids) == ("archive", "De Koninck", (5,))
    assert "De Koninck" in to_text([found])


def test_a_single_text_is_read_like_a_list_of_one() -> None:
    (found,) = papers_of(cell(1, "12", "https://doi.org/10.1000/a"))
    assert (found.pmid, found.doi) == ("12", "10.1000/a")


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1016/S0306-4522(02)00305-6", "10.1016/S0306-4522(02)00305-6"),
        ("https://doi.org/10.1/x", ""),
        ("http://dx.doi.org/10.1000/x", "10.1000/x"),
        ("doi: 10.1000/x ", "10.1000/x"),
        ("10.1000/x y", ""),
        ("e97368", ""),
        (None, ""),
    ],
)
def test_a_doi_is_distinguished_from_junk(text: str | None, doi: str) -> None:
    assert usable_doi(text) == doi


def test_pubmed_numbers_are_positive_and_of_digits() -> None:
    texts = ["12", " 12 ", "-26", "0", "1e5", "٣", "", None]
    assert [usable_pmid(each) for each in texts] == ["12", "12", "", "", "", "", "", ""]


def test_titles_come_from_the_literature_by_number_or_by_doi() -> None:
    records = [
        paper("12", "10.1000/a", title="One", authors=["Wearne SL"], publishedDate=0),
        paper("13", "10.1000/b", title="Two", journal="J"),
    ]
    first, second = papers_of(cell(1, ["12"]), cell(2, ["-1"], ["10.1000/B"]), publications=records)
    assert (first.title, first.authors, first.year) == ("One", ("Wearne SL",), 1970)
    assert first.doi == "10.1000/a"
    assert (second.title, second.pmid) == ("Two", "13")


def test_bibtex_escapes_any_title_and_its_keys_are_unique() -> None:
    records = [
        paper("12", "10.1000/a{b}", title=r"50 % of {A_b} & \C$ #1 ~^", authors=["Wearne SL"]),
        paper("13", "10.1000/c", title="line\none", authors=["Wearne SL", "Peña, A."]),
    ]
    text = to_bibtex(citations([cell(1, ["12"]), cell(2, ["13"])], records))
    keys = re.findall(r"^@\w+\{([^,]+),$", text, re.MULTILINE)
    assert len(set(keys)) == len(keys) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", key) for key in keys)
    assert r"50 \% of \{A\_b\} \& \textbackslash{}C\$ \#1" in text
    assert "line one" in text
    assert "author = {Wearne, S. L. and Peña, A.}" in text
    unescaped = re.sub(r"\\[{}]", "", text)
    assert unescaped.count("{") == unescaped.count("}")


def test_ris_has_a_type_and_an_end_for_each_and_no_line_that_is_no_tag() -> None:
    records = [paper("12", "10.1000/a", title="two\r\nlines ER  - ", journal="J", publishedDate=0)]
    cited = citations([cell(1, ["12"])], records)
    lines = [line for line in to_ris(cited).split("\n") if line]
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines)
    assert sum(line.startswith("TY  - ") for line in lines) == len(cited)
    assert lines.count("ER  - ") == len(cited)
    assert "DO  - 10.1000/a" in lines
    assert "PY  - 1970" in lines


def test_a_long_list_of_cells_is_cut_in_words_but_not_in_the_record() -> None:
    (found,) = papers_of(*(cell(each, ["12"]) for each in range(1, 31)))
    assert len(found.neuron_ids) == 30
    assert "NMO_00012 and 18 more" in to_text([found])


def test_the_literature_service_is_queried_for_many_papers_at_once(server: Server) -> None:
    with NeuroMorphoClient(base_url=server.url, limiter=RateLimiter(None)) as client:
        cells = list(client.search_all("*:*"))
        server.reset()
        publications, problem = find_publications(client, cells)
    assert problem is None
    assert 0 < server.count("/api/literature/*") <= 2
    cited = citations(cells, publications)
    papers = [each for each in cited if each.kind == "paper"]
    assert papers
    assert all(each.title and each.authors and each.year for each in papers)
    named = {neuron_id for each in cited for neuron_id in each.neuron_ids}
    assert named == {each.neuron_id for each in cells}


def test_a_failing_literature_service_costs_the_titles_only(server: Server) -> None:
    server.faults.add("unavailable", path="/api/literature/*")
    with NeuroMorphoClient(base_url=server.url, limiter=RateLimiter(None), retries=1) as client:
        cells = list(client.search_all("*:*"))
        publications, problem = find_publications(client, cells)
    assert publications == ()
    assert "down" in str(problem)
    assert any(each.pmid for each in citations(cells, publications))
