"""The widget of each kind of view, and what stands where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.views.factory import make_view
from app.views.missing import MissingView
from backends.field import Field
from backends.views import TableViewSpec


def test_a_view_of_a_kind_that_has_no_widget_is_named(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.views.factory.WIDGETS", {})
    view = make_view(TableViewSpec("numbers", "f"))
    qtbot.addWidget(view)
    assert isinstance(view, MissingView)
    assert "table" in view.label.text()
    assert "numbers" in view.label.text()
    view.set_field(Field("f", np.zeros(1), ("row",)))
    view.close_view()
