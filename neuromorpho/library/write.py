"""One write transaction of the library: records, measurements and files, and the index over them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from neuromorpho.library.codec import digest_of, indexed_words, json_of, pack, unpack
from neuromorpho.library.columns import (
    PRESENT,
    WITH_FILES,
    Codes,
    ColumnWriter,
    numbers_of,
)
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.records.parsing import neuron_id_of

_TABLES = ("records", "measurements", "files")


class WriteTransaction:
    """Writes within one transaction, which the caller begins and commits."""

    def __init__(self, connection: sqlite3.Connection, codes: Codes) -> None:
        self._connection, self._codes = connection, codes
        self._columns = ColumnWriter(connection, codes)
        self._touched: dict[int, Mapping[str, Any] | None] = {}

    def finish(self) -> None:
        """Write the index of everything that changed."""
        unread = [neuron_id for neuron_id, record in self._touched.items() if record is None]
        known = {neuron_id: record for neuron_id, record in self._touched.items() if record}
        self._index(known | self._payloads("records", unread))

    def add(
        self,
        neurons: Sequence[NeuroMorphoNeuron | Mapping[str, Any]],
        measurements: Mapping[int, Mapping[str, Any]],
        source: str,
    ) -> int:
        """Add records; return how many were new or changed."""
        records = dict(_checked(neuron) for neuron in neurons)
        known = self._digests("records", records)
        changed = _changed(records, known)
        self._remove_words(changed.keys() & known.keys())
        added = datetime.now(UTC).isoformat(timespec="seconds")
        self._connection.executemany(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?)",
            (
                (each, str(records[each]["neuron_name"]), digest, source, added, pack(text))
                for each, (text, digest) in changed.items()
            ),
        )
        new = {neuron_id: records[neuron_id] for neuron_id in changed}
        self._add_words(new)
        self._touched |= new
        self.add_measurements(
            {"neuron_id": neuron_id, **measurements[neuron_id]}
            for neuron_id in records
            if measurements.get(neuron_id)
        )
        return len(changed)

    def add_measurements(self, raws: Iterable[Mapping[str, Any]]) -> int:
        """Add raw measurements; return how many were new or changed."""
        by_id: dict[int, Mapping[str, Any]] = {}
        for raw in raws:
            if not isinstance(raw, Mapping) or raw.get("neuron_id") is None:
                raise ValueError("A measurement's record has no neuron_id.")
            by_id[neuron_id_of(raw["neuron_id"])] = raw
        changed = _changed(by_id, self._digests("measurements", by_id))
        self._connection.executemany(
            "INSERT OR REPLACE INTO measurements VALUES (?, ?, ?)",
            ((neuron_id, digest, pack(text)) for neuron_id, (text, digest) in changed.items()),
        )
        self._touched = dict.fromkeys(changed) | self._touched
        return len(changed)

    def add_file(self, neuron_id: int, kind: str, path: str, size: int, sha256: str) -> None:
        """Add a file."""
        self._connection.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
            (neuron_id, str(kind), path, int(size), str(sha256)),
        )
        self._touched.setdefault(neuron_id)

    def remove(self, ids: Sequence[int]) -> int:
        """Remove cells; return how many there were."""
        known = self._digests("records", ids)
        self._remove_words(known)
        for neuron_id in known:
            self._columns.clear_cell(neuron_id)
        for table in _TABLES:
            self.delete_rows(table, ids)
        return len(known)

    def delete_rows(self, table: str, ids: Iterable[int]) -> None:
        """Delete rows of one table; `rebuild` must follow."""
        self._connection.executemany(
            f"DELETE FROM {table} WHERE neuron_id = ?", ((neuron_id,) for neuron_id in ids)
        )

    def clear(self) -> int:
        """Remove everything; return how many cells there were."""
        (n_records,) = self._connection.execute("SELECT count(*) FROM records").fetchone()
        for table in _TABLES:
            self._connection.execute(f"DELETE FROM {table}")
        self._clear_index()
        return int(n_records)

    def rebuild(self) -> None:
        """Rebuild the index of all records; damaged ones must have been deleted."""
        self._clear_index()
        last = -1
        while True:
            rows = self._connection.execute(
                "SELECT neuron_id, payload FROM records WHERE neuron_id > ? ORDER BY neuron_id LIMIT 4096",
                (last,),
            ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            records = {neuron_id: unpack(payload) for neuron_id, payload in rows}
            self._add_words(records)
            self._index(records)

    def _clear_index(self) -> None:
        for table in ("terms", "columns"):
            self._connection.execute(f"DELETE FROM {table}")
        self._connection.execute("INSERT INTO text (text) VALUES ('delete-all')")
        self._connection.execute("UPDATE state SET value = value + 1")
        self._columns = ColumnWriter(self._connection, self._codes)

    def _index(self, records: Mapping[int, Mapping[str, Any]]) -> None:
        """Write the columns of these cells, with their measurements and files."""
        measured = self._payloads("measurements", records)
        with_files = {neuron_id for neuron_id, _ in self._select("kind", "files", records)}
        for neuron_id, record in records.items():
            flags = PRESENT | WITH_FILES * (neuron_id in with_files)
            numbers = numbers_of(record, measured.get(neuron_id))
            self._columns.set_cell(neuron_id, flags, record, numbers)
        self._columns.flush()

    def _add_words(self, records: Mapping[int, Mapping[str, Any]]) -> None:
        self._connection.executemany(
            "INSERT INTO text (rowid, words) VALUES (?, ?)",
            ((neuron_id, indexed_words(record)) for neuron_id, record in records.items()),
        )

    def _remove_words(self, ids: Iterable[int]) -> None:
        """Remove cells from the text index, which needs the words that it has of them."""
        self._connection.executemany(
            "INSERT INTO text (text, rowid, words) VALUES ('delete', ?, ?)",
            [
                (neuron_id, indexed_words(record))
                for neuron_id, record in self._payloads("records", ids).items()
            ],
        )

    def _payloads(self, table: str, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Return the records or measurements of these ids; damaged ones are left out."""
        found = {}
        for neuron_id, payload in self._select("payload", table, ids):
            with suppress(ValueError):
                found[neuron_id] = unpack(payload)
        return found

    def _digests(self, table: str, ids: Iterable[int]) -> dict[int, bytes]:
        return dict(self._select("digest", table, ids))

    def _select(self, column: str, table: str, ids: Iterable[int]) -> list[tuple[int, Any]]:
        return self._connection.execute(
            f"SELECT neuron_id, {column} FROM {table} "
            "WHERE neuron_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        ).fetchall()


def _changed(
    records: Mapping[int, Mapping[str, Any]], known: Mapping[int, bytes]
) -> dict[int, tuple[bytes, bytes]]:
    """Return the JSON and digest of the records whose digest is not the known one, by rising id."""
    texts = ((neuron_id, json_of(record)) for neuron_id, record in sorted(records.items()))
    return {
        neuron_id: (text, digest)
        for neuron_id, text in texts
        if (digest := digest_of(text)) != known.get(neuron_id)
    }


def _checked(neuron: NeuroMorphoNeuron | Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    """Return a record with its id; raise an error if it is not a record."""
    if isinstance(neuron, NeuroMorphoNeuron):
        values = {name: value for name, value in vars(neuron).items() if name != "payload"}
        return neuron.neuron_id, neuron.payload or values
    try:
        return NeuroMorphoNeuron.from_payload(neuron).neuron_id, neuron
    except KeyError as error:
        raise ValueError(f"A neuron's record has no {error.args[0]}.") from error
