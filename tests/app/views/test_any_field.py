"""Any field in any view: it is drawn, or a sentence says why not; nothing is raised, and the next good field is drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.extra import numpy as hnp
from pytestqt.qtbot import QtBot

from backends.field import Field
from tests.app.views.made_views import VIEWS, shown

TYPES = st.sampled_from(
    [np.float64, np.float32, np.int64, np.uint8, np.bool_, np.complex64, np.dtype("U3")]
)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=7)


@st.composite
def fields(draw: Any) -> Field:
    """Return a field with some coordinates: numbers, names, or none."""
    values = draw(hnp.arrays(draw(TYPES), draw(SHAPES)))
    dims = tuple("abc"[: values.ndim])
    coords = {}
    for dim, n in zip(dims, values.shape, strict=True):
        kind = draw(st.sampled_from(["none", "numbers", "names"]))
        if kind == "numbers":
            coords[dim] = draw(hnp.arrays(np.float64, n))
        elif kind == "names":
            coords[dim] = draw(st.lists(st.text(max_size=12), min_size=n, max_size=n))
    return Field("f", values, dims, coords)


@pytest.mark.parametrize("kind", VIEWS)
def test_a_view_takes_any_field(qtbot: QtBot, kind: str) -> None:
    spec, of_view = VIEWS[kind]
    view = shown(qtbot, spec, of_view)

    @settings(
        max_examples=40, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(fields())
    def take(field: Field) -> None:
        view.set_field(field)
        view.draw_now()
        view.grab()
        assert view.message or view.export_table() is not None

    take()
    view.set_field(replace(of_view[0]))
    view.show_all()
    view.draw_now()
    assert view.message == ""
