"""Made-up records as NeuroMorpho.Org sends them: many, similar and different."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any


def cell(neuron_id: int, **changes: Any) -> dict[str, Any]:
    """Return the record of a made-up cell."""
    record = {
        "neuron_id": neuron_id,
        "neuron_name": f"cell_{neuron_id:05d}",
        "archive": "Wearne_Hof",
        "note": "",
        "age_classification": "adult",
        "brain_region": ["neocortex", "prefrontal", "layer 3"],
        "cell_type": ["principal cell", "pyramidal"],
        "species": "mouse",
        "strain": "C57BL/6",
        "scientific_name": None,
        "domain": "Dendrites, Soma, No Axon",
        "original_format": "Neurolucida.asc",
        "upload_date": "2006-08-01",
        "soma_surface": None,
        "surface": "8842.91",
        "min_age": "24.0",
        "reference_pmid": ["12204204", "-26"],
        "physical_Integrity": "Dendrites Moderate",
        "_links": {"self": {"href": f"http://neuromorpho.org/api/neuron/id/{neuron_id}"}},
    }
    return record | changes


def cells(n_cells: int, seed: int = 1, n_archives: int = 1000) -> Iterator[dict[str, Any]]:
    """Yield made-up cells with as many different values as the archive has.

    A sixth of them are of the neocortex; "cell" is a word of every name.
    """
    draw = random.Random(seed)
    common = ["mouse", "rat", "human", "drosophila melanogaster", "zebrafish", "monkey"]
    species = common + [f"species {number}" for number in range(90)]
    cortex = [["neocortex", f"area {n % 40}", f"layer {n % 7}"] for n in range(300)]
    elsewhere = [[f"region {n % 60}", f"part {n}"] for n in range(2000)]
    types = [["principal cell", "pyramidal"], *(["interneuron", f"type {n}"] for n in range(400))]
    for neuron_id in range(1, n_cells + 1):
        yield cell(
            neuron_id,
            neuron_name=f"cell_{neuron_id:06d}_{draw.choice('abcd')}{neuron_id % 977}",
            archive=f"Archive_{int(n_archives * draw.random() ** 2)}",
            brain_region=draw.choice(elsewhere if draw.random() > 1 / 6 else cortex),
            cell_type=draw.choice(types),
            species=species[int(len(species) * draw.random() ** 4)],
            strain=f"strain {draw.randrange(1200)}",
            gender=draw.choice(["Male", "Female", "Not reported"]),
            upload_date=f"{draw.randrange(2006, 2026)}-{draw.randrange(1, 13):02d}-01",
            reference_pmid=[str(10_000 + neuron_id % 3000)],
        )


def measured(neuron_id: int, **changes: Any) -> dict[str, Any]:
    """Return a made-up cell's raw morphometry."""
    raw = {
        "neuron_id": neuron_id,
        "length": 10.0 * neuron_id,
        "n_stems": 6.0,
        "soma_Surface": 834.0,
    }
    return raw | {"fractal_Dim": 1.02} | changes
