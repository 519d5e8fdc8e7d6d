"""Say in words what a comparison found; nobody is called better while zero is in the interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from runner.compare.estimates import EXACT, PERCENTILE
from runner.compare.findings import (
    BETTER,
    HIGHER,
    LOWER,
    NOT_COMPARED,
    SAME,
    WORSE,
)
from runner.compare.targets import NOTHING_RANDOM, fewest_for_exact, fewest_resamples

_SIDES = (BETTER, WORSE, HIGHER, LOWER)
_UNITLESS = ("", "count", "fraction")
_MOST_DECIMALS = 9


def finding_text(row: Mapping[Any, Any], confidence: float) -> str:
    """Return one row of the table of comparisons as a sentence.

    `short: d7_retention 0.012 higher (95 % 0.004 to 0.020), better`
    """
    finding, name = row["finding"], f"{row['arm']}: {row['metric']}"
    if finding == NOT_COMPARED:
        return f"{name} not compared: {row['reason']}"
    if finding == SAME:
        return f"{name} the same in every replicate"
    if finding in _SIDES:
        return f"{name} {_size(row, confidence)}{_judged(finding)}"
    low, high = row["ci_low"], row["ci_high"]
    estimate, *ends = amounts([row["difference"], low, high])
    told = f"difference {estimate}{unit_text(row)}, {percent(confidence)} {ends[0]} to {ends[1]}"
    return f"{name} no difference shown ({told}){_why_not(row, confidence)}"


def targets_text(row: Mapping[Any, Any]) -> str:
    """Return what became of a row's margins and of its wanted width; empty without any."""
    told = [
        f"{name}: {row[key]}"
        for name, key in (("not inferior", "noninferior"), ("equivalent", "equivalent"))
        if not pd.isna(row[key])
    ]
    if not pd.isna(row["replicates_needed"]):
        told.append(width_text(row["n"], row["replicates_needed"]))
    return "; ".join(told)


def width_text(n: Any, needed: Any) -> str:
    """Return whether the replicates there are make the interval as narrow as wanted."""
    if needed <= n:
        return "as narrow as wanted"
    return f"{needed:,} replicates for the wanted width, {n:,} so far"


def amounts(numbers: list[float]) -> list[str]:
    """Return an estimate and the ends of its interval with the digits that the interval bears.

    Two significant digits of the interval's width; without width four of the estimate.
    """
    width = max(numbers) - min(numbers)
    size = width if width > 0 else max(abs(number) for number in numbers) / 100
    decimals = 0 if size == 0 else max(0, 1 - math.floor(math.log10(size)))
    if decimals > _MOST_DECIMALS:
        return [f"{number:.3g}" for number in numbers]
    return [_signless(f"{number:,.{decimals}f}") for number in numbers]


def percent(confidence: float) -> str:
    """Return a confidence as `95 %`."""
    return f"{100 * confidence:.6g} %"


def unit_text(row: Mapping[Any, Any]) -> str:
    """Return the unit of a row with a space before it; nothing for counts and fractions."""
    unit = row["unit"]
    return "" if pd.isna(unit) or unit in _UNITLESS else f" {str(unit).replace('_', ' ')}"


def _size(row: Mapping[Any, Any], confidence: float) -> str:
    """Return how much higher or lower the arm is; the interval counts in the same direction."""
    if row["difference"] > 0:
        side, numbers = HIGHER, [row["difference"], row["ci_low"], row["ci_high"]]
    else:
        side, numbers = LOWER, [-row["difference"], -row["ci_high"], -row["ci_low"]]
    estimate, low, high = amounts(numbers)
    if row["method"] == EXACT:
        always = "always" if row["reason"] == NOTHING_RANDOM else "in every replicate"
        return f"{estimate}{unit_text(row)} {side} {always}"
    return f"{estimate}{unit_text(row)} {side} ({percent(confidence)} {low} to {high})"


def _judged(finding: str) -> str:
    return f", {finding}" if finding in (BETTER, WORSE) else ""


def _why_not(row: Mapping[Any, Any], confidence: float) -> str:
    """Return why a side is not named although the interval excludes zero, if that is so."""
    if row["ci_low"] <= 0 <= row["ci_high"]:
        return ""
    if row["method"] == EXACT and row["n"] < fewest_for_exact(confidence):
        return (
            f": {row['n']:,} equal differences may be luck, {fewest_for_exact(confidence)} are "
            "needed"
        )
    if row["method"] == PERCENTILE and row["n"] < fewest_resamples(confidence):
        needed = fewest_resamples(confidence)
        return f": {row['n']:,} resamples cannot make sure, {needed} are needed"
    return ": not sure enough beside the other arms (Holm)"


def _signless(text: str) -> str:
    """Return `0.0` for `-0.0`."""
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text
