"""Say in one sentence what became of an arm in several cells at once."""

from __future__ import annotations

import pandas as pd

from runner.compare.estimates import EXACT
from runner.compare.findings import BETTER, HIGHER, LOWER, NO_DIFFERENCE_SHOWN, WORSE
from runner.compare.wording import unit_text, width_text
from runner.page.numbers import number

FINDINGS = {"no_difference_shown": "no difference shown", "same": "exactly the same",
            "not_compared": "not compared"}  # fmt: skip
_SIDES = (BETTER, WORSE, HIGHER, LOWER)


def finding_word(finding: object) -> str:
    """Return a finding as people say it."""
    return FINDINGS.get(str(finding), str(finding))


def across_cells(rows: pd.DataFrame) -> str:
    """Return one sentence on an arm and metric that were compared in several cells.

    `card: income better in 3 of 4 cells (2 to 7 EUR higher); no difference shown in 1 of 4 cells
    (the interval reaches from 0 to 3 EUR).`
    """
    first, found = rows.iloc[0], rows["finding"].value_counts(sort=False)
    parts = [
        f"{finding_word(name)} in {_where(int(count), len(rows))}"
        f"{_by_how_much(str(name), rows[(rows['finding'] == name).to_numpy()])}"
        for name, count in found.items()
    ]
    return f"{first['arm']}: {first['metric']} {'; '.join([*parts, *_targets(rows)])}."


def _where(count: int, total: int) -> str:
    return f"all {total:,} cells" if count == total else f"{count:,} of {total:,} cells"


def _by_how_much(finding: str, rows: pd.DataFrame) -> str:
    unit = unit_text(dict(rows.iloc[0]))
    near = float(((rows["ci_high"] - rows["ci_low"]) / 2).median())
    if finding in _SIDES:
        signed = rows["difference"]
        parts = [(signed[signed > 0], HIGHER), (-signed[signed < 0], LOWER)]
        told = [f"{_reach(v.min(), v.max(), near)}{unit} {side}" for v, side in parts if len(v)]
        return f" ({', '.join(told)})"
    if finding != NO_DIFFERENCE_SHOWN:
        return ""
    if (rows["method"] == EXACT).all():
        reach = _reach(rows["difference"].min(), rows["difference"].max(), near)
        return f" ({reach}{unit} in every replicate, too few to tell from luck)"
    noun = "the interval reaches" if len(rows) == 1 else "intervals reach"
    return f" ({noun} from {_reach(rows['ci_low'].min(), rows['ci_high'].max(), near)}{unit})"


def _reach(low: float, high: float, near: float) -> str:
    ends = dict.fromkeys((number(low, near), number(high, near)))
    return " to ".join(ends)


def _targets(rows: pd.DataFrame) -> list[str]:
    """Return what became of the margins and of the wanted width, over all cells."""
    told = []
    for name, key in (("not inferior", "noninferior"), ("equivalent", "equivalent")):
        known = rows[key].dropna()
        counts = known.value_counts(sort=False).items()
        verdicts = ", ".join(f"{v} in {_where(int(n), len(known))}" for v, n in counts)
        told += [f"{name}: {verdicts}"] if verdicts else []
    needed = rows["replicates_needed"].dropna()
    if len(needed):
        told.append(width_text(int(rows["n"].min()), int(needed.max())))
    return told
