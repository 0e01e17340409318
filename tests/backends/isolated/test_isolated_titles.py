"""A session whose author gives no title is titled by its class."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from backends.isolated.session import IsolatedSession
from backends.messages import SessionCommand
from backends.scene import Scene
from backends.session import BufferedSession


class Ticker(BufferedSession):
    """A bare session; its scene has a title if it is given one."""

    title = ""

    def initialize(self) -> Scene:
        return Scene(title=self.title) if self.title else Scene()

    def advance(self) -> None:
        return

    def handle(self, command: SessionCommand) -> None:
        return

    def is_live(self) -> bool:
        return False


class Named(Ticker):
    title = "My network"


@dataclass(frozen=True)
class Make:
    """Makes a session in the child."""

    kind: type[Ticker]

    def __call__(self) -> Ticker:
        return self.kind()


@pytest.mark.parametrize(("kind", "title"), [(Ticker, "Ticker"), (Named, "My network")])
def test_the_title_is_the_author_s_or_the_class(kind: type[Ticker], title: str) -> None:
    session = IsolatedSession(Make(kind))
    try:
        scene = session.initialize()
        assert scene is not None
        assert scene.title == title
    finally:
        session.shutdown()
