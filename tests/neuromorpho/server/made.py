"""Made cells: 45 keys in the server's order, the same for the same id, 300,000 of them in no memory.

Theory. The n-th made cell is one of `PROTOTYPES` records, by n modulo their number, into which its id,
its name and three sizes are written. What cells have in common is thus kept once, as a record and as
JSON text; a page of 500 costs 500 replacements; and how many cells hold a value is arithmetic. Ids
have gaps, as the archive's do: each thirteenth is missing.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any
from urllib.parse import quote

from tests.neuromorpho.server import trees, vocabulary as words

PROTOTYPES = 1009
KEYS = (
    "neuron_id",
    "neuron_name",
    "archive",
    "note",
    "age_scale",
    "gender",
    "age_classification",
    "brain_region",
    "cell_type",
    "species",
    "strain",
    "scientific_name",
    "stain",
    "experiment_condition",
    "protocol",
    "slicing_direction",
    "reconstruction_software",
    "objective_type",
    "original_format",
    "domain",
    "attributes",
    "magnification",
    "upload_date",
    "deposition_date",
    "shrinkage_reported",
    "shrinkage_corrected",
    "reported_value",
    "reported_xy",
    "reported_z",
    "corrected_value",
    "corrected_xy",
    "corrected_z",
    "soma_surface",
    "surface",
    "volume",
    "slicing_thickness",
    "min_age",
    "max_age",
    "min_weight",
    "max_weight",
    "png_url",
    "reference_pmid",
    "reference_doi",
    "physical_Integrity",
    "_links",
)
OWN_FIELDS = frozenset(
    {"neuron_id", "neuron_name", "note", "soma_surface", "surface", "volume", "png_url", "_links"}
)
_ID = "\x01"  # stands for the id in a prototype's texts
_SIZES = {"soma_surface": "\x02", "surface": "\x03", "volume": "\x04"}
_MEASURE_OF = {"soma_surface": "soma_Surface", "surface": "surface", "volume": "volume"}
_OFFICIAL = "http://neuromorpho.org"
_EVERY = 13  # one id in so many is of no cell


@dataclass(frozen=True)
class Prototype:
    """What the cells of one residue have in common.

    Attributes
    ----------
    record : dict
        A whole record; `_ID` and `_SIZES` stand where a cell's own values go.
    kind, shape : int
        Of its tree.
    suffix : str
        Of the original file that is really there.
    """

    record: dict[str, Any]
    kind: int
    shape: int
    suffix: str

    @cached_property
    def text(self) -> str:
        """The record as JSON with ``%`` places for a cell's own values."""
        text = json.dumps(self.record, ensure_ascii=False).replace("%", "%%")
        for key, mark in _SIZES.items():
            text = text.replace(json.dumps(mark), f'"%({key})s"')
        mark = json.dumps(_ID)[1:-1]
        return text.replace(f'"{mark}"', "%(id)d").replace(mark, "%(id)d")

    def own(self, neuron_id: int) -> dict[str, Any]:
        """Return what is written into it for one cell."""
        found = trees.measures_of_shape(self.kind, self.shape)
        factor = factor_of(neuron_id)
        powers = {"soma_surface": 2, "surface": 2, "volume": 3}
        sizes = {
            key: f"{found[_MEASURE_OF[key]] * factor**power:.6g}" for key, power in powers.items()
        }
        return {"id": neuron_id, **sizes}

    def value(self, field: str, neuron_id: int) -> Any:
        """Return one value of a cell's record."""
        if field == "neuron_id":
            return neuron_id
        if field in _SIZES:
            return self.own(neuron_id)[field]
        value = self.record.get(field)
        return value.replace(_ID, str(neuron_id)) if isinstance(value, str) else value


def factor_of(neuron_id: int) -> float:
    """Return by how much a cell's tree is larger than its shape, 0.5 to 2."""
    return 0.5 * math.pow(4.0, (neuron_id * 2654435761 % 4096) / 4096)


def id_at(position: int, first: int) -> int:
    """Return the id of the made cell at a position, where the first has the id `first`."""
    return first + position + position // (_EVERY - 1)


def position_of(neuron_id: int, first: int, count: int) -> int | None:
    """Return the position of the made cell with an id; None where there is none."""
    offset = neuron_id - first
    position = offset - offset // _EVERY
    if offset < 0 or offset % _EVERY == _EVERY - 1 or position >= count:
        return None
    return position


def prototype_of(position: int) -> Prototype:
    """Return the prototype of the made cell at a position."""
    return prototypes()[position % PROTOTYPES]


def encoded(position: int, neuron_id: int) -> str:
    """Return the record of a made cell as JSON."""
    prototype = prototype_of(position)
    return prototype.text % prototype.own(neuron_id)


@cache
def prototypes() -> tuple[Prototype, ...]:
    """Return all prototypes: first each species once, then as common as they are."""
    chance = random.Random(20260810)
    order = list(words.SPECIES)
    chance.shuffle(order)
    weights = [weight for _, _, weight in words.SPECIES]
    order += chance.choices(words.SPECIES, weights, k=PROTOTYPES - len(order))
    return tuple(_prototype(index, each[0], each[1], chance) for index, each in enumerate(order))


def _prototype(
    index: int, species: str, scientific: str | None, chance: random.Random
) -> Prototype:
    archive, stem = words.ARCHIVES[index % len(words.ARCHIVES)]
    kind = chance.choice((0, 0, 0, 1, 1, 2, 3))
    format_, suffix = chance.choice(words.FORMATS)
    name = f"{stem}{_ID}"
    own = {
        "neuron_id": _ID,
        "neuron_name": name,
        "archive": archive,
        "note": _note(archive, name) if index % 50 == 0 else "",
        "species": species,
        "scientific_name": scientific,
        "strain": chance.choice(words.STRAINS.get(species, ("Not reported", "Not applicable", ""))),
        "original_format": format_,
        "reconstruction_software": format_.rpartition(".")[0],
        "png_url": f"{_OFFICIAL}/images/imageFiles/{_quoted(archive)}/{_quoted(name)}.png",
        "_links": _links(),
        **_SIZES,
    }
    made = own | _anatomy(species, kind, chance) | _experiment(chance) | _paper(archive, chance)
    return Prototype({key: made[key] for key in KEYS}, kind, index % trees.SHAPES_PER_KIND, suffix)


def _anatomy(species: str, kind: int, chance: random.Random) -> dict[str, Any]:
    regions = words.REGIONS_OF_INSECTS if species in words.INSECTS else words.REGIONS_OF_VERTEBRATES
    return {
        "brain_region": list(chance.choice(regions)),
        "cell_type": list(chance.choice(words.GLIA if kind == words.PROCESSES else words.NEURONS)),
        "domain": words.DOMAINS[kind],
        "physical_Integrity": chance.choice(words.INTEGRITIES[kind]),
        "attributes": chance.choice(words.ATTRIBUTES),
    }


def _experiment(chance: random.Random) -> dict[str, Any]:
    scale, age, youngest, oldest = chance.choice(words.AGES)
    lightest, heaviest = chance.choice(words.WEIGHTS)
    year, month, day = chance.randint(2005, 2026), chance.randint(1, 12), chance.randint(1, 28)
    percent = chance.choice((None, None, None, 25.0, 12))
    empty = ("reported_xy", "reported_z", "corrected_value", "corrected_xy", "corrected_z")
    return {
        "age_scale": scale,
        "age_classification": age,
        "min_age": youngest,
        "max_age": oldest,
        "min_weight": lightest,
        "max_weight": heaviest,
        "gender": chance.choice(words.GENDERS),
        "stain": chance.choice(words.STAINS),
        "experiment_condition": list(chance.choice(words.CONDITIONS)),
        "protocol": chance.choice(words.PROTOCOLS),
        "slicing_direction": chance.choice(words.SLICINGS),
        "slicing_thickness": chance.choice(words.THICKNESSES),
        "objective_type": chance.choice(words.OBJECTIVES),
        "magnification": chance.choice(words.MAGNIFICATIONS),
        "deposition_date": f"{year:04}-{month:02}-{day:02}",
        "upload_date": f"{year + 1:04}-{month:02}-{day:02}",
        "shrinkage_reported": "Not Reported" if percent is None else "Reported",
        "shrinkage_corrected": "" if percent is None else "Not Corrected",
        "reported_value": percent,
        **dict.fromkeys(empty),
    }


def _paper(archive: str, chance: random.Random) -> dict[str, Any]:
    """Return the references of an archive: two papers, a placeholder, or a junk DOI."""
    number = next(i for i, each in enumerate(words.ARCHIVES) if each[0] == archive)
    match chance.randrange(12):
        case 0:
            return {"reference_pmid": [str(-20 - number)], "reference_doi": [doi_of(number, 0)]}
        case 1:
            return {"reference_pmid": [pmid_of(number, 0)], "reference_doi": ["e97368"]}
        case 2:
            return {"reference_pmid": [], "reference_doi": []}
        case 3 | 4:
            papers = [0, 1]
        case _:
            papers = [number % 2]
    return {
        "reference_pmid": [pmid_of(number, paper) for paper in papers],
        "reference_doi": [doi_of(number, paper) for paper in papers],
    }


def pmid_of(archive: int, paper: int) -> str:
    """Return the PubMed id of one of the two papers of an archive."""
    return str(12204204 + 104729 * archive + 613 * paper)


def doi_of(archive: int, paper: int) -> str:
    """Return its DOI, old ones with brackets as Elsevier made them."""
    if paper == 0 and archive % 3 == 0:
        return f"10.1016/S0306-4522(02)00{305 + archive}-6"
    return f"10.1523/JNEUROSCI.{1000 + 37 * archive}-{10 + paper}.20{10 + archive % 15}"


def _note(archive: str, name: str) -> str:
    href = f" dableFiles/previous/v6.1/{archive.lower()}/{name}.CNG.swc "
    return (
        "When originally released, this reconstruction had been incompletely processed, and this "
        "issue was fixed in release 6.1 (May 2015). The pre-6.1 version of the processed file is "
        f'available for download <a href="{href}">here</a>.'
    )


def _links() -> dict[str, dict[str, str]]:
    return links_of(_ID)


def links_of(neuron_id: int | str) -> dict[str, dict[str, str]]:
    """Return the links of a record, all of the official host and all plain http."""
    places = {"self": "neuron", "measurements": "morphometry", "persistence_vector": "pvec"}
    return {
        key: {"href": f"{_OFFICIAL}/api/{place}/id/{neuron_id}"} for key, place in places.items()
    }


def _quoted(text: str) -> str:
    return quote(text, safe=" '()&+,;=@\x01")


def hostile_records(first_id: int = 900_001) -> list[dict[str, Any]]:
    """Return records whose names, archives and texts are meant to do harm where they are trusted."""
    names = (
        "../../outside",
        "..\\..\\outside",
        "/etc/passwd",
        "CON",
        "aux.txt",
        "n" * 300,
        "nul\x00byte",
        "line\nbreak\ttab",
        "trailing dot. ",
        ".hidden",
        "a/b",
        "a b",
        "=1+1",
        "<b>bold</b>",
        "100%25 or %2e%2e",
        "name?query#fragment",
        "\u202egnp.exe",
        "e\u0301 composed",
        "\U0001f9e0",
    )
    base: Mapping[str, Any] = json.loads(encoded(0, first_id))
    found = []
    for number, name in enumerate(names, start=first_id):
        archive = name if number % 3 == 0 else "Hostile"
        own = {"neuron_id": number, "neuron_name": name, "archive": archive}
        own["note"] = "<script>alert(1)</script><a href='javascript:x'>here</a>"
        own["png_url"] = f"{_OFFICIAL}/images/imageFiles/{quote(archive)}/{quote(name)}.png"
        own["_links"] = links_of(number)
        found.append({key: own.get(key, base[key]) for key in KEYS})
    return found
