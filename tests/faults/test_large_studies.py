"""Large studies: few files, little memory, and time that grows with the number of runs alone."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runner import run_study
from runner.config import compose_study, request_from_mapping
from runner.contract import Column, TableSchema, table_data
from runner.execute import cut, cut_parts
from runner.plan import make_plan
from runner.store import Ledger, PartFile, RunRecord, RunState, StudyFolder, part_rows
from runner.store.part_rows import iterate_table
from runner.store.parts import PartWriter

SCHEMA = TableSchema(
    name="steps",
    columns=(Column(name="step", kind="int64"), Column(name="value", kind="float64")),
    key=("step",),
)


def planned(cells: int, replicates: int, **more: object) -> cut.Plan:
    study = {
        "engine": "faulty", "design.grid": {"params.number": list(range(cells))},
        "design.replicates": replicates, **more,
    }  # fmt: skip
    return make_plan(compose_study(request_from_mapping(study)))


@pytest.mark.parametrize(
    ("cost_s", "most_files", "longest_s"),
    [(1e-6, 2000, 60), (0.1, 2000, 60), (3.0, 2000, 60), (30.0, 20_000, 60), (500.0, 20_000, 500)],
)
def test_files_are_few_and_parts_are_short(
    monkeypatch: pytest.MonkeyPatch, cost_s: float, most_files: int, longest_s: float
) -> None:
    plan = planned(20, 1000)
    monkeypatch.setattr(type(plan), "cost_s", property(lambda self: cost_s * self.n_runs))
    parts = cut_parts(plan, {})
    assert sum(len(part.runs) for part in parts) == 20_000
    assert len(parts) <= most_files
    assert max(len(part.runs) for part in parts) * cost_s <= longest_s + 1e-6


def filled(folder: Path, runs: int, rows: int) -> list[RunState]:
    """Write one part of `runs` runs with so many rows each; return what a ledger says of them."""
    ids = [f"{number:032x}" for number in range(runs)]
    with PartWriter(folder / "runs" / "parts", "p", {"steps": SCHEMA}) as writer:
        for run_id in ids:
            writer.begin(run_id)
            data = {"step": np.arange(rows), "value": np.zeros(rows)}
            writer.write("steps", table_data(SCHEMA, data))
            writer.keep()
        files = writer.close()
    return [
        RunState(record=RunRecord(run_id=i, status="done", seconds=0.0), parts=dict(files))
        for i in ids
    ]


def test_a_table_is_read_in_pieces_of_whole_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = filled(tmp_path, runs=9, rows=50_000)
    folder = StudyFolder(root=tmp_path)
    [whole] = iterate_table(folder, "steps", states, ["step"])
    monkeypatch.setattr(part_rows, "_PIECE_ROWS", 150_000)
    pieces = list(iterate_table(folder, "steps", states, ["step"]))
    assert len(pieces) > 2
    assert max(map(len, pieces)) <= 150_000 + 131_072
    for piece in pieces:
        assert piece.groupby("run_id")["step"].count().eq(50_000).all()
    pd.testing.assert_frame_equal(pd.concat(pieces, ignore_index=True), whole)
    chosen = list(iterate_table(folder, "steps", states[2:8:3], ["step"]))
    ids = dict.fromkeys(pd.concat(chosen)["run_id"])
    assert list(ids) == [states[2].record.run_id, states[5].record.run_id]


def ledger_of(file: Path, parts: int, runs: int) -> Ledger:
    """Write a ledger of so many parts with so many runs each."""
    ledger = Ledger(file)
    for part in range(parts):
        files = {t: PartFile(f"{part:016x}", 10, "d" * 32) for t in ("metrics", "steps")}
        records = [
            RunRecord(
                run_id=f"{part:016x}{run:016x}", status="done", seconds=0.5,
                metrics_hash="a" * 32, tables={"steps": "b" * 32},
            )
            for run in range(runs)
        ]  # fmt: skip
        ledger.append(f"{part:016x}", records, files)
    return ledger


def test_what_a_ledger_says_of_a_run_takes_little_memory(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path / "ledger.jsonl", parts=20, runs=500)
    tracemalloc.start()
    states = ledger.read()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(states) == 10_000
    assert kept / len(states) < 1200  # bytes
    assert len({id(state.parts) for state in states.values()}) == 20
    newest = ledger.newest()
    assert {i: (r.record["seconds"], r.parts) for i, r in newest.items()} == {
        i: (s.record.seconds, s.parts) for i, s in states.items()
    }


def calls(of: str, during: Callable[[], object]) -> int:
    """Return how often functions of the runner are called."""
    import sys

    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        code = frame.f_code  # type: ignore[attr-defined]
        count += event == "call" and of in code.co_filename

    sys.setprofile(note)
    try:
        during()
    finally:
        sys.setprofile(None)
    return count


def test_planning_and_cutting_take_time_that_grows_with_the_runs_alone() -> None:
    def work(cells: int) -> int:
        excluded = [{"params.number": number} for number in range(0, cells, 2)]
        grid = {"design.exclude": excluded}
        return calls("/runner/", lambda: cut_parts(planned(cells, 2, **grid), {}))

    small, large = work(100), work(400)
    assert large < 4.5 * small


def test_the_parent_s_memory_does_not_grow_with_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def peak(rows: int) -> float:
        tracemalloc.start()
        results = run_study(
            {
                "engine": "faulty", "study.name": f"rows{rows}", "params.rows": rows,
                "design.replicates": 40, "collect": "all", "execution.n_jobs": 2,
            }
        )  # fmt: skip
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert results.counts["done"] == 40
        return most

    peak(9)  # the first study of a process also imports what it needs
    assert math.isclose(peak(20_000), peak(10), rel_tol=0.5)
