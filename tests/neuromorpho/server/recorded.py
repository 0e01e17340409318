"""What was recorded of the real server, read from a folder that is not part of the repository."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.neuromorpho.server import made


@dataclass
class Recorded:
    """Real records, measures, SWC files and thumbnails, by id."""

    records: list[dict[str, Any]] = field(default_factory=list)
    measures: dict[int, dict[str, Any]] = field(default_factory=dict)
    swcs: dict[int, bytes] = field(default_factory=dict)
    thumbnails: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Recorded:
        """Return what is in a folder; a file that is not there is done without."""
        found = cls()
        by_id: dict[int, dict[str, Any]] = {}
        for record in _basal_ganglia(folder) + _remod(folder) + _complete_records(folder):
            by_id[record["neuron_id"]] = record
        found.records = [by_id[neuron_id] for neuron_id in sorted(by_id)]
        measured = _json(folder / "morphometry_id_1.json")
        if measured:
            found.measures[measured["neuron_id"]] = measured
        for path in sorted(folder.glob("remod_swc/NMO_*.swc")):
            found.swcs[int(path.name[4:10])] = path.read_bytes()
        for path in sorted(folder.glob("thumbnails/*.png")):
            if number := re.match("[0-9]+", path.name):
                found.thumbnails[int(number[0])] = path.read_bytes()
        return found


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def _complete_records(folder: Path) -> list[dict[str, Any]]:
    page = _json(folder / "neuron_select_archive_Ascoli_page0.json") or {}
    one = _json(folder / "neuron_id_1.json")
    return [*page.get("_embedded", {}).get("neuronResources", []), *([one] if one else [])]


def _remod(folder: Path) -> list[dict[str, Any]]:
    """Return the records of the sampled SWC files, what was not recorded of them made up."""
    manifest = _json(folder / "remod_sample_manifest_2026-08-10.json") or {}
    found = [_completed(each["metadata"]) for each in manifest.get("morphologies", [])]
    if (folder / "remod_swc/NMO_001999__0-2.CNG.swc").is_file():
        for neuron_id, name in ((1999, "0-2"), (2000, "0-2a")):
            found.append(
                _completed({"neuron_id": neuron_id, "neuron_name": name, "archive": "Smith"})
            )
    return found


def _basal_ganglia(folder: Path) -> list[dict[str, Any]]:
    cells = _json(folder / "basal_ganglia_ids_names_archives.json") or []
    return [_completed(cell) for cell in cells]


def _completed(known: dict[str, Any]) -> dict[str, Any]:
    """Return a record of 45 keys: the known values, the rest of a made cell without sizes."""
    neuron_id = int(known["neuron_id"])
    record: dict[str, Any] = json.loads(made.encoded(neuron_id, neuron_id))
    record |= {"soma_surface": None, "surface": None, "volume": None, "note": ""}
    record |= {key: value for key, value in known.items() if key in record}
    if "physical_integrity" in known:
        record["physical_Integrity"] = known["physical_integrity"]
    where = f"{record['archive']}/{record['neuron_name']}"
    record["png_url"] = f"http://neuromorpho.org/images/imageFiles/{where}.png"
    return record
