"""What each arm changes against the control: a forest plot and the numbers behind it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from runner.contract import counted
from runner.page.blocks import Block, Cell, Pictures, Section, Table, Text
from runner.page.forest import forest
from runner.page.numbers import NONE, interval, is_number, number, percent
from runner.page.source import Source, spread
from runner.page.wording import finding_word

_MOST_DRAWN = 18
_MOST_ROWS = 60


def arm_effects(source: Source) -> Section | None:
    """Return the differences between arms and control; None without compared arms."""
    rows = source.comparisons
    if rows.empty:
        return None
    blocks: list[Block] = [Text(text=_how_to_read(source), tone="note")]
    for metric in source.headline:
        own = rows[(rows["metric"] == metric).to_numpy()]
        if len(own):
            blocks += _metric_blocks(source, metric, own)
    others = [name for name in source.metric_names if name not in source.headline]
    if others:
        text = f"The table of all comparisons also holds {counted(len(others), 'other metric')}:"
        blocks.append(Text(text=text, tone="note", file="comparisons.csv"))
    return Section(key="effects", title="Effects of the arms", blocks=tuple(blocks))


def _how_to_read(source: Source) -> str:
    control = source.plan.study.control
    share = percent(source.confidence)
    kind = "estimate" if source.is_resampled else "mean"
    return (
        f"Each line is the {share} interval of the difference to {control} "
        "(arm minus control); a line that crosses zero shows no difference. P(better) is the "
        f"probability that the arm's {kind} is the better one. p is adjusted for the number of "
        "arms (Holm)."
    )


def _metric_blocks(source: Source, metric: str, rows: pd.DataFrame) -> list[Block]:
    unit = source.unit(metric)
    drawable = rows[rows["difference"].notna().to_numpy(bool)]
    blocks: list[Block] = []
    if len(drawable):
        chosen = drawable.iloc[spread(len(drawable), _MOST_DRAWN)]
        picture = forest(source, metric, chosen)
        title = f"{metric}, {unit}" if unit else metric
        blocks.append(
            Pictures(title=title, pictures=(picture,), caption=_shown(source, chosen, drawable))
        )
    return [*blocks, _table(source, metric, rows)]


def _shown(source: Source, chosen: pd.DataFrame, rows: pd.DataFrame) -> str:
    arm = "arm, then " if source.has_several_variants else ""
    labels = f"Labels: {arm}{source.legend}. " if source.keys else ""
    if len(chosen) == len(rows):
        return labels.strip()
    return f"{labels}{len(chosen)} of {len(rows):,} comparisons are drawn, evenly over the plan."


def _table(source: Source, metric: str, rows: pd.DataFrame) -> Table:
    chosen = rows.head(_MOST_ROWS)
    unit = source.unit(metric)
    more = "" if len(rows) <= _MOST_ROWS else f"; the first {_MOST_ROWS} of {len(rows):,} rows"
    methods = ", ".join(str(name) for name in rows["method"].unique())
    named = _row_heads(source)
    kind = "estimates" if source.is_resampled else "means"
    heads = ("finding", "difference", "interval", "relative", "P(better)", "p (Holm)",
             f"{kind}: control → arm")  # fmt: skip
    return Table(
        caption=f"{metric}{f' in {unit}' if unit else ''}{_which(source)} "
        f"(method: {methods}, n {_range(rows['n'])}{more})",
        heads=(*named, *heads),
        rows=tuple(_cells(source, row) for row in chosen.to_dict("records")),
        labels=len(named),
        texts=frozenset({len(named)}),
    )


def _which(source: Source) -> str:
    """Return the arms for the caption where no column has to tell them apart."""
    if source.has_several_variants or not source.keys:
        return ""
    return f", {' against '.join(source.arms[::-1])}"


def _row_heads(source: Source) -> tuple[str, ...]:
    names = tuple(source.keys.values())
    return ("arm", *names) if source.has_several_variants or not names else names


def _cells(source: Source, row: dict[object, object]) -> tuple[Cell, ...]:
    half = None
    if is_number(row["ci_low"]):
        half = (float(str(row["ci_high"])) - float(str(row["ci_low"]))) / 2
    levels = source.level_texts(int(str(row["grid_index"])))
    arm = [str(row["arm"])] if source.has_several_variants or not levels else []
    texts = [
        finding_word(row["finding"]),
        number(row["difference"], half),
        interval(row["ci_low"], row["ci_high"]),
        percent(row["relative"], 1),
        _probability(row["probability_better"]),
        _p_value(row["p_holm"]),
        f"{number(row['mean_control'], half)} → {number(row['mean_arm'], half)}",
    ]
    return tuple(Cell(text=text) for text in [*arm, *levels, *texts])


def _range(counts: pd.Series[Any]) -> str:
    low, high = int(counts.min()), int(counts.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _probability(value: object) -> str:
    if not is_number(value):
        return NONE
    share = float(str(value))
    return "> 0.999" if share > 0.999 else "< 0.001" if share < 0.001 else f"{share:.3f}"  # noqa: PLR2004


def _p_value(value: object) -> str:
    if not is_number(value):
        return NONE
    share = float(str(value))
    return "< 0.001" if share < 0.001 else f"{share:.3f}"  # noqa: PLR2004
