"""The page on the protocol says what the docstrings say."""

from __future__ import annotations

from tests.docs.protocol_page import PAGE, entry, groups, page


def test_the_page_is_made_of_the_present_docstrings() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.docs.protocol_page"


def test_every_class_has_a_text() -> None:
    for _, kinds in groups():
        assert kinds
        for kind in kinds:
            assert len(entry(kind).split("\n")[2]) > 5, kind
