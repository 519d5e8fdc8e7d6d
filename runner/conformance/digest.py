"""Reduce a run to one text that changes with its last bit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np

from runner.conformance.memory import Column, Table
from runner.conformance.running import Ran
from runner.contract import MetricValue


def run_digest(ran: Ran) -> str:
    """Return a hash of a run's metrics and tables."""
    tables = [f"{name}={table_digest(ran.tables[name])}" for name in sorted(ran.tables)]
    return hash_texts([metrics_digest(ran.outcome.metrics), *tables])


def differing(first: Ran, second: Ran) -> list[str]:
    """Return the names of metrics and tables that two runs do not share bit for bit."""
    one, two = first.outcome.metrics, second.outcome.metrics
    metrics = [name for name in {**one, **two} if repr(one.get(name)) != repr(two.get(name))]
    tables = [
        name
        for name in {**first.tables, **second.tables}
        if not _same_table(first.tables.get(name, {}), second.tables.get(name, {}))
    ]
    return [*(f"metric {name}" for name in metrics), *(f"table {name}" for name in tables)]


def _same_table(one: Table, two: Table) -> bool:
    """Tell whether two tables have one digest; comparing is many times quicker than hashing."""
    return list(one) == list(two) and all(_same_column(one[name], two[name]) for name in one)


def _same_column(one: Column, two: Column) -> bool:
    """Tell whether two columns, (n_rows,), have the same type, bytes and nulls."""
    (data, null), (others, other_null) = (
        (np.ma.getdata(column), np.ma.getmaskarray(column)) for column in (one, two)
    )
    if data.dtype != others.dtype or null.tobytes() != other_null.tobytes():
        return False
    if data.dtype.kind == "O":  # texts
        return bool(data.tolist() == others.tolist())
    return data.tobytes() == others.tobytes()


def metrics_digest(metrics: Mapping[str, MetricValue]) -> str:
    """Return a hash of all metrics, to the last bit."""
    return hash_texts(f"{name}={metrics[name]!r}" for name in sorted(metrics))


def table_digest(table: Table) -> str:
    """Return a hash of a table's columns, types, values and nulls."""
    return hash_texts(f"{name}:{column_digest(column)}" for name, column in table.items())


def column_digest(column: Column) -> str:
    """Return a hash of one column, (n_rows,), as bytes."""
    data, null = np.ma.getdata(column), np.ma.getmaskarray(column)
    content = repr(data.tolist()) if data.dtype.kind == "O" else data.tobytes().hex()
    return hash_texts([str(data.dtype), content, null.tobytes().hex()])


def hash_texts(texts: Iterable[str]) -> str:
    """Return a hash of texts in order."""
    hasher = hashlib.blake2b(digest_size=16)
    for text in texts:
        hasher.update(f"{len(text)}:{text}".encode())
    return hasher.hexdigest()
