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


def test_a_search_is_the_same_the_next_time(path: Path) -> None:
    saved = SavedSearches(path)
    assert saved.names == ()
    assert saved.save("  My   cells ", STATE)
    assert saved.save("another", QueryState())
    again = SavedSearches(path)
    assert again.names == ("another", "My cells")
    assert again.states["My cells"] == STATE
    assert "unheard of" not in again.states
    assert again.problem == ""


def test_a_name_is_replaced_or_removed(path: Path) -> None:
    saved = SavedSearches(path)
    saved.save("one", STATE)
    saved.save("one", QueryState("b"))
    assert saved.states["one"] == QueryState("b")
    assert saved.remove("one")
    assert saved.remove("one")
    assert SavedSearches(path).names == ()


def test_a_blank_name_is_refused(path: Path) -> None:
    assert not SavedSearches(path).save("  ", STATE)
    assert not path.exists()


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"searches": {"a": {}}}', '{"searches": []}', "\x00"]
)
def test_a_damaged_file_is_renamed_and_reported(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    saved = SavedSearches(path)
    assert "searches.json.damaged" in saved.problem
    assert path.with_name("searches.json.damaged").read_text() == content
    assert saved.save("new", STATE)
    assert saved.problem == ""
    assert SavedSearches(path).states["new"] == STATE


def test_a_file_that_is_no_text_is_damaged_too(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe\x80")
    assert "damaged" in SavedSearches(path).problem


def test_a_failed_write_is_reported_and_changes_nothing(path: Path) -> None:
    saved = SavedSearches(path)
    saved.save("one", STATE)
    path.unlink()
    path.mkdir()  # a folder stands where the file is to be
    assert not saved.save("two", STATE)
    assert saved.names == ("one",)
    assert "could not be saved" in saved.problem
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_searches_are_next_to_the_settings() -> None:
    assert default_path().name == "searches.json"
    assert default_path().parent.name == "somascope"
