"""The morphology files, logs and pictures, at their addresses; upper and lower case matter."""

from __future__ import annotations

import random

from tests.neuromorpho.server import made, pictures, trees
from tests.neuromorpho.server.holdings import Holdings
from tests.neuromorpho.server.reply import HTML, Question, Reply

TEXT = "text/plain"
_NOT_FOUND = (
    b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head>"
    b"<body><h1>Not Found</h1></body></html>\n"
)
_SUPPLEMENT = b"PK\x05\x06" + 18 * b"\x00"  # a ZIP file of nothing


class Files:
    """Answers requests for files of what is held."""

    def __init__(self, holdings: Holdings) -> None:
        self.holdings = holdings

    def answer(self, question: Question) -> Reply:
        """Return the file at an address; 404 with a page of HTML where there is none."""
        if question.method != "GET":
            return Reply(405, b"", HTML)
        match question.parts:
            case ["dableFiles", archive, "CNG version", name]:
                found = self._swc(archive, name, TEXT)
            case ["dableFiles", "previous", "v6.1", archive, name]:
                found = self._swc(archive, name, TEXT)
            case ["dableFiles", archive, "Source-Version", name]:
                found = self._original(archive, name)
            case ["dableFiles", archive, "Remaining issues", name]:
                found = self._log(archive, name, ".CNG.swc.std")
            case ["dableFiles", archive, "Standardization log", name]:
                found = self._log(archive, name, ".std")
            case ["dableFiles", archive, "Supplementary", _]:
                found = Reply(body=_SUPPLEMENT, media="application/zip") if archive else None
            case ["images", "imageFiles", archive, name]:
                found = self._thumbnail(archive, name)
            case ["rotatingImages", name]:
                known = self.holdings.id_of_name(name.removesuffix(".CNG.gif"))
                found = Reply(body=pictures.gif(), media="image/gif") if known else None
            case _:
                found = None
        return found or Reply(404, _NOT_FOUND, HTML)

    def _cell(self, archive: str, name: str, *, lower: bool = True) -> int | None:
        """Return the id of the cell with a name in an archive, spelt as in an address."""
        for neuron_id in self.holdings.ids_of_name(name):
            record = self.holdings.record(neuron_id) or {}
            spelt = str(record.get("archive") or "")
            if spelt and archive == (spelt.lower() if lower else spelt):
                return neuron_id
        return None

    def _swc(self, archive: str, name: str, media: str) -> Reply | None:
        neuron_id = self._cell(archive, name.removesuffix(".CNG.swc"))
        if neuron_id is None or not name.endswith(".CNG.swc"):
            return None
        return Reply(body=self.swc(neuron_id), media=media)

    def swc(self, neuron_id: int) -> bytes:
        """Return the standardised SWC file of a cell."""
        recorded = self.holdings.recorded
        if recorded and neuron_id in recorded.swcs:
            return recorded.swcs[neuron_id]
        record = self.holdings.record(neuron_id) or {}
        header = (
            f"Original file {' '.join(str(record.get('neuron_name')).split())} edited using StdSwc",
            f"Archive: {' '.join(str(record.get('archive')).split())}. Irregularities and fixes:",
            "n T x y z R P",
        )
        factor = made.factor_of(neuron_id)
        return trees.swc_text(self.holdings.tree(neuron_id), factor, header).encode()

    def _original(self, archive: str, name: str) -> Reply | None:
        stem, dot, suffix = name.rpartition(".")
        neuron_id = self._cell(archive, stem)
        if neuron_id is None or f"{dot}{suffix}" != self.suffix(neuron_id):
            return None
        return Reply(body=self.original(neuron_id), media="application/octet-stream")

    def suffix(self, neuron_id: int) -> str:
        """Return the suffix of the original file that exists, which may differ from original_format."""
        position = self.holdings.position(neuron_id)
        if position is not None:
            return made.prototype_of(position).suffix
        stated = str((self.holdings.record(neuron_id) or {}).get("original_format") or "")
        return f".{stated.rpartition('.')[2]}" if "." in stated else ".swc"

    def original(self, neuron_id: int) -> bytes:
        """Return the original file of a cell, of a content that goes with its suffix."""
        swc = self.swc(neuron_id)
        match self.suffix(neuron_id):
            case ".swc" | ".eswc" | ".txt" | ".nts":
                return b"# as deposited\r\n" + swc.replace(b"\n", b"\r\n")
            case ".asc":
                return _neurolucida(swc)
            case ".traces":
                return b'<?xml version="1.0" encoding="UTF-8"?>\n<tracings></tracings>\n'
            case suffix:
                head = f"{suffix[1:].upper()} binary\x00".encode()
                return head + random.Random(neuron_id).randbytes(2000)

    def _log(self, archive: str, name: str, end: str) -> Reply | None:
        if not name.endswith(end):
            return None
        neuron_id = self._cell(archive, name.removesuffix(end))
        if neuron_id is None:
            return None
        text = (
            f"NMO_{neuron_id:05}\n4.3 radius: no action taken\n2.4 long segment: no action taken\n"
        )
        return Reply(body=text.encode(), media=TEXT)

    def _thumbnail(self, archive: str, name: str) -> Reply | None:
        neuron_id = self._cell(archive, name.removesuffix(".png"), lower=False)
        if neuron_id is None or not name.endswith(".png"):
            return None
        recorded = self.holdings.recorded
        image = recorded.thumbnails.get(neuron_id) if recorded else None
        body = image or pictures.thumbnail(self.holdings.tree(neuron_id))
        return Reply(body=body, media="image/png")


def _neurolucida(swc: bytes) -> bytes:
    """Return the samples of a tree as one contour and one path of Neurolucida's text format."""
    samples = trees.read_swc(swc.decode("latin-1")).samples
    lines = ["; V3 text file written for MicroBrightField products.", "( (Color Red) (Dendrite)"]
    for s in samples:
        lines.append("  (" + " ".join(f"{v:.2f}" for v in (*s.at, 2 * s.radius)) + ")")
    return "\n".join([*lines, "  Normal", ")", ""]).encode()
