"""From a key stroke to the library's hits on the screen, over 300,000 records, in the real window.

Timed from before the key event is sent to the search line until the table has been painted with the hits
that the stroke asks for, including the facets and everything else painted with it. Letters are typed as
people do, with a pause between two, in which the window does its idle work.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app.archive.search.query_state import FIELDS, QueryState
from app.window.controller import Controller
from tests.benchmarks.archive_window import (
    CTRL,
    NARROW_PX,
    WIDE_PX,
    archive_window,
    choose_library,
    percentile_ms,
    press,
    rest,
)
from tests.benchmarks.large_library import put_large_library
from tests.benchmarks.table import Figure
from tests.benchmarks.waiting import wait_until

GROUP = "NeuroMorpho dock: typing to refreshed offline results, 300 000 records"
TARGET_MS = 100
PAUSE_S = 0.1
FAST_MS = 60
FACETS = ("species", "brain_region_1", "archive")
WORDS = ("neocortex", "mouse", "interneuron", "layer", "human", "archive", "pyramidal", "region")
PASTED = ("principal cell neocortex", "interneuron mouse", "layer 3 pyramidal", "area 12", "human")
CHOSEN = QueryState(criteria=(("species", ("mouse", "rat")), ("gender", ("Female",))))
WORST = {
    "one letter, of every record, pasted": "c",
    "the most frequent word, pasted": "cell",
    "the two most frequent words, pasted": "cell archive",
}


def figures() -> list[Figure]:
    """Type, paste and choose, narrow and wide, with and without facets."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        put_large_library(folder / "cache")
        with archive_window(folder) as controller:
            typist = Typist(controller)
            choose_library(controller)
            controller.archive_dock.dock.search.focus_line()
            first = typist.letters("m")
            rows = [Figure(GROUP, "the first letter in a fresh window", 1000 * first[0], "ms")]
            typist.narrow(True)
            rows.append(_figure("letter by letter, narrow dock", _words(typist, WORDS)))
            typist.narrow(False)
            typist.open_facets()
            rows.append(_figure("letter by letter, three facets", _words(typist, WORDS)))
            rows.append(_figure("pasted, three facets", _pasted(typist, PASTED, 3)))
            for what, text in WORST.items():
                seconds = _pasted(typist, (text,), 9)
                rows.append(_figure(f"{what}, three facets", seconds))
            rows.append(_figure("a key every 60 ms, three facets", typist.fast(WORDS)))
            typist.choose(CHOSEN)
            rows.append(
                _figure("letter by letter, criteria, three facets", _words(typist, WORDS[:4]))
            )
    return rows


def _figure(name: str, seconds: Sequence[float]) -> Figure:
    note = (
        f"p95; median {1000 * statistics.median(seconds):.0f}, worst {1000 * max(seconds):.0f} ms"
    )
    note += f" of {len(seconds)} strokes"
    return Figure(GROUP, name, percentile_ms(seconds, 95), "ms", TARGET_MS, note=note)


def _words(typist: Typist, words: Sequence[str]) -> list[float]:
    return [seconds for word in words for seconds in typist.letters(word)]


def _pasted(typist: Typist, texts: Sequence[str], times: int) -> list[float]:
    return [typist.paste(text) for _ in range(times) for text in texts]


class Typist(QObject):
    """Types in the search line, and records when the hits of the last stroke are painted."""

    _painted = Signal(int)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        presenter = controller.archive_dock
        self._search, self._dock = presenter.search, presenter.dock
        self._n_strokes = self._n_found = 0
        self._seen: list[tuple[int, float]] = [(0, 0.0)]
        self._search.model.results.modelReset.connect(self._find)
        self._dock.results.table.viewport().installEventFilter(self)
        # Queued: it comes after the update of the whole window that the paint is a part of.
        self._painted.connect(self._see, Qt.ConnectionType.QueuedConnection)

    # ------------------------------------------------------------------------------------- doing

    def letters(self, word: str) -> list[float]:
        """Type a word in place of what is there; return the seconds of each letter."""
        self._mark_all()
        found = []
        for letter in word:
            line = self._dock.search.line
            found.append(self._timed(lambda letter=letter, line=line: QTest.keyClick(line, letter)))
            rest(PAUSE_S)
        return found

    def paste(self, text: str) -> float:
        """Paste a text in place of what is there, as if it was never searched before; return seconds."""
        self._clear_word_cache()
        self._mark_all()
        QGuiApplication.clipboard().setText(text)
        seconds = self._timed(lambda: press(Qt.Key.Key_V, CTRL))
        rest(PAUSE_S)
        return seconds

    def fast(self, words: Sequence[str]) -> list[float]:
        """Type words faster than a person can; return each stroke's seconds until its hits, or later ones."""
        found = []
        for word in words:
            self._mark_all()
            begun = self._type_fast(word)
            for n_strokes, start in begun:
                found.append(next(when for n, when in self._seen if n >= n_strokes) - start)
            rest(PAUSE_S)
        return found

    def choose(self, state: QueryState) -> None:
        """Search for a state."""
        self._timed(lambda: self._search.search_for(state))
        self._dock.search.focus_line()

    def narrow(self, is_narrow: bool) -> None:
        """Make the dock narrow, as it is at first, or wide."""
        window = self._controller.window
        width = NARROW_PX if is_narrow else WIDE_PX
        window.resizeDocks([window.docks["archive"]], [width], Qt.Orientation.Horizontal)
        rest(0.3)

    def open_facets(self) -> None:
        """Open the filters and expand some fields."""
        self._dock.filter_button.click()
        for name in FACETS:
            item = self._dock.facets.tree.topLevelItem(FIELDS.index(name))
            item.setExpanded(True)
            wait_until(lambda item=item: bool(item.text(1)))  # how many values it has
        self._dock.search.focus_line()
        rest(0.3)

    # ------------------------------------------------------------------------------------ inside

    def _timed(self, strike: Callable[[], object]) -> float:
        self._n_strokes += 1
        start = time.perf_counter()
        strike()
        wait_until(lambda: self._seen[-1][0] >= self._n_strokes)
        return self._seen[-1][1] - start

    def _type_fast(self, word: str) -> list[tuple[int, float]]:
        begun: list[tuple[int, float]] = []
        letters = iter(word)

        def strike() -> None:
            letter = next(letters, "")
            if not letter:
                timer.stop()
                return
            self._n_strokes += 1
            begun.append((self._n_strokes, time.perf_counter()))
            QTest.keyClick(self._dock.search.line, letter)

        timer = QTimer(self, interval=FAST_MS)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(strike)
        timer.start()
        wait_until(lambda: not timer.isActive() and self._seen[-1][0] >= self._n_strokes)
        return begun

    def _mark_all(self) -> None:
        self._dock.search.focus_line()

    def _clear_word_cache(self) -> None:
        """Clear the library's cache of found words."""
        done: list[None] = []
        self._controller.archive.query_library(
            "benchmark", lambda library: library._index._sets.clear(), done.append
        )
        wait_until(lambda: bool(done))

    def _find(self) -> None:
        """Record that hits arrived; the service drops those of a stroke that was followed by another."""
        self._n_found = self._n_strokes

    def _see(self, n_strokes: int) -> None:
        self._seen.append((n_strokes, time.perf_counter()))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Record every paint of the table."""
        is_new = event.type() == QEvent.Type.Paint and self._n_found > self._seen[-1][0]
        if is_new and self._search.model.results.neuron_at(0) is not None:
            self._painted.emit(self._n_found)
        return False
