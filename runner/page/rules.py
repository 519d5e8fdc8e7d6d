"""The verdict of every acceptance rule, in every cell."""

from __future__ import annotations

import pandas as pd

from runner.page.blocks import Block, Cell, Section, Table, Text, cells
from runner.page.numbers import percent
from runner.page.source import ALL, Source

_MOST_CELLS = 60
_VOID = "not_applicable"
_MARKS = {
    "pass": "✓ pass", "fail": "✗ FAIL", "inconclusive": "? inconclusive",
    "not_evaluated": "– not evaluated", "not_applicable": "n/a",
}  # fmt: skip
_WORST_FIRST = ("fail", "inconclusive", "not_evaluated", "pass", "not_applicable")


def acceptance(source: Source) -> Section:
    """Return the rules with their verdicts, and the matrix of rules and cells."""
    rows = source.plan.acceptance
    if rows.empty:
        text = "The study declares no acceptance rule."
        return Section(key="acceptance", title="Acceptance", blocks=(Text(text=text),))
    blocks: list[Block] = [_rules(source, rows), _matrix(source, rows), *_exceptions(source)]
    return Section(key="acceptance", title="Acceptance", blocks=tuple(blocks))


def _rules(source: Source, rows: pd.DataFrame) -> Table:
    verdicts = source.plan.summary["acceptance"]["rules"]
    body = []
    for rule, own in rows.groupby("rule", sort=False):
        verdict = str(verdicts.get(str(rule), "not_applicable"))
        deciding = int((own["verdict"] == verdict).sum())
        evaluated, passed = int(own["evaluated"].sum()), int(own["passed"].sum())
        share = percent(passed / evaluated, 1) if evaluated else "–"
        body.append(
            cells(str(rule), _MARKS[verdict], f"{deciding:,} of {len(own):,}", f"{evaluated:,}",
                  share)
        )  # fmt: skip
    heads = ("rule", "verdict", "in cells", "runs judged", "runs passing")
    return Table(caption="Rules", heads=heads, rows=tuple(body), texts=frozenset({1}))


def _matrix(source: Source, rows: pd.DataFrame) -> Table:
    table = rows.pivot(index="grid_index", columns="rule", values="verdict")
    table = table[list(dict.fromkeys(rows["rule"]))].reindex(source.cells.index)
    concerned = (table != _VOID).any(axis="index").to_numpy(bool)
    table = table.loc[:, concerned | (not concerned.any())]
    rank = {verdict: place for place, verdict in enumerate(_WORST_FIRST)}
    worst = table.map(lambda verdict: rank.get(str(verdict), len(rank))).min(axis="columns")
    order = worst.sort_values(kind="stable").index if len(table) > _MOST_CELLS else table.index
    body = []
    for index in order[:_MOST_CELLS]:
        place = source.cells.loc[index]
        arm = (Cell(text=str(place["arm"])),) if source.arms else ()
        marks: tuple[Cell, ...] = tuple(
            Cell(text=_MARKS.get(str(v), "–"), is_void=v == _VOID) for v in table.loc[index]
        )
        levels = source.level_texts(int(str(index))) or [ALL]
        body.append((*cells(*levels), *arm, *marks))
    names = tuple(source.keys.values()) or ("cell",)
    names = (*names, "arm") if source.arms else names
    labelled, heads = len(names), (*names, *map(str, table.columns))
    more = f": the {_MOST_CELLS} worst of {len(table):,}" if len(table) > _MOST_CELLS else ""
    void = "; n/a: the rule is not about the cell" * bool((table == _VOID).any(axis=None))
    return Table(
        caption=f"Verdict of each rule in each cell{more}{void}", heads=heads, rows=tuple(body),
        labels=labelled, texts=frozenset(range(labelled, len(heads))),
    )  # fmt: skip


def _exceptions(source: Source) -> list[Block]:
    found = source.plan.summary["acceptance"]
    named = (("used", found["exceptions_used"]), ("unused", found["exceptions_unused"]))
    return [
        Text(lead=f"Exception {label}: {name}.", text=str(motivation))
        for label, exceptions in named
        for name, motivation in exceptions.items()
    ]
