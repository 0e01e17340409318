"""The answers of each address under /api, as they were recorded or described."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from tests.neuromorpho.server import literature, made
from tests.neuromorpho.server.holdings import Holdings
from tests.neuromorpho.server.reply import Question, Reply, error, of_json
from tests.neuromorpho.server.switches import Switches
from tests.support.query_language import QuerySyntaxError

LARGEST_PAGE = 500
LARGEST_FIELD_PAGE = 1000
NEURON_FIELDS = [
    "Physical_Integrity" if key == "physical_Integrity" else key
    for key in made.KEYS
    if key not in {"note", "_links"}
]


class Api:
    """Answers questions about what is held.

    Attributes
    ----------
    switches : Switches
        May be replaced at any time.
    """

    def __init__(self, holdings: Holdings, switches: Switches) -> None:
        self.holdings = holdings
        self.switches = switches
        self._routes: dict[str, Callable[[Question, list[str]], Reply]] = {
            "health": self._health,
            "neuron": self._neuron,
            "morphometry": self._morphometry,
            "pvec": self._pvec,
            "literature": self._literature,
        }

    def answer(self, question: Question) -> Reply:
        """Return the answer to any request under /api."""
        _, place, *rest = [*question.parts, ""]
        rest = [part for part in rest if part]
        is_select = rest[:1] == ["select"] and place == "neuron" and self.switches.post == "yes"
        if question.method != "GET" and not (question.method == "POST" and is_select):
            return error(question, 405, f"Request method '{question.method}' not supported")
        route = self._routes.get(place)
        if route is None:
            return error(question, 404, "No message available")
        try:
            return route(question, rest)
        except QuerySyntaxError as wrong:
            return error(question, 400, f"Cannot parse query: {wrong}")

    def _health(self, question: Question, rest: list[str]) -> Reply:
        return of_json({"status": "UP"})

    def _neuron(self, question: Question, rest: list[str]) -> Reply:
        match rest:
            case [] | ["select"]:
                return self._select_neurons(question, with_query=bool(rest))
            case ["id", text]:
                found = self.holdings.encoded(_number(text))
            case ["name", text]:
                neuron_id = self.holdings.id_of_name(text)
                found = None if neuron_id is None else self.holdings.encoded(neuron_id)
            case ["fields"]:
                return of_json({"Neuron Fields": NEURON_FIELDS})
            case ["fields" | "partition" as what, field] if self.holdings.is_field(field):
                return _values(question, field, self.holdings.counts(field), what)
            case _:
                return error(question, 404, "No message available")
        if found is None:
            return error(question, 404, "Requested neuron not found")
        return Reply(body=found.encode())

    def _select_neurons(self, question: Question, *, with_query: bool) -> Reply:
        sort, *rest = question.get("sort", "neuron_id,asc").split(",")
        if not self.holdings.is_field(sort):
            return error(question, 400, f"No property {sort} found for type NeuronResource")
        queries = []
        if question.method == "POST":
            try:
                queries = _posted(question.body)
            except ValueError as wrong:
                return error(question, 400, f"JSON parse error: {wrong}")
        elif with_query:
            queries = [text for text in (question.get("q"), *question.all("fq")) if text]
        ids = self.holdings.select(queries, sort, descending=rest[-1:] == ["desc"])
        return self._page(question, "neuronResources", ids, self.holdings.encoded)

    def _morphometry(self, question: Question, rest: list[str]) -> Reply:
        return self._about_neurons(
            question,
            rest,
            "morphometryResources",
            "Requested morphometry not found",
            self._measures,
        )

    def _pvec(self, question: Question, rest: list[str]) -> Reply:
        return self._about_neurons(
            question, rest, "pvecs", "Requested persistence vector not found", self._vector
        )

    def _about_neurons(
        self,
        question: Question,
        rest: list[str],
        key: str,
        none: str,
        encoded: Callable[[int], str | None],
    ) -> Reply:
        match rest:
            case [] | ["select"]:
                queries = [text for text in (question.get("q"), *question.all("fq")) if text]
                ids = self.holdings.select(queries if rest else [], "neuron_id", descending=False)
                if queries and len(ids) <= 5000:
                    texts = {each: encoded(each) for each in ids}
                    ids, encoded = [each for each in ids if texts[each] is not None], texts.get
                return self._page(question, key, ids, encoded)
            case ["id", text]:
                neuron_id: int | None = _number(text)
            case ["name", text]:
                neuron_id = self.holdings.id_of_name(text)
            case _:
                return error(question, 404, "No message available")
        found = None if neuron_id is None else encoded(neuron_id)
        return error(question, 404, none) if found is None else Reply(body=found.encode())

    def _measures(self, neuron_id: int) -> str | None:
        found = self.holdings.measures(neuron_id)
        return None if found is None else json.dumps(found, ensure_ascii=False)

    def _vector(self, neuron_id: int) -> str | None:
        if self.holdings.encoded(neuron_id) is None:
            return None
        return json.dumps(persistence(self.holdings, neuron_id))

    def _literature(self, question: Question, rest: list[str]) -> Reply:
        match rest:
            case [] | ["select"]:
                queries = [text for text in (question.get("q"), *question.all("fq")) if text]
                found = literature.select(queries if rest else [])
                papers = {i: json.dumps(paper, ensure_ascii=False) for i, paper in enumerate(found)}
                return self._page(question, "publicationResources", range(len(found)), papers.get)
            case ["id", article]:
                paper = literature.by_id(article)
                if paper is None:
                    return error(question, 404, "Requested publication not found")
                return of_json(paper)
            case ["fields"]:
                return of_json({"Literature Fields": list(literature.KEYS)})
            case ["fields" | "partition" as what, field] if field in literature.KEYS:
                return _values(question, field, literature.counts(field), what)
            case _:
                return error(question, 404, "No message available")

    def _page(
        self,
        question: Question,
        key: str,
        ids: Sequence[int],
        encoded: Callable[[int], str | None],
    ) -> Reply:
        """Return one page of records, put together as text: no record is parsed or written anew."""
        size, page = question.number("size", 50, 1), question.number("page", 0, 0)
        if size > LARGEST_PAGE:
            if self.switches.oversize == "refuse":
                return error(question, 400, f"Page size must not be greater than {LARGEST_PAGE}")
            size = LARGEST_PAGE
        pages = math.ceil(len(ids) / size)
        about = {"size": size, "totalElements": len(ids), "totalPages": pages, "number": page}
        if page >= pages:
            how = self.switches.past_end if pages else self.switches.no_match
            if how == "404":
                return error(question, 404, "No results found")
            return of_json({"page": about})
        items = ", ".join(filter(None, map(encoded, ids[page * size : (page + 1) * size])))
        links = ""
        if self.switches.links == "yes":
            links = f'"_links": {json.dumps(_links(question, size, page, pages))}, '
        text = f'{{"_embedded": {{"{key}": [{items}]}}, {links}"page": {json.dumps(about)}}}'
        return Reply(body=text.encode())


def _links(question: Question, size: int, page: int, pages: int) -> dict[str, dict[str, str]]:
    """Return the links of a page, of the official host and plain http; the last has no next."""
    others = [(key, value) for key, value in question.params if key not in {"page", "size"}]
    suffix = "".join(f"&{quote(key)}={quote(value)}" for key, value in others)
    where = f"http://neuromorpho.org{question.raw_path}"
    numbers = {"first": 0, "self": page, "next": page + 1, "last": pages - 1}
    if page + 1 >= pages:
        del numbers["next"]
    return {
        name: {"href": f"{where}?page={number}&size={size}{suffix}"}
        for name, number in numbers.items()
    }


def _values(question: Question, field: str, counts: dict[str, int], what: str) -> Reply:
    """Return a page of a field's values, or of how many records hold each."""
    size = min(question.number("size", 100, 1), LARGEST_FIELD_PAGE)
    page = question.number("page", 0, 0)
    shown = list(counts.items())[page * size : (page + 1) * size]
    total = len(counts)
    about = {"size": min(size, total), "totalPages": math.ceil(total / size)}
    about |= {"totalElements": total, "number": page}
    if what == "partition":
        return of_json({"fields": dict(shown), "page": about})
    return of_json({"field_name": field, "fields": [value for value, _ in shown], "page": about})


def _posted(body: bytes) -> list[str]:
    """Return the queries of a POST: ``{"species": ["mouse", "rat"]}``; ValueError where it is none."""
    data = json.loads(body)
    if not isinstance(data, dict):
        raise ValueError("no object")
    queries = []
    for field, values in data.items():
        values = values if isinstance(values, list) else [values]
        queries.append(" OR ".join(f"{field}:{_phrase(value)}" for value in values))
    return [query for query in queries if query]


def _phrase(value: Any) -> str:
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1


def persistence(holdings: Holdings, neuron_id: int) -> dict[str, Any]:
    """Return a vector of 100 made from how far the tips of a cell's tree are from its root."""
    tree, factor = holdings.tree(neuron_id), made.factor_of(neuron_id)
    tips = [factor * way for number, way in tree.path.items() if not tree.children[number]]
    farthest = max(tips)
    width = farthest / 10
    coefficients = [
        sum(math.exp(-(((i / 99 * farthest - tip) / width) ** 2)) for tip in tips)
        for i in range(100)
    ]
    return {
        "neuron_id": neuron_id,
        "scaling_factor": round(farthest, 3),
        "distance": 0.0,
        "coefficients": [round(100 * each, 2) for each in coefficients],
    }
