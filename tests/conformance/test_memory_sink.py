"""The in-memory sink: same content however it is written, and nothing that the schema forbids."""

from __future__ import annotations

import datetime
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.conformance import MemorySink
from runner.conformance.digest import table_digest
from runner.contract import Column, EngineError, TableSchema

KINDS = ("int64", "int8", "uint64", "float64", "bool", "str", "date")
DAY = datetime.date(2024, 2, 29)
GOOD = {
    "int64": [-5], "int8": [127], "uint64": np.array([2**64 - 1], dtype=np.uint64),
    "float64": [1], "bool": [True], "str": np.array(["a"]), "date": [DAY],
}  # fmt: skip
SCHEMA = TableSchema(
    name="all_kinds",
    key=("int64",),
    columns=tuple(Column(name=kind, kind=kind, nullable=kind != "int64") for kind in KINDS),
)


def sink(schema: TableSchema = SCHEMA, **how) -> MemorySink:
    return MemorySink({schema.name: schema}, **how)


@pytest.mark.parametrize(
    ("kind", "null"),
    [("float64", [np.nan]), ("float64", [None]), ("int8", [None]), ("bool", [None]),
     ("int8", np.ma.MaskedArray([3], mask=[True])), ("str", [None]), ("date", [None]),
     ("date", np.array(["NaT"], dtype="datetime64[D]"))],
)  # fmt: skip
def test_nulls_of_every_form_are_masked(kind, null):
    out = sink()
    out.write("all_kinds", {**GOOD, kind: null})
    table = out.tables()["all_kinds"]
    assert table[kind].tolist() == [None]
    assert table["int64"].tolist() == [-5]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"int64": [1.0]}, "column int64: values of type float64 were written, not int64"),
        ({"int64": [None]}, "column int64: row 0 of a write is null, the column is not nullable"),
        ({"int64": [True]}, "column int64: values of type bool were written, not int64"),
        ({"int8": [128]}, "column int8: 128 to 128 do not fit int8"),
        ({"uint64": [-1]}, "column uint64: -1 to -1 do not fit uint64"),
        ({"float64": ["1"]}, "column float64: values of type <U1 were written, not float64"),
        ({"bool": [1]}, "column bool: values of type int64 were written, not bool"),
        ({"str": [1]}, "column str: 1 was written, text is allowed"),
        ({"date": ["2024-02-29"]}, "a date without time is allowed"),
        ({"date": [datetime.datetime(2024, 2, 29, 1)]}, "a date without time is allowed"),
        ({"str": np.array([["a"]])}, "column str: shape (1, 1) was written"),
        ({"str": ["a", "b"]}, "columns have different lengths"),
        ({"other": [1]}, "column other is not declared"),
    ],
)
def test_what_the_schema_forbids_is_refused(change, text):
    with pytest.raises(EngineError) as caught:
        sink().write("all_kinds", {**GOOD, **change})
    assert text in str(caught.value)


def test_a_missing_column_is_refused():
    with pytest.raises(EngineError, match="table all_kinds: column bool, str was not written"):
        sink().write("all_kinds", {k: v for k, v in GOOD.items() if k not in ("bool", "str")})


def test_an_undeclared_table_is_refused():
    with pytest.raises(EngineError, match=r"table al_kinds is not declared; did you mean all_kin"):
        sink().wants("al_kinds")


def test_a_table_nobody_wants_is_not_kept_nor_looked_at():
    out = sink(wanted=())
    assert not out.wants("all_kinds")
    out.write("all_kinds", {})
    assert out.tables() == {}


@given(st.lists(st.integers(-100, 100)), st.lists(st.integers(0, 30), max_size=4))
def test_content_does_not_depend_on_how_rows_were_written(values, cuts):
    schema = TableSchema(name="t", key=("n",), columns=(Column(name="n", kind="int64"),))
    whole, parts = sink(schema), sink(schema)
    whole.write("t", {"n": values})
    edges = [0, *sorted(min(cut, len(values)) for cut in cuts), len(values)]
    for start, stop in itertools.pairwise(edges):
        parts.write("t", {"n": np.array(values[start:stop], dtype=np.int32)})
    assert table_digest(whole.tables()["t"]) == table_digest(parts.tables()["t"])


def test_written_arrays_may_be_reused():
    out, buffer = sink(), np.array([1])
    out.write("all_kinds", {**GOOD, "int64": buffer})
    buffer[0] = 2
    assert out.tables()["all_kinds"]["int64"].tolist() == [1]
