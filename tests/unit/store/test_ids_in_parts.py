"""A part says how its ids are spelled; reading and exporting it shows them as text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from engines.linear_null import ENGINE
from runner.audit.export import export_tables
from runner.contract import Column, EngineSpec, TableSchema, table_data
from runner.store.ids import with_ids
from runner.store.parts import PartWriter

VISITS = TableSchema(
    name="visits",
    key=("customer_id", "week"),
    columns=(
        Column(name="visit_id", kind="id", pattern="v_{customer_id:03d}_{week:02d}_{channel}",
               codes={"channel": {"web": "w", "shop": "s"}}),
        Column(name="customer_id", kind="id", pattern="c_{:03d}"),
        Column(name="week", kind="int16"),
        Column(name="channel", kind="category", categories=("web", "shop")),
        Column(name="at", kind="timestamp", nullable=True),
        Column(name="referrer_id", kind="id", pattern="c_{:03d}", nullable=True),
    ),
)  # fmt: skip
EXPECTED = {
    "visit_id": ["v_001_00_s", "v_001_02_w"],
    "customer_id": ["c_001", "c_001"],
    "week": [0, 2],
    "channel": ["shop", "web"],
    "at": ["2025-01-01T08:00:00.250Z", None],
    "referrer_id": [None, "c_007"],
}


@pytest.fixture
def part(tmp_path: Path) -> Path:
    rows = {
        "customer_id": np.array([1, 1]),
        "week": np.array([0, 2]),
        "channel": np.array([1, 0]),
        "at": np.array(["2025-01-01T08:00:00.250", "NaT"], "datetime64[ms]"),
        "referrer_id": np.ma.MaskedArray([5, 7], mask=[True, False]),
    }
    with PartWriter(tmp_path, "part", {"visits": VISITS}) as writer:
        writer.begin("run")
        writer.write("visits", table_data(VISITS, rows))
        writer.keep()
        writer.close()
    return tmp_path / "visits" / "part.parquet"


def plain(frame: pd.DataFrame) -> dict[str, list[Any]]:
    frame = frame.astype(object).where(frame.notna(), None)
    return {str(name): frame[name].tolist() for name in frame.columns}


def test_ids_are_stored_as_numbers_and_shown_as_text(part: Path) -> None:
    stored = pq.read_table(part)
    assert stored.schema.names == [
        "run_id", "customer_id", "week", "channel", "at", "referrer_id",
    ]  # fmt: skip
    assert stored["customer_id"].to_pylist() == [1, 1]
    shown = with_ids(stored)
    assert shown.schema.names == ["run_id", *EXPECTED]
    text = {name: shown[name].to_pylist() for name in EXPECTED if name != "at"}
    assert text == {name: values for name, values in EXPECTED.items() if name != "at"}
    assert str(shown["at"][0]) == "2025-01-01 08:00:00.250000+00:00"


def test_csv_and_parquet_exports_hold_the_same(part: Path, tmp_path: Path) -> None:
    for file_format in ("csv", "parquet"):
        (made,) = export_tables(
            ENGINE, ENGINE.params(), {"visits": part}, tmp_path / "out", file_format
        )
        rows = pd.read_csv(made) if file_format == "csv" else pd.read_parquet(made)
        if file_format == "parquet":
            assert rows.pop("at").tolist() == [pd.Timestamp("2025-01-01T08:00:00.250Z"), pd.NaT]
        assert plain(rows) == {n: v for n, v in EXPECTED.items() if n in rows.columns}


def test_an_engines_exporter_gets_params_and_batches(part: Path, tmp_path: Path) -> None:
    def export(
        params: Any, tables: Mapping[str, Iterable[Mapping[str, Sequence[Any]]]], folder: Path
    ) -> None:
        twice = [[list(batch["visit_id"]) for batch in tables["visits"]] for _ in range(2)]
        assert twice[0] == twice[1]
        (folder / "visits.json").write_text(json.dumps([type(params).__name__, twice[0]]))

    spec = EngineSpec(
        name="linear_null", version="1", horizon=ENGINE.horizon, params=ENGINE.params,
        simulate=ENGINE.simulate, metrics=(), tables=(VISITS,), example=ENGINE.example,
        exports={"json": export},
    )  # fmt: skip
    (made,) = export_tables(spec, ENGINE.params(), {"visits": part}, tmp_path / "out", "json")
    assert json.loads(made.read_text()) == [ENGINE.params.__name__, [EXPECTED["visit_id"]]]
