"""The question, and how the study asks it."""

from __future__ import annotations

import math

from runner.compare.labels import level_text, plain
from runner.contract import counted, shown
from runner.page.blocks import Block, Section, Table, Text, cells
from runner.page.source import Source

_MOST_LEVELS = 12


def question(source: Source) -> Section:
    """Return the question as the study file states it."""
    asked = source.plan.study.question
    told = Text(text=asked, tone="answer") if asked else Text(text=_UNASKED, tone="note")
    return Section(key="question", title="Question", blocks=(told,))


_UNASKED = "The study file states no question; study.question is the place for it."


def design(source: Source) -> Section:
    """Return arms, axes, variables and the size of the study."""
    blocks: list[Block] = [Text(text=_size(source))]
    if source.arms:
        blocks.append(_arms(source))
    if source.plan.axes:
        blocks.append(_axes(source))
    if any(v.treatment == "random" for v in source.plan.study.variables):
        blocks.append(_variables(source))
    return Section(key="design", title="Design", blocks=tuple(blocks))


def _size(source: Source) -> str:
    study = source.plan.study
    planned = source.plan.counts()["planned"]
    chance = f", with {study.mc:,} draws of chance each" if study.mc > 1 else ""
    horizon = study.document["horizon"]
    lasts = "" if "horizon" in source.keys else f" Each run lasts {horizon} {source.horizon_unit}."
    return (
        f"{counted(len(source.cells), 'cell')} × {counted(study.replicates, 'replicate')}{chance}: "
        f"{counted(planned, 'run')} of engine {study.engine} "
        f"{study.document['engine_version']}.{lasts} "
        f"{_pairing(source)}{_RESAMPLES if source.is_resampled else ''}"
    ).strip()


_RESAMPLES = (
    " Replicate 0 is the estimate from the data as they are; the other replicates resample the "
    "data and give the intervals."
)


def _pairing(source: Source) -> str:
    if len(source.cells) == 1:
        return ""
    mode = source.plan.study.document["seeding"]["mode"]
    if mode == "common":
        return "All cells meet the same random numbers in a replicate, so differences are paired."
    return "Each cell has random numbers of its own (seeding per_cell), so nothing is paired."


def _arms(source: Source) -> Table:
    study = source.plan.study
    rows = []
    for arm in sorted(study.arms, key=lambda arm: arm.name != study.control):
        changes = {**arm.choices, **arm.values}
        told = ", ".join(f"{key} = {shown(value)}" for key, value in changes.items())
        role = "control" if arm.name == study.control else "variant"
        rows.append(cells(arm.name, role, told or "nothing changed"))
    return Table(
        caption="Arms and what sets them apart", heads=("arm", "role", "overrides"),
        rows=tuple(rows), texts=frozenset({1, 2}),
    )  # fmt: skip


def _axes(source: Source) -> Table:
    levels = {axis.key: axis.levels for axis in source.plan.study.axes}
    levels = {key: _with_cases(source, key, levels.get(key, ())) for key in source.plan.axes}
    rows = [cells(key, f"{len(of):,}", _levels(of)) for key, of in levels.items()]
    caption = "Grid"
    possible = math.prod(len(of) for of in levels.values())
    if len(source.groups) < possible:
        caption += f": {len(source.groups):,} of {possible:,} combinations are part of the study"
    heads = ("axis", "levels", "values")
    return Table(caption=caption, heads=heads, rows=tuple(rows), texts=frozenset({2}))


def _with_cases(source: Source, key: str, levels: tuple[object, ...]) -> tuple[object, ...]:
    """Return the levels of an axis, and after them those that only cases have, in plan order."""
    found = {_spelled(level): level for level in levels}
    for level in source.cells[key]:
        found.setdefault(_spelled(level), plain(level))
    return tuple(found.values())


def _spelled(level: object) -> str:
    """Return a level as text; the option `null` is a text in the plan and none in the study."""
    return level_text(level).strip("'")


def _levels(levels: tuple[object, ...]) -> str:
    told = ", ".join(level_text(level) for level in levels[:_MOST_LEVELS])
    return f"{told}, … {level_text(levels[-1])}" if len(levels) > _MOST_LEVELS else told


def _variables(source: Source) -> Table:
    rows = [
        cells(v.path, v.distribution or "discrete", _bounds(v.low, v.high, v.step, v.values))
        for v in source.plan.study.variables
        if v.treatment == "random"
    ]
    heads = ("random variable", "distribution", "range")
    caption = "Redrawn in every replicate"
    return Table(caption=caption, heads=heads, rows=tuple(rows), texts=frozenset({1, 2}))


def _bounds(
    low: float | None, high: float | None, step: float | None, values: tuple[object, ...]
) -> str:
    if values:
        return _levels(values)
    ends = (
        f"{'−∞' if low is None else level_text(low)} to {'∞' if high is None else level_text(high)}"
    )
    return f"{ends}, step {level_text(step)}" if step is not None else ends
