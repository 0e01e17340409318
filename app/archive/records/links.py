"""Texts of the archive with the addresses that they may lead to: what is unsafe stays plain text; no Qt.

The archive's notes contain HTML. Only the text and links to the archive's own hosts are used: no
pictures, styles or scripts, nothing that would be fetched by being shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TypeVar
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from app.archive.records.plain_text import LONGEST_TEXT, NOTHING, single_line
from neuromorpho.urls import MIRROR_ROOT, OFFICIAL_HOSTS, OFFICIAL_ROOT

_MIRROR_HOST = urlsplit(MIRROR_ROOT).netloc
ARCHIVE_HOSTS = OFFICIAL_HOSTS | {_MIRROR_HOST}
_SILENT_TAGS = frozenset({"script", "style", "title", "template", "noscript", "iframe", "object"})
_BREAKING_TAGS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "td", "ul", "ol"})

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class LinkPart:
    """A piece of a value.

    Attributes
    ----------
    text : str
        One line of printable characters.
    url : str
        Where a click on it leads; "" for plain text.
    """

    text: str
    url: str = ""


def parts_of(text: str) -> tuple[LinkPart, ...]:
    """Return plain text as the one part that it is."""
    return (LinkPart(single_line(text) or NOTHING),)


def linked(values: Iterable[_T], part: Callable[[_T], LinkPart]) -> tuple[LinkPart, ...]:
    """Return a part of each value, with commas between; a dash where there is none."""
    parts: list[LinkPart] = []
    for value in values:
        parts += [LinkPart(", ")] * bool(parts) + [part(value)]
    return tuple(parts) or (LinkPart(NOTHING),)


def safe_url(href: str, *, hosts: frozenset[str] = ARCHIVE_HOSTS) -> str:
    """Return a record's address in full, with https for the archive; "" where it leads elsewhere.

    Parameters
    ----------
    href : str
        Absolute, or relative to the archive's root as in its notes.
    hosts : frozenset of str
        Where it may lead.
    """
    if not href.strip():
        return ""
    try:
        parts = urlsplit(urljoin(f"{OFFICIAL_ROOT}/", href.strip()))
        is_mirror = parts.netloc.lower() == _MIRROR_HOST
        bare = parts.netloc.lower() if is_mirror else _without_port(parts.netloc.lower())
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or bare not in hosts:
        return ""
    if any(not char.isprintable() or char == "\\" for char in href.strip()):
        return ""
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~?")
    return urlunsplit(("http" if is_mirror else "https", bare, path, query, ""))


def _without_port(netloc: str) -> str:
    return netloc.removesuffix(":443").removesuffix(":80")


def note_parts(html: str) -> tuple[LinkPart, ...]:
    """Return a note's text, with its links to the archive's own hosts as links."""
    reader = _NoteReader()
    reader.feed(html[: 4 * LONGEST_TEXT])
    reader.close()
    parts = [LinkPart(text, url) for text, url in reader.runs()]
    return tuple(parts) or (LinkPart(NOTHING),)


class _NoteReader(HTMLParser):
    """Reads text and links; everything else of HTML is passed over."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._runs: list[tuple[str, str]] = []
        self._url = ""
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a link, a line, or what is not to be read."""
        if tag in _SILENT_TAGS:
            self._silent += 1
        elif tag == "a":
            self._url = safe_url(dict(attrs).get("href") or "")
        elif tag in _BREAKING_TAGS:
            self._runs.append((" ", ""))

    def handle_endtag(self, tag: str) -> None:
        """End what began."""
        if tag in _SILENT_TAGS:
            self._silent = max(0, self._silent - 1)
        elif tag == "a":
            self._url = ""
        elif tag in _BREAKING_TAGS:
            self._runs.append((" ", ""))

    def handle_data(self, data: str) -> None:
        """Take text."""
        if not self._silent:
            self._runs.append((data, self._url))

    def runs(self) -> list[tuple[str, str]]:
        """Return text and address of each run, blanks single across all of them."""
        joined: list[tuple[str, str]] = []
        needs_blank = False
        for raw, url in self._runs:
            text = single_line(raw)
            needs_blank |= bool(joined) and raw[:1].isspace()
            if text:
                blank = " " if needs_blank else ""
                if joined and joined[-1][1] == url:
                    joined[-1] = (joined[-1][0] + blank + text, url)
                elif blank and url:
                    joined[-1] = (joined[-1][0] + blank, joined[-1][1])
                    joined.append((text, url))
                else:
                    joined.append((blank + text, url))
                needs_blank = False
            needs_blank |= bool(joined) and raw[-1:].isspace()
        return joined
