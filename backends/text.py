"""Numbers as text."""

from __future__ import annotations


def grouped(number: float) -> str:
    """Return a number with thin groups of three: ``"18 205"``; one decimal below 10."""
    text = f"{number:,.1f}" if isinstance(number, float) and abs(number) < 10 else f"{number:,.0f}"
    return text.replace(",", " ")


def with_minus(text: str) -> str:
    """Return a text of numbers with typographic minus signs, as the window writes them."""
    return text.replace("-", "−")
