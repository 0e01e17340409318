"""A notice that is posted again and again is one notice with a count."""

from __future__ import annotations

import logging

import pytest

from app.notices import LOG, Notice, Notices


def test_a_repeated_notice_is_counted_in_its_place(caplog: pytest.LogCaptureFixture) -> None:
    notices, heard = Notices(), list[Notice]()
    notices.listen(heard.append)
    with caplog.at_level(logging.INFO, logger=LOG.name):
        for _ in range(87):
            notices.post(Notice("error", "after_batch failed: ValueError: no."))
        notices.post(Notice("info", "saved"))
    assert [(each.count, each.message[:5]) for each in notices.items] == [
        (87, "after"),
        (1, "saved"),
    ]
    assert notices.items[0].text.endswith("(87 times)")
    assert [each.is_burst for each in heard[:3]] == [False, True, True]
    assert len(caplog.records) == 3  # the first, the tenth and the other notice


def test_the_same_after_a_while_is_shown_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    monkeypatch.setattr("app.notices._BURST", timedelta(0))
    notices, heard = Notices(), list[Notice]()
    notices.listen(heard.append)
    for _ in range(2):
        notices.post(Notice("error", "no such file"))
    assert [(each.count, each.is_burst) for each in heard] == [(1, False), (2, False)]
