"""What is not recorded of the real server, and can thus be one way or the other."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Switches:
    """One choice for each unknown; the first value is the default.

    Attributes
    ----------
    agent
        A request without a User-Agent is "refused" (403) or "ignored" (answered).
    no_match
        A search without a hit is "404" or an "empty" page without ``_embedded``.
    past_end
        The same, for a page past the last.
    oversize
        A size above 500 is "clamp"ed to 500 or "refuse"d (400).
    links
        Pages have ``_links``: "yes" or "no".
    post
        POST to select works: "yes" or "no" (405).
    """

    agent: str = "refused"
    no_match: str = "404"
    past_end: str = "404"
    oversize: str = "clamp"
    links: str = "yes"
    post: str = "yes"

    def __post_init__(self) -> None:
        for each in fields(self):
            if getattr(self, each.name) not in CHOICES[each.name]:
                raise ValueError(f"{each.name} must be {' or '.join(CHOICES[each.name])}.")

    def but(self, name: str, value: str) -> Switches:
        """Return these with one changed; ValueError names those that there are."""
        if name not in CHOICES:
            raise ValueError(f"There is no switch {name!r}; there are {', '.join(CHOICES)}.")
        return replace(self, **{name: value})


CHOICES: dict[str, tuple[str, str]] = {
    "agent": ("refused", "ignored"),
    "no_match": ("404", "empty"),
    "past_end": ("404", "empty"),
    "oversize": ("clamp", "refuse"),
    "links": ("yes", "no"),
    "post": ("yes", "no"),
}
