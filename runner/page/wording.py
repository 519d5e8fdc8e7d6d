"""Say in one sentence what a comparison found; nothing wins while its interval includes zero."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from runner.page.numbers import interval, is_number, number, percent, with_unit

FINDINGS = {
    "better": "better", "worse": "worse", "higher": "higher", "lower": "lower",
    "no_difference_shown": "no difference shown", "same": "exactly the same",
    "not_compared": "not compared",
}  # fmt: skip


def finding_sentence(row: Mapping[str, Any], confidence: float) -> str:
    """Return the sentence of one comparison."""
    start = f"{row['arm']} against {row['control']}: {row['metric']}"
    finding = row["finding"]
    if finding == "same":
        return f"{start} is exactly the same in every replicate."
    if finding == "not_compared":
        return f"{start} could not be compared ({_reason(row)})."
    if not is_number(row["difference"]):
        return f"{start}: {FINDINGS.get(finding, finding)}."
    band = _band(row, confidence)
    if finding == "no_difference_shown":
        return f"{start}, no difference shown: {_change(row)} {band}.{_margins(row)}"
    judged = f", {finding}" if finding in ("better", "worse") else ""
    return f"{start} is {_change(row)} {band}{judged}.{_margins(row)}"


def across_cells(rows: pd.DataFrame) -> str:
    """Return one sentence on an arm and metric that were compared in several cells."""
    first = rows.iloc[0]
    counts = rows["finding"].value_counts()
    told = ", ".join(
        f"{FINDINGS.get(str(name), str(name))} in {count:,}" for name, count in counts.items()
    )
    found = f"{first['arm']} against {first['control']}: {first['metric']} is {told}"
    differences = rows["difference"].dropna()
    if differences.empty:
        return f"{found} of {len(rows):,} cells."
    near = (float(differences.max()) - float(differences.min())) / 10
    low, high = (number(x, near) for x in (differences.min(), differences.max()))
    spread = with_unit(f"{low} to {high}", str(first["unit"] or ""))
    return f"{found} of {len(rows):,} cells; the difference goes from {spread}."


def _change(row: Mapping[str, Any]) -> str:
    size = float(row["difference"])
    half = _half(row)
    text = with_unit(number(abs(size), half), str(row["unit"] or ""))
    relative = row.get("relative")
    share = f" ({number(100 * abs(relative), 1)} %)" if is_number(relative) else ""
    return f"{text}{share} {'higher' if size > 0 else 'lower'}"


def _half(row: Mapping[str, Any]) -> float | None:
    if not is_number(row["ci_low"]):
        return None
    return (float(row["ci_high"]) - float(row["ci_low"])) / 2


def _band(row: Mapping[str, Any], confidence: float) -> str:
    if not is_number(row["ci_low"]):
        return f"(no interval: {_reason(row)})"
    ends = interval(row["ci_low"], row["ci_high"])
    return f"({percent(confidence)} interval of the difference {ends})"


def _margins(row: Mapping[str, Any]) -> str:
    found = [
        f" {name.capitalize()}: {row[column]}."
        for column, name in (("noninferior", "not inferior"), ("equivalent", "equivalent"))
        if isinstance(row.get(column), str)
    ]
    return "".join(found)


def _reason(row: Mapping[str, Any]) -> str:
    reason = row.get("reason")
    return reason if isinstance(reason, str) and reason else "too few values"
