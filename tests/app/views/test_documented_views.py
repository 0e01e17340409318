"""The views that docs/views.md prints show their fields without a complaint, and its table has a picture of each kind."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.views.factory import WIDGETS
from tests.view_pictures import PAGE, printed_model, widget_of

MODEL = printed_model()


@pytest.mark.parametrize("view", MODEL["VIEWS"], ids=lambda view: view.KIND)
def test_a_printed_view_is_shown(qtbot: QtBot, view: Any) -> None:
    widget = widget_of(view, MODEL)
    qtbot.addWidget(widget, before_close_func=lambda each: each.close_view())
    assert (widget.message, widget.warning) == ("", "")
    assert f"pictures/view-{view.KIND}.png" in PAGE.read_text()


def test_the_page_has_every_kind() -> None:
    assert {view.KIND for view in MODEL["VIEWS"]} == set(WIDGETS)
