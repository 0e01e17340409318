"""The options of a session: keyword arguments, class values, defaults, and what `help` shows of them."""

from __future__ import annotations

import inspect
import pydoc
from typing import Any

import pytest

from backends.errors import ProtocolError
from backends.jaxley import JaxleySession
from backends.live.history import HistoryCaptureMode
from backends.live.options import SessionOptions
from backends.live.session import LiveSession
from backends.neuron import NeuronSession

SESSIONS = [(NeuronSession, -65.0), (JaxleySession, -70.0)]


def concrete(base: type[LiveSession], **values: Any) -> type[LiveSession]:
    """Return an author's session class with these class attributes."""
    methods = dict.fromkeys(base.__abstractmethods__, lambda self: [])
    return type("Mine", (base,), {"__module__": "my_model", **methods, **values})


@pytest.mark.parametrize(("base", "v_init"), SESSIONS)
def test_the_defaults_are_those_of_the_protocol(base: type[LiveSession], v_init: float) -> None:
    session = concrete(base)()
    assert (session.dt, session.v_init, session.display_dt) == (0.1, v_init, 0.1)
    assert (session.max_samples, session.title) == (1000, "Somascope")
    assert session.history_capture_mode is HistoryCaptureMode.ON_DEMAND


@pytest.mark.parametrize(("base", "v_init"), SESSIONS)
def test_help_shows_every_option_with_its_type_and_default(
    base: type[LiveSession], v_init: float
) -> None:
    parameters = dict(inspect.signature(base).parameters)
    assert set(parameters) == set(SessionOptions.__annotations__)
    assert {each.kind for each in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    text = pydoc.plain(pydoc.render_doc(base))
    assert "dt: float = 0.1" in text
    assert f"v_init: float = {v_init}" in text


@pytest.mark.parametrize("base", [NeuronSession, JaxleySession])
def test_an_argument_comes_before_a_class_value_and_that_before_the_default(
    base: type[LiveSession],
) -> None:
    mine = concrete(base, dt=0.025, title="Mine")
    assert (mine().dt, mine().title) == (0.025, "Mine")
    assert mine(dt=0.1).dt == 0.1


@pytest.mark.parametrize("base", [NeuronSession, JaxleySession])
def test_a_wrong_name_is_refused_with_the_nearest_option(base: type[LiveSession]) -> None:
    with pytest.raises(ProtocolError) as caught:
        concrete(base)(display_td=0.2)
    assert caught.value.code == "unknown-option"
    assert "display_dt" in caught.value.message
    with pytest.raises(TypeError):
        concrete(base)(0.1)
