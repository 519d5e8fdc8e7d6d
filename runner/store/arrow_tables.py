"""Turn the rows that runs wrote into Arrow tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from runner.contract import Column, ColumnData, TableSchema
from runner.store.folder import RUN_ID
from runner.store.ids import id_metadata

Written = tuple[str, Mapping[str, ColumnData]]
"""A run's id with rows that it wrote: columns by name, all equally long."""

_ARROW = {
    "int64": pa.int64(), "int32": pa.int32(), "int16": pa.int16(), "int8": pa.int8(),
    "uint64": pa.uint64(), "float64": pa.float64(), "bool": pa.bool_(), "str": pa.string(),
    "date": pa.date32(), "timestamp": pa.timestamp("ms", tz="UTC"), "id": pa.int64(),
    "category": pa.dictionary(pa.int32(), pa.string()),
}  # fmt: skip


def arrow_schema(schema: TableSchema) -> pa.Schema:
    """Return a table's Arrow schema: the run's key, then the written columns with their units.

    Its metadata say how ids are spelled, so that a part can be read without its engine.
    """
    fields = [pa.field(RUN_ID, pa.dictionary(pa.int32(), pa.string()), nullable=False)]
    for column in schema.written:
        notes = {"unit": column.unit, "role": column.role, "description": column.doc}
        kept = {key: text for key, text in notes.items() if text}
        fields.append(
            pa.field(column.name, _ARROW[column.kind], nullable=column.nullable, metadata=kept)
        )
    return pa.schema(fields, metadata=id_metadata(schema))


def arrow_table(schema: TableSchema, arrow: pa.Schema, chunks: Sequence[Written]) -> pa.Table:
    """Return rows of one or several runs, in order, as one table.

    `arrow` is what `arrow_schema` makes of `schema`.
    """
    run_ids = list(dict.fromkeys(run_id for run_id, _ in chunks))
    place = {run_id: index for index, run_id in enumerate(run_ids)}
    codes = [np.full(n_rows(data), place[run_id], dtype=np.int32) for run_id, data in chunks]
    flat = np.concatenate(codes) if codes else np.zeros(0, dtype=np.int32)
    columns = [pa.DictionaryArray.from_arrays(pa.array(flat), pa.array(run_ids, pa.string()))]
    columns += [_arrow_column(c, [data[c.name] for _, data in chunks]) for c in schema.written]
    return pa.Table.from_arrays(columns, schema=arrow)


def n_rows(data: Mapping[str, ColumnData]) -> int:
    """Return how many rows columns have."""
    return len(next(iter(data.values())))


def _arrow_column(column: Column, chunks: list[ColumnData]) -> pa.Array:
    kind = _ARROW[column.kind]
    if not chunks:
        return pa.array([], kind)
    values = chunks[0].values
    if len(chunks) > 1:
        values = np.concatenate([chunk.values for chunk in chunks])
    nulls = None
    if any(chunk.nulls is not None for chunk in chunks):
        nulls = np.concatenate(
            [np.zeros(len(c), bool) if c.nulls is None else c.nulls for c in chunks]
        )
    if column.kind == "category":
        positions = pa.array(values, pa.int32(), mask=nulls)
        return pa.DictionaryArray.from_arrays(positions, pa.array(column.categories, pa.string()))
    if column.kind == "timestamp":
        return pa.array(values, pa.int64(), mask=nulls).cast(kind)
    return pa.array(values, kind, mask=nulls)
