"""`request_with_retry`: one GET for a caller without a client, as braincell has it."""

from __future__ import annotations

from typing import Any

import pytest

from neuromorpho.errors import NeuroMorphoDownError
from neuromorpho.http.get import request_with_retry
from tests.neuromorpho.http.test_http import URL, Response, Session


def request(session: Session, slept: list[float] | None = None, **options: Any) -> Any:
    sleep = [].append if slept is None else slept.append
    return request_with_retry(session, URL, **({"timeout": 12.0, "sleep": sleep} | options))


def test_a_get_has_the_address_the_parameters_and_the_timeout() -> None:
    session = Session(Response(200))
    request(session, params={"q": "species:mouse"})
    assert session.requests == [(URL, {"params": {"q": "species:mouse"}, "timeout": 12.0})]


def test_two_outages_and_an_answer_are_three_requests_and_two_waits() -> None:
    session, slept = Session(Response(503), Response(503), good := Response(200)), list[float]()
    assert request(session, slept) is good
    assert len(session.requests) == 3
    assert 0.5 <= slept[0] <= 1.0
    assert 1.0 <= slept[1] <= 1.5


def test_a_lasting_outage_is_raised_after_the_last_attempt() -> None:
    session, slept = Session(Response(503), Response(503)), list[float]()
    with pytest.raises(NeuroMorphoDownError, match="503"):
        request(session, slept, attempts=2)
    assert len(slept) == 1


@pytest.mark.parametrize("attempts", [0, -1])
def test_no_attempt_at_all_is_a_mistake(attempts: int) -> None:
    session = Session()
    with pytest.raises(ValueError, match="attempts"):
        request(session, attempts=attempts)
    assert session.requests == []
