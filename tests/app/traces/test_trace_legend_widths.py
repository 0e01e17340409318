"""A narrow plot leaves the units to its axes, so that the names in its legend keep their beginning."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.traces.legend import LegendColumn
from app.traces.plot import TracePlot


@pytest.mark.parametrize(("width", "text"), [(420, "−60.00"), (900, "−60.00 mV")])
def test_a_value_has_its_unit_where_there_is_room(qtbot: QtBot, width: int, text: str) -> None:
    plot = TracePlot()
    qtbot.addWidget(plot)
    plot.set_axes("Voltage", "V", "mV")
    plot.set_trace("soma(0.5).v", "soma(0.5).v", (255, 0, 0), np.arange(3.0), np.full(3, -60.0))
    plot.resize(width, 200)
    plot.show()
    qtbot.waitExposed(plot)
    rows = plot.legend.rows
    qtbot.waitUntil(lambda: rows.data(rows.index(0, LegendColumn.VALUE)) == text)
    label_px = plot.legend.columnWidth(LegendColumn.LABEL)
    assert label_px >= plot.fontMetrics().horizontalAdvance("soma(0.5).v") + 20
