"""Say in one sentence what became of an arm in several cells at once."""

from __future__ import annotations

import pandas as pd

from runner.compare.wording import amounts, unit_text

FINDINGS = {"no_difference_shown": "no difference shown", "same": "exactly the same",
            "not_compared": "not compared"}  # fmt: skip


def finding_word(finding: object) -> str:
    """Return a finding as people say it."""
    return FINDINGS.get(str(finding), str(finding))


def across_cells(rows: pd.DataFrame) -> str:
    """Return one sentence on an arm and metric that were compared in several cells."""
    first = rows.iloc[0]
    counts = rows["finding"].value_counts()
    told = ", ".join(f"{finding_word(name)} in {count:,}" for name, count in counts.items())
    start = f"{first['arm']}: {first['metric']} {told} of {len(rows):,} cells"
    differences = rows["difference"].dropna()
    if differences.empty:
        return f"{start}."
    low, high = amounts([float(differences.min()), float(differences.max())])
    if low == high:
        return f"{start}; the difference is {low}{unit_text(dict(first))} everywhere."
    return f"{start}; differences from {low} to {high}{unit_text(dict(first))}."
