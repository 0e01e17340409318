"""Texts of the archive with the addresses that they may lead to: what is unsafe stays plain text; no Qt.

The archive's notes contain HTML. Only the text and links to the archive's own hosts are used: no
pictures, styles or scripts, nothing that would be fetched by being shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from app.archive.records.plain_text import LONGEST_TEXT, NOTHING, single_line
from neuromorpho.urls import MIRROR_ROOT, OFFICIAL_HOSTS, OFFICIAL_ROOT

_MIRROR_HOST = urlsplit(MIRROR_ROOT).netloc
ARCHIVE_HOSTS = OFFICIAL_HOSTS | {_MIRROR_HOST}
_SILENT_TAGS = frozenset({"script", "style", "title", "template", "noscript", "iframe", "object"})
_BREAKING_TAGS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "td", "ul", "ol"})


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


def linked(parts: Iterable[LinkPart]) -> tuple[LinkPart, ...]:
    """Return parts with commas between; a dash where there is none."""
    with_commas = [each for part in parts for each in (LinkPart(", "), part)]
    return tuple(with_commas[1:]) or (LinkPart(NOTHING),)


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
    except ValueError:
        return ""
    bare = parts.netloc.lower().removesuffix(":443").removesuffix(":80")
    if parts.scheme not in {"http", "https"} or bare not in hosts:
        return ""
    if any(not char.isprintable() or char == "\\" for char in href.strip()):
        return ""
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~?")
    scheme = "http" if bare == _MIRROR_HOST else "https"
    return urlunsplit((scheme, bare, path, query, ""))


def note_parts(html: str) -> tuple[LinkPart, ...]:
    """Return a note's text, with its links to the archive's own hosts as links."""
    reader = _NoteReader()
    reader.feed(html[: 4 * LONGEST_TEXT])
    reader.close()
    parts = [LinkPart(text, url) for text, url in reader.runs]
    return tuple(parts) or (LinkPart(NOTHING),)


class _NoteReader(HTMLParser):
    """Reads text and links; everything else of HTML is passed over.

    `runs` are text and address of each piece; blanks are single across all of them, and outside of links.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[list[str]] = []
        self._url = ""
        self._silent = 0
        self._is_apart = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a link, a line, or what is not to be read."""
        if tag in _SILENT_TAGS:
            self._silent += 1
        elif tag == "a":
            self._url = safe_url(dict(attrs).get("href") or "")
        self._is_apart |= tag in _BREAKING_TAGS

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT_TAGS:
            self._silent = max(0, self._silent - 1)
        elif tag == "a":
            self._url = ""
        self._is_apart |= tag in _BREAKING_TAGS

    def handle_data(self, data: str) -> None:
        """Append text to the last run, or begin another where a link begins or ends."""
        if self._silent:
            return
        text = single_line(data)
        self._is_apart |= data[:1].isspace()
        if not text:
            return
        blank = " " if self._is_apart and self.runs else ""
        if blank and self._url:
            self.runs[-1][0] += blank
            blank = ""
        if self.runs and self.runs[-1][1] == self._url:
            self.runs[-1][0] += blank + text
        else:
            self.runs.append([blank + text, self._url])
        self._is_apart = data[-1:].isspace()
