"""What pairing saved, and where the variance of the metrics comes from."""

from __future__ import annotations

import pandas as pd

from runner.compare.estimates import PERCENTILE, WELCH
from runner.page.blocks import Block, Cell, Section, Table, Text, cells
from runner.page.numbers import NONE, is_number, number, percent
from runner.page.source import Source

_MOST = 1000
_NOT_PAIRED = (WELCH, PERCENTILE)  # more resamples would not make an estimate more precise


def pairing(source: Source) -> Section | None:
    """Return the pairing report and the variance budget; None where there is neither."""
    blocks: list[Block] = []
    rows, budget = source.comparisons, source.plan.budget
    if not rows.empty and rows["n"].max() > 1 and not rows["method"].isin(_NOT_PAIRED).any():
        report = _report(source, rows)
        told = _ABOUT_PAIRING if report.rows else _NO_SPREAD
        blocks += [Text(text=told, tone="note"), *([report] if report.rows else [])]
    if not budget.empty:
        blocks += [Text(text=_ABOUT_BUDGET, tone="note"), _budget(source, budget)]
    if not blocks:
        return None
    return Section(key="pairing", title="Pairing and variance", blocks=tuple(blocks))


_ABOUT_PAIRING = (
    "Arms met the same people and the same luck. The factor says how many times as many replicates "
    "independent arms would have needed for the same precision; near 1, pairing helps little."
)
_NO_SPREAD = (
    "Arms met the same people and the same luck, and the difference to the control is the same in "
    "every replicate: pairing leaves no spread at all."
)
_ABOUT_BUDGET = (
    "Where a metric's variance over all runs comes from: the arms, the axes, the random variables, "
    "chance, and what they do together."
)


def _report(source: Source, rows: pd.DataFrame) -> Table:
    chosen = rows[rows["metric"].isin(source.headline).to_numpy()]
    body = []
    for (metric, arm), own in chosen.groupby(["metric", "arm"], sort=False):
        factors, correlation = own["variance_reduction"].dropna(), own["correlation"].median()
        if factors.empty:
            continue
        reach = f"{_factor(factors.min())} to {_factor(factors.max())}" if len(own) > 1 else NONE
        body.append(
            cells(str(metric), str(arm), f"{correlation:.2f}".replace("-", "−"),
                  _factor(factors.median()), reach)
        )  # fmt: skip
    heads = ("metric", "arm", "correlation", "replicates saved, factor", "over cells")
    caption = "Pairing with the control (medians over cells)"
    return Table(caption=caption, heads=heads, rows=tuple(body), labels=2)


def _factor(value: float) -> str:
    if not is_number(value):
        return NONE
    return f"> {_MOST:,}×" if value > _MOST else f"{number(value, value / 10)}×"


def _budget(source: Source, budget: pd.DataFrame) -> Table:
    chosen = budget[budget["metric"].isin(source.headline).to_numpy()]
    body = tuple(
        (
            Cell(text=str(row["metric"])),
            Cell(text=str(row["component"]).removeprefix("axis:")),
            _share(row["share"]),
        )
        for row in chosen.to_dict("records")
    )
    heads = ("metric", "component", "share of variance")
    return Table(caption="Variance budget", heads=heads, rows=body, labels=2)


def _share(value: object) -> Cell:
    if not is_number(value):
        return Cell(text=NONE)
    share = float(str(value))
    return Cell(text=percent(share, 1), bar=min(max(share, 0.0), 1.0))
