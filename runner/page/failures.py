"""Tell of failed and missing runs before anything else."""

from __future__ import annotations

from runner.contract import counted
from runner.page.blocks import Block, Code, Section, Table, Text, cells
from runner.page.source import Source

_MOST_ERRORS = 10
_LONGEST = 400


def failed_runs(source: Source) -> Section | None:
    """Return what failed and how to try again; None when every run is done."""
    counts = source.plan.counts()
    missing = counts["planned"] - counts["done"]
    if not missing:
        return None
    share = f"{missing:,} of {counted(counts['planned'], 'planned run')}"
    text = (
        f"{share} gave no result: {counts['failed']:,} failed, {counts['timeout']:,} took too "
        "long, the rest did not run. Everything below rests on the other runs only, and failures "
        "are seldom a random choice: read it with care."
    )
    blocks: list[Block] = [Text(lead="Not all runs are done.", text=text, tone="fail")]
    errors = source.plan.summary.get("errors", {})
    if errors:
        blocks.append(_errors(errors))
        blocks.append(_where(source))
    command = "retry" if errors else "resume"
    blocks.append(Code(text=f"python -m runner {command} {source.plan.study.name}"))
    return Section(key="failures", title="Failed runs", blocks=tuple(blocks))


def _errors(errors: dict[str, int]) -> Table:
    ranked = sorted(errors.items(), key=lambda item: -item[1])
    more = len(ranked) - _MOST_ERRORS
    caption = "Errors" + (f", the {_MOST_ERRORS} most frequent of {len(ranked):,}" * (more > 0))
    rows = [cells(f"{text[:_LONGEST]}", f"{count:,}") for text, count in ranked[:_MOST_ERRORS]]
    return Table(caption=caption, heads=("error", "runs"), rows=tuple(rows))


def _where(source: Source) -> Table:
    runs = source.plan.runs
    lost = runs[(runs["status"] != "done").to_numpy(bool)]
    counts = {int(str(key)): len(own) for key, own in lost.groupby("grid_index", sort=True)}
    total = source.replicates * source.plan.study.mc
    rows = []
    for index in list(counts)[:_MOST_ERRORS]:
        place = source.cells.loc[index]
        arm = (str(place["arm"]),) if source.arms else ()
        rows.append(cells(str(place["label"]), *arm, f"{counts[index]:,}", f"{total:,}"))
    names = ("cell", "arm") if source.arms else ("cell",)
    more = f", the first {_MOST_ERRORS} of {len(counts):,}" if len(counts) > _MOST_ERRORS else ""
    return Table(
        caption=f"Cells concerned{more}", heads=(*names, "runs lost", "runs planned"),
        rows=tuple(rows), labels=len(names),
    )  # fmt: skip
