"""What goes wrong on request: each fault with where, how often and after how many requests.

``server.faults.add("unavailable", "2", times=3, path="/api/*")`` answers the next three requests under
/api with 503 and ``Retry-After: 2``. Faults apply in the order in which they were added.
"""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from fnmatch import fnmatchcase
from functools import lru_cache
from time import time
from typing import Any

from tests.neuromorpho.server.reply import HTML, JSON, Delivery, Question, Reply, error

Change = Callable[["Fault", Question, Reply], Reply]

NOTICE = (
    b"<!DOCTYPE html>\n<html><head><title>Service Interruption Notice</title></head><body>"
    b"<h1>Service Interruption Notice</h1><p>NeuroMorpho.Org is down for maintenance.</p>"
    b"</body></html>\n"
)
LATIN_1 = "# Rekonstruktion: J. Müller, Diego Peña; unités: µm, ±0.5°\n".encode("latin-1")


@dataclass
class Fault:
    """One thing that goes wrong.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    value : str
        What that kind takes; "" for its default.
    times : int or None
        How many requests it still hits; None for all.
    path : str
        Pattern (``*``, ``?``) of the decoded paths that it hits.
    query : str
        ``name=value`` that must be among the parameters; "" for any.
    after : int
        How many requests that fit are still let through first.
    hits : int
        How many it has hit.
    ask : callable, optional
        Gives the answer to another request, without faults.
    """

    kind: str
    value: str = ""
    times: int | None = None
    path: str = "*"
    query: str = ""
    after: int = 0
    hits: int = 0
    ask: Callable[[Question], Reply] | None = None

    def fits(self, question: Question) -> bool:
        """Return whether a request is one that it hits."""
        if not fnmatchcase(question.path, self.path):
            return False
        return not self.query or self.query in [f"{key}={value}" for key, value in question.params]

    def strikes(self, question: Question) -> bool:
        """Return whether it hits this request, and count that."""
        if self.times == 0 or not self.fits(question):
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        self.hits += 1
        return True

    def seconds(self, default: float) -> float:
        """Return its value as seconds."""
        return float(self.value) if self.value else default


class Faults:
    """The faults of a server; may be changed at any time from any thread."""

    def __init__(self, ask: Callable[[Question], Reply] | None = None) -> None:
        self._ask = ask
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self,
        kind: str,
        value: str | float = "",
        *,
        times: int | None = None,
        path: str | None = None,
        query: str = "",
        after: int = 0,
    ) -> Fault:
        """Let something go wrong from now on.

        Parameters
        ----------
        kind, value, times, path, query, after
            See `Fault` and `KINDS`; some kinds hit only the paths that they can.

        Raises
        ------
        ValueError
            There is no such kind.
        """
        if kind not in KINDS:
            raise ValueError(f"There is no fault {kind!r}; there are {', '.join(sorted(KINDS))}.")
        where = path or KINDS[kind].path
        fault = Fault(kind, str(value), times, where, query, after, ask=self._ask)
        with self._lock:
            self._faults.append(fault)
        return fault

    def add_text(self, text: str) -> Fault:
        """Add a fault written as ``NAME[=VALUE][,times=N][,path=PATTERN][,query=K=V][,after=N]``."""
        first, *rest = text.split(",")
        kind, _, value = first.partition("=")
        options: dict[str, Any] = {}
        for part in rest:
            key, equals, text = part.partition("=")
            if not equals or key not in {"times", "path", "query", "after"}:
                raise ValueError(f"{part!r} in {text!r} is none of times=, path=, query=, after=.")
            options[key] = int(text) if key in {"times", "after"} else text
        return self.add(kind, value, **options)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._faults.clear()

    def apply(self, question: Question, reply: Reply) -> Reply:
        """Return what an answer becomes."""
        with self._lock:
            striking = [fault for fault in self._faults if fault.strikes(question)]
        for fault in striking:
            kind = KINDS[fault.kind]
            if reply.media == JSON or not kind.of_json:
                reply = kind.change(fault, question, reply)
        return reply


@dataclass(frozen=True)
class Kind:
    """A kind of fault: what it does to an answer, where by default, and what its value means."""

    change: Change
    description: str
    path: str = "*"
    of_json: bool = False  # it changes what an answer of JSON says, and leaves others alone


def _unavailable(fault: Fault, question: Question, reply: Reply) -> Reply:
    headers = {"Retry-After": fault.value} if fault.value else {}
    return Reply(503, b"<html><body>503 Service Unavailable</body></html>", HTML, headers)


def _too_many(fault: Fault, question: Question, reply: Reply) -> Reply:
    text = fault.value or "1"
    if text.startswith("date:"):
        text = formatdate(time() + float(text[5:]), usegmt=True)
    changed = error(question, 429, "Too many requests")
    changed.headers["Retry-After"] = text
    return changed


def _failing(fault: Fault, question: Question, reply: Reply) -> Reply:
    return error(question, int(fault.value or 500), "No message available")


def _error_inside(fault: Fault, question: Question, reply: Reply) -> Reply:
    changed = error(question, int(fault.value or 500), "Could not open connection to database")
    changed.status = 200
    return changed


def _notice(fault: Fault, question: Question, reply: Reply) -> Reply:
    return Reply(200, NOTICE, HTML)


def _text(fault: Fault, question: Question, reply: Reply) -> Reply:
    return Reply(200, fault.value.encode(), reply.media)


def _truncated(fault: Fault, question: Question, reply: Reply) -> Reply:
    return Reply(reply.status, reply.body[: len(reply.body) // 2], reply.media)


def _embedded(value: Any) -> Change:
    def change(fault: Fault, question: Question, reply: Reply) -> Reply:
        data = reply.data
        data.pop("_embedded", None)
        return _written(reply, {"_embedded": value, **data} if value != "" else data)

    return change


def _wrong_types(fault: Fault, question: Question, reply: Reply) -> Reply:
    """Make ids words, names numbers, lists objects, and counts of pages words."""
    data = reply.data
    if isinstance(data.get("page"), dict):
        data["page"] = dict.fromkeys(data["page"], "many")
    lists = [each for each in (data.get("_embedded") or {}).values() if isinstance(each, list)]
    for record in [*lists[0]] if lists else [data]:
        for key, value in record.items():
            if key == "neuron_id":
                record[key] = "one"
            elif isinstance(value, list):
                record[key] = {"0": value}
            elif isinstance(value, int | float):
                record[key] = [value]
    return _written(reply, data)


def _duplicates(fault: Fault, question: Question, reply: Reply) -> Reply:
    """Let a page begin with the last record of the page before it, as when a cell was added between."""
    data, page = reply.data, question.number("page", 0, 0)
    before = fault.ask(question.on_page(page - 1)).data if fault.ask and page else {}
    for key, records in (data.get("_embedded") or {}).items():
        records[:0] = before.get("_embedded", {}).get(key, [])[-1:]
    return _written(reply, data)


def _latin_1(fault: Fault, question: Question, reply: Reply) -> Reply:
    return Reply(reply.status, LATIN_1 + reply.body, reply.media, reply.headers)


def _missing(fault: Fault, question: Question, reply: Reply) -> Reply:
    return error(question, 404, "Requested resource not found")


def _bomb(fault: Fault, question: Question, reply: Reply) -> Reply:
    body = bomb(int(fault.value or 100))
    return Reply(200, body, reply.media, {"Content-Encoding": "gzip"})


@lru_cache(maxsize=2)
def bomb(mebibytes: int) -> bytes:
    """Return a gzip body that holds so many MiB of JSON, in a thousandth of that."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    block = b"x" * 2**20
    parts = [packer.compress(b'{"neuron_id": 1, "note": "')]
    parts += [packer.compress(block) for _ in range(mebibytes)]
    return b"".join([*parts, packer.compress(b'"}'), packer.flush()])


def _redirect(fault: Fault, question: Question, reply: Reply) -> Reply:
    """Send elsewhere: foreign, http, official, loop, here (to the same answer), or an address."""
    if question.path.startswith("/moved/"):
        return reply
    target = {
        "": "/moved{target}",
        "here": "/moved{target}",
        "foreign": "https://example.org{target}",
        "http": "http://example.org{target}",
        "official": "http://neuromorpho.org{target}",
        "loop": "{target}",
    }.get(fault.value, fault.value)
    where = target.replace("{target}", question.target)
    return Reply(302, b"", HTML, {"Location": where})


def _delivered(delivery: Delivery, default: float) -> Change:
    def change(fault: Fault, question: Question, reply: Reply) -> Reply:
        reply.delivery = delivery
        reply.seconds = fault.seconds(default)
        return reply

    return change


def _delayed(fault: Fault, question: Question, reply: Reply) -> Reply:
    reply.delay = fault.seconds(1.0)
    return reply


def _written(reply: Reply, data: Any) -> Reply:
    return Reply(reply.status, json.dumps(data, ensure_ascii=False).encode(), JSON)


KINDS: dict[str, Kind] = {
    "unavailable": Kind(_unavailable, "503; value: Retry-After (seconds or a date), none if empty"),
    "too_many": Kind(_too_many, "429; value: Retry-After in seconds, or date:SECONDS from now"),
    "failing": Kind(_failing, "an error as JSON; value: its status (500)"),
    "error_inside": Kind(_error_inside, "the same with the status 200; value: the one inside"),
    "notice": Kind(_notice, "200 with the HTML notice of an outage"),
    "html_file": Kind(_notice, "the same in place of a file", "/dableFiles/*"),
    "empty": Kind(_text, "200 without a body; value: a text to send instead"),
    "truncated": Kind(_truncated, "half of the body, as if it were all"),
    "null_embedded": Kind(_embedded(None), "_embedded: null", "/api/*", True),
    "no_embedded": Kind(_embedded(""), "no _embedded", "/api/*", True),
    "wrong_types": Kind(
        _wrong_types, "words for ids, objects for lists, lists for numbers", "/api/*", True
    ),
    "duplicates": Kind(
        _duplicates,
        "each page begins with the last record of the page before",
        "/api/*select*",
        True,
    ),
    "latin1": Kind(_latin_1, "a Latin-1 comment at the top of an SWC file", "/dableFiles/*.swc"),
    "missing": Kind(_missing, "404", "/api/morphometry/*"),
    "bomb": Kind(_bomb, "gzip that unpacks to value MiB (100)"),
    "redirect": Kind(_redirect, "302 to value: here, foreign, http, official, loop, an address"),
    "short": Kind(_delivered(Delivery.SHORT, 0.0), "half the body under its Content-Length"),
    "reset": Kind(_delivered(Delivery.RESET, 0.0), "half the body, then a reset"),
    "drop": Kind(_delivered(Delivery.DROP, 0.0), "the connection closed without an answer"),
    "slow": Kind(_delivered(Delivery.SLOW, 2.0), "the body spread over value seconds (2)"),
    "stall": Kind(_delivered(Delivery.STALL, 60.0), "half the body, then silence for value s (60)"),
    "endless": Kind(_delivered(Delivery.ENDLESS, 0.001), "chunks without an end, one each value s"),
    "delay": Kind(_delayed, "nothing for value seconds (1), then the answer"),
}
