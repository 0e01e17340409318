"""The search's model: one place for state, source and hits, and what both sources have in common."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.archive.records.bundled import bundled_neurons
from app.archive.search.query_state import QueryState
from app.archive.search.search_model import SearchModel
from app.archive.search.sources import LIBRARY, SOURCES, ResultsPage
from neuromorpho.query.query import DEFAULT_SORT

MOUSE = QueryState().with_value("species", "mouse")
CELLS = bundled_neurons()
PAGE = ResultsPage(CELLS, len(CELLS) + 7, n_bundled=len(CELLS))


@pytest.fixture
def model(qtbot: QtBot) -> SearchModel:
    return SearchModel()


def test_hits_answer_the_state_that_found_them_until_it_changes(model: SearchModel) -> None:
    model.set_state(MOUSE)
    assert not model.is_answered
    model.set_hits(MOUSE, PAGE)
    assert model.is_answered
    model.set_state(MOUSE.with_text("layer"))
    assert not model.is_answered
    assert model.hits_state == MOUSE
    model.set_hits(MOUSE, PAGE)
    assert not model.is_answered, "the words typed since then are not part of it"


def test_hits_are_counted_without_the_bundled_cells_and_found_by_id(model: SearchModel) -> None:
    model.set_hits(MOUSE, PAGE)
    assert model.results.total() == len(CELLS) + 7
    assert model.n_archive_hits == 7
    assert model.neuron(CELLS[0].neuron_id) is CELLS[0]
    assert model.neuron(1) is None


def test_every_search_is_reported_when_it_begins(qtbot: QtBot, model: SearchModel) -> None:
    for change in (model.results.start_over, lambda: model.set_hits(MOUSE, PAGE)):
        with qtbot.waitSignal(model.results.modelReset):
            change()


def test_another_source_has_its_own_order_and_answers_nothing_yet(model: SearchModel) -> None:
    model.set_state(QueryState(text="layer", sort="species,desc"))
    model.set_hits(model.state, PAGE)
    model.has_searched = True
    emitted: list[object] = []
    model.sourceChanged.connect(emitted.append)
    model.stateChanged.connect(emitted.append)
    model.set_source(LIBRARY)
    assert emitted == [LIBRARY, QueryState(text="layer", sort=DEFAULT_SORT)]
    assert not model.is_answered
    assert not model.has_searched


@pytest.mark.parametrize("source", SOURCES, ids=lambda each: each.title)
def test_each_source_has_its_words(source: object) -> None:
    for name in ("title", "tip", "placeholder", "line_tip"):
        assert getattr(source, name)
