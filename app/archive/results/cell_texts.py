"""What a table's cell says: its text, its tooltip and its text for a screen reader. No Qt."""

from __future__ import annotations

from html import escape
from typing import Protocol

from app.archive.results.columns import COLUMNS, NAME, READY
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.records.readiness import Readiness

LEVEL_WORDS = {"ready": "Ready", "caution": "With caution", "not": "Not ready"}


class Hits(Protocol):
    """What is read of a `ResultsModel`."""

    def neuron_at(self, row: int) -> NeuroMorphoNeuron | None:
        """Return a row's cell; None where it is not loaded yet."""

    def failure_at(self, row: int) -> str:
        """Return why a row could not be loaded; "" for none."""

    def measurement_of(self, neuron_id: int) -> NeuroMorphoMeasurement | None:
        """Return a cell's morphometry; None where it is not loaded."""

    def readiness_of(self, neuron: NeuroMorphoNeuron) -> Readiness:
        """Return whether a cell can be simulated as it is, and why."""


def text(hits: Hits, row: int, column: int) -> str:
    """Return what is shown; for a row that is not loaded, why not, or ""."""
    neuron = hits.neuron_at(row)
    if neuron is None:
        return hits.failure_at(row)
    if column == READY:
        return LEVEL_WORDS[hits.readiness_of(neuron).level]
    return COLUMNS[column].text(neuron, hits.measurement_of(neuron.neuron_id))


def accessible_text(hits: Hits, row: int, column: int) -> str:
    """Return the text for a screen reader; for the name, all of the cell in a few words."""
    neuron, shown = hits.neuron_at(row), text(hits, row, column)
    if neuron is None:
        return shown or "Loading…"
    if column == READY:
        return f"{shown}: {hits.readiness_of(neuron).reason}"
    if column != NAME:
        return f"{COLUMNS[column].title}: {shown}"
    picture = "with a picture" if neuron.png_url else "without a picture"
    ready = accessible_text(hits, row, READY)
    parts = (shown, neuron.label, neuron.species, ready, picture)
    return ", ".join(part.rstrip(".") for part in parts if part)


def tooltip(hits: Hits, row: int, column: int) -> str:
    """Return the tooltip: rich text, which wraps, so everything in it is escaped."""
    neuron = hits.neuron_at(row)
    if column != NAME or neuron is None:
        return f"<qt>{escape(accessible_text(hits, row, column))}</qt>"
    name = escape(f"{text(hits, row, NAME)}, {neuron.label}")
    return f"<qt>{name}<br>{escape(accessible_text(hits, row, READY))}</qt>"
