"""Reduce a run to one text that changes with its last bit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from runner.conformance.memory import Table
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
        if table_digest(first.tables.get(name, {})) != table_digest(second.tables.get(name, {}))
    ]
    return [*(f"metric {name}" for name in metrics), *(f"table {name}" for name in tables)]


def metrics_digest(metrics: Mapping[str, MetricValue]) -> str:
    """Return a hash of all metrics, to the last bit."""
    return hash_texts(f"{name}={metrics[name]!r}" for name in sorted(metrics))


def table_digest(table: Table) -> str:
    """Return a hash of a table's columns, types, values and nulls."""
    return hash_texts(f"{name}:{column_digest(column)}" for name, column in table.items())


def column_digest(column: np.ma.MaskedArray[Any, Any]) -> str:
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
