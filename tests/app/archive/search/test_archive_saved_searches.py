"""Kept searches come back as they were, and no damaged file stops anyone."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.archive.search.query_state import QueryState
from app.archive.search.saved_searches import SavedSearches, default_path

STATE = QueryState(
    "layer 3", (("species", ("dragonfly ", "Steller's Sculpin")),), (("length", 1.0, None),), "x:*"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings" / "searches.json"


def test_a_search_comes_back_whole_the_next_time(path: Path) -> None:
    kept = SavedSearches(path)
    assert kept.names == ()
    assert kept.save("  My   cells ", STATE)
    assert kept.save("another", QueryState())
    again = SavedSearches(path)
    assert again.names == ("another", "My cells")
    assert again.get("My cells") == STATE
    assert again.get("unheard of") is None
    assert again.problem == ""


def test_a_name_is_given_anew_or_forgotten(path: Path) -> None:
    kept = SavedSearches(path)
    kept.save("one", STATE)
    kept.save("one", QueryState("b"))
    assert kept.get("one") == QueryState("b")
    assert kept.remove("one")
    assert kept.remove("one")
    assert SavedSearches(path).names == ()


def test_a_blank_name_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="needs a name"):
        SavedSearches(path).save("  ", STATE)
    assert not path.exists()


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"searches": {"a": {}}}', '{"searches": []}', "\x00"]
)
def test_a_damaged_file_is_put_aside_and_told_of(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    kept = SavedSearches(path)
    assert "searches.json.damaged" in kept.problem
    assert path.with_name("searches.json.damaged").read_text() == content
    assert kept.save("new", STATE)
    assert kept.problem == ""
    assert SavedSearches(path).get("new") == STATE


def test_a_file_that_is_no_text_is_damaged_too(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe\x80")
    assert "damaged" in SavedSearches(path).problem


def test_what_cannot_be_written_is_told_and_changes_nothing(path: Path) -> None:
    kept = SavedSearches(path)
    kept.save("one", STATE)
    path.unlink()
    path.mkdir()  # a folder stands where the file is to be
    assert not kept.save("two", STATE)
    assert kept.names == ("one",)
    assert "could not be saved" in kept.problem
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_searches_lie_beside_the_settings() -> None:
    assert default_path().name == "searches.json"
    assert default_path().parent.name == "somascope"
