"""Make the MLflow run of each cell: what varies, what it came to, and how it was judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from runner.accept import worst
from runner.compare.labels import short_labels
from runner.config import Arm, CellTree
from runner.config.cells import value_at
from runner.contract import NOT_APPLICABLE, shown
from runner.store.finished import FinishedPlan
from runner.track.curves import horizon_curves
from runner.track.names import LONGEST_PARAM, clipped, effect_keys, safe_key, statistic_keys
from runner.track.record import CELL, GRID_INDEX, KIND, PLAN_ID, Record, Series, Status

_Rows = Mapping[Any, pd.DataFrame]
ALL = "all"
_NO_ROWS = pd.DataFrame()


def cell_records(plan: FinishedPlan) -> Iterator[Record]:
    """Yield one record per cell, in plan order, each made when it is asked for."""
    curves = horizon_curves(plan)
    varying = varying_params(plan)
    metrics = _by_cell(plan.metrics)
    summaries, verdicts = _by_cell(plan.by_cell), _by_cell(plan.acceptance)
    effects, names = _by_cell(plan.comparisons), _run_names(plan)
    for grid_index, runs in plan.runs.groupby("grid_index", sort=True):
        index = int(str(grid_index))
        reported = metrics.get(index, _NO_ROWS)
        yield Record(
            name=names[index],
            status=_status(runs),
            seconds=float(runs["seconds"].sum()),
            tags=_tags(plan, index, runs, verdicts.get(index, _NO_ROWS)),
            params=varying[index],
            values={
                **_values(summaries.get(index, _NO_ROWS)), **_effects(effects.get(index, _NO_ROWS))
            },
            series={
                **_replicates(reported), **_draws(plan, runs),
                **{safe_key(f"horizon/{c}"): s for c, s in curves.get(index, {}).items()},
            },
        )  # fmt: skip


def varying_params(plan: FinishedPlan) -> dict[int, dict[str, str]]:
    """Return for each cell the keys that differ between cells, and `arm`."""
    arms = {arm.name: arm for arm in plan.study.arms}
    from_arms = list(dict.fromkeys(key for arm in arms.values() for key in arm.values))
    found: dict[int, dict[str, str]] = {}
    for index, row in plan.cells.iterrows():
        params = {key: shown(_plain(row[key])) for key in plan.varying}
        arm = arms.get(row["arm"])
        if arm is not None:
            base = _base(plan, row, arm) if from_arms else {}
            own = {
                k: arm.values.get(k, value_at(base, k))
                for k in from_arms
                if base or k in arm.values
            }
            params = {"arm": arm.name, **params, **{key: shown(v) for key, v in own.items()}}
        found[int(str(index))] = {
            safe_key(key): clipped(text, LONGEST_PARAM) for key, text in params.items()
        }
    return found


def _base(plan: FinishedPlan, row: Any, arm: Arm) -> CellTree:
    """Return the composed configuration below a cell's own values."""
    chosen = {axis.group: str(row[axis.key]) for axis in plan.study.axes if axis.group}
    return plan.study.bases.get(tuple(sorted({**chosen, **arm.choices}.items())), {})


def levels_text(plan: FinishedPlan, row: Any) -> str:
    """Return a cell's levels without its arm, as in `budget_month0_eur=1000, horizon=12`."""
    labels = short_labels(plan.varying)
    return ", ".join(f"{label}={shown(_plain(row[key]))}" for key, label in labels.items()) or ALL


def _run_names(plan: FinishedPlan) -> dict[int, str]:
    """Return names that sort in plan order, which keeps the arms of a combination together."""
    width = len(str(max(len(plan.cells) - 1, 0)))
    return {int(str(i)): _run_name(plan, row, width) for i, row in plan.cells.iterrows()}


def _run_name(plan: FinishedPlan, row: Any, width: int) -> str:
    """Return a name short enough for MLflow's tables: `03 retention (1000, 12)`."""
    levels = ", ".join(shown(_plain(row[key])) for key in plan.varying)
    words = [f"{row['grid_index']:0{width}}", *_arm_tag(row).values()]
    return " ".join([*words, f"({levels})"] if levels else words)


def _arm_tag(row: Any) -> dict[str, str]:
    return {} if pd.isna(row["arm"]) else {"arm": str(row["arm"])}


def _tags(
    plan: FinishedPlan, index: int, runs: pd.DataFrame, verdicts: pd.DataFrame
) -> dict[str, str]:
    row = plan.cells.loc[index]
    statuses = runs["status"].value_counts()
    tags = {
        KIND: CELL,
        PLAN_ID: str(plan.summary["plan_id"]),
        GRID_INDEX: str(index),
        "cell_id": str(row["cell_id"]),
        "study": plan.study.name,
        "engine": plan.study.engine,
        "levels": levels_text(plan, row),
        "runs_planned": str(len(runs)),
        "runs_done": str(statuses.get("done", 0)),
        "runs_failed": str(statuses.get("failed", 0)),
        "runs_timeout": str(statuses.get("timeout", 0)),
        **_arm_tag(row),
        **_verdict_tags(verdicts, int(runs["failed_checks"].notna().sum())),
    }
    return {safe_key(key): clipped(text) for key, text in tags.items()}


def _verdict_tags(verdicts: pd.DataFrame, broken: int) -> dict[str, str]:
    """Return the cell's verdict, each rule's, and how many runs broke a check of the engine."""
    by_rule = (
        {} if verdicts.empty else dict(zip(verdicts["rule"], verdicts["verdict"], strict=True))
    )
    bearing = [verdict for verdict in by_rule.values() if verdict != NOT_APPLICABLE]
    return {
        "verdict": "fail" if broken else worst(bearing),
        **{f"verdict_{rule}": str(verdict) for rule, verdict in by_rule.items()},
        **({"broken_checks": f"in {broken} runs"} if broken else {}),
    }


def _status(runs: pd.DataFrame) -> Status:
    if runs["status"].isin(["failed", "timeout"]).any():
        return "FAILED"
    return "FINISHED" if (runs["status"] == "done").all() else "KILLED"


def _values(summary: pd.DataFrame) -> dict[str, float]:
    """Return mean, sd and interval of each metric, where there are enough replicates."""
    found: dict[str, float] = {}
    declared = set() if summary.empty else set(summary["metric"])
    for row in summary.to_dict("records"):
        keys = {"mean": safe_key(row["metric"]), **statistic_keys(row["metric"], declared)}
        numbers = {key: float(row[name]) for name, key in keys.items() if pd.notna(row[name])}
        found |= {key: number for key, number in numbers.items() if np.isfinite(number)}
    return found


def _effects(comparisons: pd.DataFrame) -> dict[str, float]:
    """Return the difference from the control of each metric, with its interval if there is one."""
    found: dict[str, float] = {}
    for row in comparisons.to_dict("records"):
        for column, key in effect_keys(str(row["metric"])).items():
            if pd.notna(row[column]) and np.isfinite(row[column]):
                found[key] = float(row[column])
    return found


def _replicates(metrics: pd.DataFrame) -> dict[str, Series]:
    if metrics.empty:
        return {}
    means = metrics.groupby(["metric", "replicate_index"], sort=False)["value"].mean().reset_index()
    return {
        safe_key(f"replicates/{name}"): _series(rows["replicate_index"], rows["value"])
        for name, rows in means.groupby("metric", sort=False)
    }


def _draws(plan: FinishedPlan, runs: pd.DataFrame) -> dict[str, Series]:
    """Return the drawn numbers; drawn texts are in variable_draws.csv alone."""
    runs = runs.drop_duplicates("replicate_index")
    return {
        safe_key(f"draws/{path.removeprefix('params.')}"): _series(
            runs["replicate_index"], runs[path]
        )
        for path in plan.drawn
        if pd.api.types.is_numeric_dtype(runs[path])
    }


def _series(steps: pd.Series[Any], values: pd.Series[Any]) -> Series:
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    has_value = np.isfinite(numbers)
    return Series(steps=steps.to_numpy(dtype="int64")[has_value], values=numbers[has_value])


def _by_cell(frame: pd.DataFrame) -> _Rows:
    return {int(str(key)): rows for key, rows in frame.groupby("grid_index", sort=False)}


def _plain(level: Any) -> Any:
    return level.item() if isinstance(level, np.generic) else level
