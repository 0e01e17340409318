"""The columns of the results: name, unit, and text for a cell. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.archive.records.plain_text import NOTHING, plain_value, single_line
from neuromorpho.records.measurements import UNITS, NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.records.parsing import number_of

Measured = NeuroMorphoMeasurement | None
TextOf = Callable[[NeuroMorphoNeuron, Measured], str]


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column.

    Attributes
    ----------
    key : str
        Its name in settings; never shown.
    name : str
        In the header, before the unit: ``Length [µm]``.
    text : callable
        Takes a cell and its morphometry, where known; returns what is shown.
    width : int
        In px, at first.
    sort_field : str
        What the server sorts by; "" where it cannot: lists, and what is not in the record.
    is_measured : bool
        Whether it is a number of the morphometry, which must be requested; it is aligned right.
    is_shown : bool
        Whether it is shown before anyone chose.
    tip : str
        What it says, where the title is too short for that.
    """

    key: str
    name: str
    text: TextOf
    width: int = 110
    sort_field: str = ""
    is_measured: bool = False
    is_shown: bool = True
    tip: str = ""

    @property
    def title(self) -> str:
        """The header: the name, and the unit where there is one."""
        unit = UNITS[self.key] if self.is_measured else ""
        return f"{self.name} [{unit}]" if unit else self.name


def measure_text(value: Any) -> str:
    """Return a number as it is read: four digits and more in groups, less with what matters of it."""
    number = number_of(value)
    if number is None or abs(number) >= 1e15:
        return NOTHING
    if isinstance(value, int) or abs(number) >= 100:
        return f"{number:,.0f}".replace(",", "\u00a0")
    return f"{number:.4g}" if abs(number) < 1 else f"{number:.1f}"


def _record(key: str, name: str, field: str, width: int = 110, **more: Any) -> ResultColumn:
    def text(neuron: NeuroMorphoNeuron, _: Measured) -> str:
        return plain_value(neuron.get(field))

    return ResultColumn(key, name, text, width, sort_field=field, **more)


def _measured(key: str, name: str, width: int = 96, **more: Any) -> ResultColumn:
    def text(neuron: NeuroMorphoNeuron, measured: Measured) -> str:
        value = None if measured is None else measured.get(key)
        return measure_text(neuron.payload.get(key) if value is None else value)

    return ResultColumn(key, name, text, width, is_measured=True, **more)


NAME, READY, FILE = 0, 1, 2
COLUMNS: tuple[ResultColumn, ...] = (
    ResultColumn(
        "name", "Name", lambda n, _: single_line(n.neuron_name), 178, sort_field="neuron_name"
    ),
    ResultColumn("readiness", "Ready", lambda n, _: "", 52, tip="Ready to simulate"),
    ResultColumn("file", "File", lambda n, _: "", 48, tip="Whether the file is on this disk"),
    _record("species", "Species", "species", 96),
    ResultColumn("region", "Brain region", lambda n, _: plain_value(n.brain_region, " › "), 168),
    ResultColumn("type", "Cell type", lambda n, _: plain_value(n.cell_type), 150),
    _measured("length", "Length"),
    _measured("surface", "Surface", 104),
    _measured("n_stems", "Stems", 60),
    _measured("n_branch", "Branches", 78),
    _record("archive", "Archive", "archive"),
    _record("domain", "Domain", "domain", 150),
    _record("integrity", "Integrity", "physical_Integrity", 140),
    _record("attributes", "Attributes", "attributes", 150, is_shown=False),
    _record("stain", "Stain", "stain"),
    _record("age", "Age", "age_classification", 84),
    _record("sex", "Sex", "gender", 84),
    _record("upload_date", "Uploaded", "upload_date", 90),
    ResultColumn("id", "ID", lambda n, _: n.label, 92, sort_field="neuron_id", is_shown=False),
    _measured("soma_surface", "Soma surface", 134, is_shown=False),
    _measured("volume", "Volume", 104, is_shown=False),
    _measured("n_bifs", "Bifurcations", 92, is_shown=False),
    _measured("width", "Width", 84, is_shown=False),
    _measured("height", "Height", 84, is_shown=False),
    _measured("depth", "Depth", 84, is_shown=False),
    _measured("diameter", "Mean diameter", 136, is_shown=False),
    _measured("path_distance", "Path distance", 130, is_shown=False),
    _measured("branch_order", "Branch order", 96, is_shown=False),
    _record("protocol", "Protocol", "protocol", is_shown=False),
    _record("strain", "Strain", "strain", is_shown=False),
    _record("format", "Original format", "original_format", 130, is_shown=False),
)
