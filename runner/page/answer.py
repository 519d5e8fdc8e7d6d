"""The verdict, and one sentence for each thing the study was to find out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from runner.compare.wording import finding_text, targets_text
from runner.contract import counted
from runner.page.blocks import Block, Section, Text, Tone
from runner.page.notes import short_notes
from runner.page.numbers import interval, is_number, number, percent, with_unit
from runner.page.source import Source
from runner.page.wording import across_cells

_MOST_SENTENCES = 12
_MOST_NAMES = 5
_TONES: dict[str, Tone] = {"pass": "pass", "fail": "fail", "inconclusive": "inconclusive"}


def answer(source: Source) -> Section:
    """Return the verdict and the findings in words."""
    blocks: list[Block] = [_verdict(source)]
    sentences = _findings(source) if source.arms else []
    if sentences:
        with_intervals = f", with {percent(source.confidence)} intervals"
        sure = "" if no_interval_reason(source) else with_intervals
        against = f"Against {source.plan.study.control}{sure}:"
        blocks.append(Text(text=against, tone="note"))
    elif len(source.cells) > 1 and source.keys:
        blocks.append(Text(text=f"In brackets: levels of {source.legend}.", tone="note"))
    sentences = sentences or _levels(source)
    blocks += [Text(text=text, tone="answer") for text in sentences[:_MOST_SENTENCES]]
    if len(sentences) > _MOST_SENTENCES:
        more = len(sentences) - _MOST_SENTENCES
        blocks.append(Text(text=f"{more:,} more findings stand in the tables.", tone="note"))
    if reason := no_interval_reason(source):
        blocks.append(Text(text=reason, tone="note"))
    blocks += short_notes(source)
    return Section(key="answer", title="Answer", blocks=tuple(blocks))


def no_interval_reason(source: Source) -> str:
    """Return why there are no intervals; empty when there are some."""
    if source.replicates == 1:
        return (
            "There are no intervals: the study has one replicate, so nothing tells how much chance "
            "alone moves its numbers. Run it with design.replicates of 20 or more."
        )
    if not source.plan.by_cell["ci_low"].notna().any():
        return "There are no intervals: no metric has values in two replicates of a cell."
    return ""


def _verdict(source: Source) -> Text:
    summary = source.plan.summary
    verdict = str(summary["verdict"])
    rules = summary.get("acceptance", {}).get("rules", {})
    checks = summary.get("acceptance", {}).get("broken_checks", {})
    text = _because(verdict, rules, len(source.cells)) + _what_it_judges(source, rules)
    if checks:
        text += f" The engine's own checks are broken: {', '.join(checks)}."
    lead = {"not_evaluated": "No verdict."}.get(verdict, f"Verdict: {verdict}.")
    return Text(lead=lead, text=text, tone=_TONES.get(verdict, "not_evaluated"))


def _because(verdict: str, rules: dict[str, str], cells: int) -> str:
    if not rules:
        return "The study has no acceptance rule that bears on its cells; it reports what it found."
    same = [rule for rule, found in rules.items() if found == verdict]
    if verdict == "pass":
        kept = f"All {len(rules):,} acceptance rules are kept"
        kept = "The acceptance rule is kept" if len(rules) == 1 else kept
        return f"{kept}; {counted(cells, 'cell')} checked."
    one, several = {
        "fail": ("fails", "fail"),
        "inconclusive": ("is not decided yet", "are not decided yet"),
    }.get(verdict, ("was not evaluated", "were not evaluated"))
    named = ", ".join(same[:_MOST_NAMES])
    named += f" and {len(same) - _MOST_NAMES:,} more" * (len(same) > _MOST_NAMES)
    which = f": {named}" if same else ""
    share = f"{len(same):,} of {counted(len(rules), 'acceptance rule')}"
    return f"{share} {one if len(same) == 1 else several}{which}."


def _what_it_judges(source: Source, rules: dict[str, str]) -> str:
    """Return a warning where the verdict says nothing about which arm is better."""
    if not rules or not source.arms or any(rule.versus for rule in source.plan.study.rules):
        return ""
    return " The rules judge each arm by itself; how the arms compare stands below."


def _findings(source: Source) -> list[str]:
    """Return a sentence for each declared comparison, else for each headline metric and arm."""
    rows = source.comparisons
    if rows.empty:
        return []
    declared = rows[rows["comparison"].notna().to_numpy(bool)]
    chosen = declared if len(declared) else rows[rows["metric"].isin(source.headline).to_numpy()]
    place = {metric: index for index, metric in enumerate(source.metric_names)}
    place |= {metric: index - len(place) for index, metric in enumerate(source.headline)}
    chosen = chosen.assign(rank=chosen["metric"].map(place)).sort_values("rank", kind="stable")
    sentences = []
    for _, own in chosen.groupby(["metric", "arm"], sort=False):
        if len(own) == 1:
            sentences.append(_one(source, own))
        else:
            sentences.append(across_cells(own))
    return sentences


def _one(source: Source, rows: pd.DataFrame) -> str:
    row: dict[Any, Any] = rows.iloc[0].to_dict()
    told, targets = finding_text(row, source.confidence), targets_text(row)
    return f"{told}; {targets}." if targets else f"{told}."


def _levels(source: Source) -> list[str]:
    """Return a sentence on the mean of each headline metric."""
    rows = source.by_cell
    found = (rows[(rows["metric"] == name).to_numpy()] for name in source.headline)
    return [_level(source, own) for own in found if len(own)]


def _level(source: Source, rows: pd.DataFrame) -> str:
    name = str(rows.iloc[0]["metric"])
    known = rows[rows["mean"].notna().to_numpy(bool)]
    if known.empty:
        return f"{name} has no value in any run."
    if len(rows) == 1:
        return f"{name} is {_mean(source, known.iloc[0])}."
    ordered = known.sort_values("mean", kind="stable")
    low, high = ordered.iloc[0], ordered.iloc[-1]
    near = ((known["ci_high"] - known["ci_low"]) / 2).median()
    ends = (number(low["mean"], near), with_unit(number(high["mean"], near), source.unit(name)))
    if low["mean"] == high["mean"]:
        return f"{name} is {ends[1]} in all {len(rows):,} cells."
    kind = "estimates" if source.is_resampled else "means"
    return (
        f"{name}: {kind} of the {len(rows):,} cells go from {ends[0]} ({_place(low)}) to {ends[1]} "
        f"({_place(high)})."
    )


def _place(row: pd.Series[Any]) -> str:
    arm = "" if pd.isna(row["arm"]) else f"arm {row['arm']}, "
    return f"{arm}{row['short']}"


def _mean(source: Source, row: pd.Series[Any]) -> str:
    unit = source.unit(str(row["metric"]))
    if not (is_number(row["ci_low"]) and row["ci_low"] < row["ci_high"]):
        return with_unit(number(row["mean"]), unit)
    half = (row["ci_high"] - row["ci_low"]) / 2
    told = with_unit(number(row["mean"], half), unit)
    return f"{told} (95 % interval {interval(row['ci_low'], row['ci_high'])})"
