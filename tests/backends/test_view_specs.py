"""Views are checked when they are made: what no widget can show is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest

from backends.errors import ProtocolError
from backends.views import (
    BarViewSpec,
    ImageViewSpec,
    LinePlotViewSpec,
    RasterViewSpec,
    StateBinding,
    SurfaceViewSpec,
)


@pytest.mark.parametrize(
    ("kind", "attributes", "code"),
    [
        (RasterViewSpec, {"window_ms": 0}, "bad-number"),
        (RasterViewSpec, {"window_ms": "long"}, "bad-number"),
        (BarViewSpec, {"y_limits": (1, 0)}, "bad-range"),
        (BarViewSpec, {"y_limits": (0, math.inf)}, "bad-range"),
        (LinePlotViewSpec, {"x_limits": (0, math.nan)}, "bad-range"),
        (LinePlotViewSpec, {"y_limits": 3}, "bad-range"),
        (ImageViewSpec, {"color_norm": "logarithmic"}, "unknown-norm"),
        (SurfaceViewSpec, {"color_by": "slope"}, "unknown-option"),
        (SurfaceViewSpec, {"shading": "flat"}, "unknown-option"),
        (SurfaceViewSpec, {"axis_labels": ("x", "y")}, "bad-shape"),
        (SurfaceViewSpec, {"axis_labels": "xyz"}, "bad-shape"),
    ],
)
def test_an_attribute_that_cannot_be_shown_is_refused(
    kind: Any, attributes: dict[str, Any], code: str
) -> None:
    with pytest.raises(ProtocolError) as refused:
        kind("v", "f", **attributes)
    assert refused.value.code == code
    assert "'v'" in refused.value.message


def test_a_bound_attribute_is_checked_when_it_has_its_value() -> None:
    assert RasterViewSpec("v", "f", window_ms=StateBinding("window")).bound_keys() == {"window"}
