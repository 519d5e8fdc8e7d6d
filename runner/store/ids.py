"""Show stored tables as their engine declares them: ids as text, composed ids in their place."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import pyarrow as pa

from runner.contract import TableSchema, spell
from runner.contract.ids import id_fields

_IDS = b"cohortsweep.ids"
Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)


def id_metadata(schema: TableSchema) -> dict[bytes, bytes] | None:
    """Return how a table's ids are spelled, as metadata of its file; None when it has no id."""
    ids = {
        column.name: {
            "pattern": column.pattern,
            "codes": {name: dict(texts) for name, texts in column.codes.items()},
        }
        for column in schema.columns
        if column.kind == "id"
    }
    declared = [column.name for column in schema.columns]
    return {_IDS: json.dumps({"columns": declared, "ids": ids}).encode()} if ids else None


def with_ids(rows: Rows) -> Rows:
    """Return stored rows with every id as text and the columns in the order declared."""
    stored = (rows.schema.metadata or {}).get(_IDS)
    if stored is None:
        return rows
    known: dict[str, Any] = json.loads(stored)
    columns: dict[str, Any] = {name: rows.column(name) for name in rows.schema.names}
    lists = {name: columns[name].to_pylist() for name in _parts_of(known["ids"])}
    for name, spelled in known["ids"].items():
        text = spell(name, spelled["pattern"], spelled["codes"], lists)
        columns[name] = pa.array(text, pa.string())
    ordered = sorted(columns, key=lambda name: _place(known["columns"], name))
    made: Rows = type(rows).from_arrays([columns[name] for name in ordered], names=ordered)
    return made


def _place(declared: list[str], name: str) -> int:
    """Return a column's place; the run's keys, which no engine declares, come first."""
    return declared.index(name) if name in declared else -1


def _parts_of(ids: dict[str, dict[str, Any]]) -> set[str]:
    """Return the stored columns that ids are made of."""
    return {
        field or name for name, spelled in ids.items() for field in id_fields(spelled["pattern"])
    }
