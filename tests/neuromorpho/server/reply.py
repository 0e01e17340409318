"""Requests and responses, between the endpoints, the faults and the HTTP server."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

JSON = "application/hal+json;charset=UTF-8"
HTML = "text/html;charset=UTF-8"


class Delivery(Enum):
    """How a body goes out."""

    WHOLE = auto()
    SHORT = auto()  # half of it, then the connection is closed as if all were well
    RESET = auto()  # half of it, then the connection is reset
    SLOW = auto()  # spread over `seconds`
    STALL = auto()  # half of it, then silence for `seconds`
    ENDLESS = auto()  # in chunks, without an end; `seconds` between two
    DROP = auto()  # not even a status line


@dataclass(frozen=True)
class Question:
    """One request.

    Attributes
    ----------
    target
        As it stood in the request line.
    body
        Of a POST.
    """

    method: str
    target: str
    body: bytes = b""

    @property
    def raw_path(self) -> str:
        """Path as sent, percent-encoding and all."""
        return urlsplit(self.target).path

    @property
    def path(self) -> str:
        """Path with its percent-encoding undone."""
        return unquote(self.raw_path)

    @property
    def parts(self) -> list[str]:
        """The parts of the path, each decoded on its own, so that a name may hold a slash."""
        return [unquote(part) for part in self.raw_path.split("/") if part]

    @property
    def params(self) -> list[tuple[str, str]]:
        """Parameters in their order."""
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    def all(self, name: str) -> list[str]:
        """Return every value of a parameter."""
        return [value for key, value in self.params if key == name]

    def get(self, name: str, default: str = "") -> str:
        """Return the last value of a parameter."""
        return next(reversed(self.all(name)), default)

    def on_page(self, number: int) -> Question:
        """Return the same request for another page."""
        others = [(key, value) for key, value in self.params if key != "page"]
        query = urlencode([*others, ("page", number)])
        return Question(self.method, f"{self.raw_path}?{query}", self.body)

    def number(self, name: str, default: int, least: int) -> int:
        """Return a parameter as a number; the default where it is none, as the real server does."""
        text = self.get(name)
        return max(least, int(text)) if text.isascii() and text.isdecimal() else default


@dataclass
class Reply:
    """One answer.

    Attributes
    ----------
    delivery, seconds
        How its body goes out, and how long that takes.
    delay : float
        Seconds before the first byte.
    """

    status: int = 200
    body: bytes = b""
    media: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery.WHOLE
    seconds: float = 0.0
    delay: float = 0.0

    @property
    def data(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)


def of_json(data: Any, status: int = 200) -> Reply:
    """Return an answer of JSON, in UTF-8 as the server writes it."""
    return Reply(status, json.dumps(data, ensure_ascii=False).encode())


def error(question: Question, status: int, message: str) -> Reply:
    """Return an error as the server words it."""
    content = {"status": status, "error": HTTPStatus(status).phrase, "message": message}
    return of_json({**content, "path": question.path}, status)
