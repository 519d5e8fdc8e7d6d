"""Read the comparisons of a finished plan, and choose what to show of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from runner.compare import plain_rows, replicates_for_width, watched_metrics
from runner.compare.wording import finding_text
from runner.contract import ConfigError, Problem, StoreError, nearest, shown
from runner.registry import load_engine
from runner.report.status import StudyStatus, read_status
from runner.store.integrity import read_json
from runner.store.plan_files import saved_study

_FILE, _BUDGET = "comparisons.parquet", "variance_budget.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The comparisons of one plan.

    `rows` and `budget` are those of docs/comparing.md; `axes` the columns that tell cells apart;
    `watched` the metrics that the study is about; `notes` its remarks; `width` a wanted full width
    of intervals, for which `rows` then has `replicates_for_width`.
    """

    status: StudyStatus
    control: str
    confidence: float
    rows: pd.DataFrame
    budget: pd.DataFrame
    axes: tuple[str, ...]
    watched: tuple[str, ...]
    notes: tuple[str, ...]
    width: float | None = None

    def only(self, metrics: tuple[str, ...], arms: tuple[str, ...]) -> Compared:
        """Return the rows of some metrics and arms; empty means all.

        Raises:
            ConfigError: there is no such metric or arm.
        """
        wrong = [
            *_unknown("--metric", metrics, self.rows["metric"]),
            *_unknown("--arm", arms, self.rows["arm"]),
        ]
        if wrong:
            raise ConfigError(wrong)
        rows = self.rows[self.rows["metric"].isin(metrics)] if metrics else self.rows
        rows = rows[rows["arm"].isin(arms)] if arms else rows
        budget = self.budget[self.budget["metric"].isin(metrics)] if metrics else self.budget
        return replace(self, rows=rows, budget=budget, watched=metrics or self.watched)

    def with_width(self, width: float | None) -> Compared:
        """Return the rows with the replicates that a full width of the interval needs.

        Raises:
            ConfigError: the width is not above zero.
        """
        if width is None:
            return self
        if not width > 0:
            raise ConfigError([Problem("--width", shown(width), "must be a number above 0")])
        needed = replicates_for_width(self.rows, width, self.confidence)
        column = pd.Series(needed, index=self.rows.index).astype("Int64")
        return replace(self, rows=self.rows.assign(replicates_for_width=column), width=width)

    @property
    def shown_rows(self) -> pd.DataFrame:
        """The rows that are worth a person's time: declared comparisons, else watched metrics."""
        is_declared = self.rows["comparison"].notna()
        is_watched = self.rows["metric"].isin(self.watched)
        return self.rows[is_declared] if is_declared.any() else self.rows[is_watched]

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data, each row with its sentence."""
        rows = plain_rows(self.rows)
        records = self.rows.to_dict("records")
        texts = [finding_text(row, self.confidence) for row in records]
        return {
            **self.status.as_json(),
            "control": self.control,
            "confidence": self.confidence,
            "comparisons": [{**row, "text": text} for row, text in zip(rows, texts, strict=True)],
            "variance_budget": plain_rows(self.budget),
            "notes": list(self.notes),
        }


def read_compared(place: Path) -> Compared:
    """Return the comparisons in a plan folder.

    Raises:
        StoreError: the study has no arms, or nothing has been compared yet.
    """
    study, status = saved_study(place), read_status(place)
    if not study.arms:
        raise StoreError(
            f"study {study.name} has no arms, so there is nothing to compare: "
            "add design.arms and run it again"
        )
    if not (place / _FILE).is_file():
        raise StoreError(
            f"{place} holds no comparisons yet: `python -m runner resume {study.name}` finishes "
            "the study and makes them"
        )
    rows = pd.read_parquet(place / _FILE)
    known = list(rows.columns)
    axes = known[known.index("control_grid_index") + 1 : known.index("arm")]
    metrics = list(dict.fromkeys(rows["metric"]))
    summary: dict[str, Any] = read_json(place / "run_summary.json")
    return Compared(
        status=status,
        control=str(study.control),
        confidence=study.compare.confidence,
        rows=rows,
        budget=pd.read_parquet(place / _BUDGET),
        axes=tuple(axis for axis in axes if rows[axis].nunique() > 1),
        watched=tuple(watched_metrics(study.comparisons, load_engine(study.engine), metrics)),
        notes=tuple(summary.get("notes", ())),
    )


def _unknown(option: str, named: tuple[str, ...], known: Iterable[Any]) -> list[Problem]:
    names = [str(name) for name in dict.fromkeys(known)]
    return [
        Problem(option, name, f"is not among {', '.join(names)}{nearest(name, names)}")
        for name in named
        if name not in names
    ]
