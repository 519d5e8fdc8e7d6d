"""Lay a run's metrics out as a table, stored in its part like the tables of its engine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from runner.contract import Column, MetricValue, Null, TableSchema
from runner.store.folder import METRICS

METRICS_SCHEMA = TableSchema(
    name=METRICS,
    key=("metric",),
    columns=(
        Column(name="metric", kind="str", doc="name of the metric"),
        Column(name="value", kind="float64", nullable=True, doc="its value; null has a reason"),
        Column(name="reason", kind="str", nullable=True, doc="why there is no value"),
    ),
)


def metric_columns(metrics: Mapping[str, MetricValue]) -> dict[str, Any]:
    """Return a run's metrics as the columns of `METRICS_SCHEMA`, in the order reported."""
    return {
        "metric": list(metrics),
        "value": [None if isinstance(v, Null) else float(v) for v in metrics.values()],
        "reason": [v.reason if isinstance(v, Null) else None for v in metrics.values()],
    }


def metrics_hash(metrics: Mapping[str, MetricValue]) -> str:
    """Return the hash of a run's metrics, in name order."""
    rows = [
        [name, value.reason] if isinstance(value, Null) else [name, (float(value) + 0.0).hex()]
        for name, value in sorted(metrics.items())
    ]
    return hashlib.blake2b(json.dumps(rows).encode(), digest_size=16).hexdigest()
