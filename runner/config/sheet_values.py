"""Check the numbers and listed values of a sheet's row against its type and its parameter."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from runner.config.sheet_files import SheetRow
from runner.config.sheet_notes import SheetNotes
from runner.config.sheet_paths import SheetGround
from runner.contract import Leaf, Problem, coerce, nearest, quantise

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SLACK = 1e-9
_MOST_TICKS = 2.0**53
_NUMERIC_COLUMNS = ("min", "max", "step", "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetValues:
    """The values of a row in the parameter's type: a range with its step, or a list."""

    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    default: Any = None
    values: tuple[Any, ...] = ()


def read_values(
    row: SheetRow, notes: SheetNotes, leaf: Leaf | None, ground: SheetGround
) -> tuple[SheetValues, list[Problem]]:
    """Return a row's values and what is wrong with them by themselves.

    Without a parameter the row is checked as far as it goes.
    """
    if row.type == "discrete":
        return _listed(row, notes, leaf, ground)
    return _range(row, leaf, ground)


def bounds_problems(
    row: SheetRow, notes: SheetNotes, found: SheetValues, leaf: Leaf, ground: SheetGround
) -> list[Problem]:
    """Return the values that the row's treatment can produce and its parameter cannot take."""
    produced = [("default", found.default)]
    if row.treatment != "fixed" and row.type == "discrete":
        produced = [("notes", value) for value in found.values]
    elif row.treatment != "fixed":
        produced = [("min", found.low), ("max", found.high)]
    problems = []
    for column, value in produced:
        wrong = coerce(leaf, value)[1]
        if wrong is not None:
            told = wrong.found if column == "notes" else None
            problems.append(row.problem(column, "is out of bounds", wrong.allowed, told))
    return problems + _block_bounds(row, notes, found, leaf, ground)


def _range(
    row: SheetRow, leaf: Leaf | None, ground: SheetGround
) -> tuple[SheetValues, list[Problem]]:
    numbers, problems = {}, []
    for column in _NUMERIC_COLUMNS:
        number, wrong = _number(row, column, str(getattr(row, column)))
        numbers[column] = number
        problems += wrong
    is_whole = leaf is not None and leaf.kind == "int"
    if is_whole and not problems:
        problems += [
            row.problem(column, "is not whole", "whole numbers only: the path is an integer")
            for column in ("min", "step", "default")
            if not numbers[column].is_integer()
        ]
    found = SheetValues(
        low=numbers["min"], high=numbers["max"], step=numbers["step"],
        default=int(numbers["default"]) if is_whole and not problems else numbers["default"],
    )  # fmt: skip
    return found, problems or _lattice_problems(row, found, ground.max_levels)


def _number(row: SheetRow, column: str, text: str) -> tuple[float, list[Problem]]:
    if not text:
        return math.nan, [row.problem(column, "is missing", "must be a number")]
    if not _NUMBER.fullmatch(text):
        allowed = "digits with a decimal point, no thousands separators"
        return math.nan, [row.problem(column, "is not a number", allowed, text)]
    number = float(text) + 0.0
    if math.isinf(number):
        return math.nan, [row.problem(column, "is not a number", "below 1.8e308", text)]
    return number, []


def _lattice_problems(row: SheetRow, found: SheetValues, max_levels: int) -> list[Problem]:
    low, high, step, default = found.low, found.high, found.step, found.default
    if step <= 0:
        return [row.problem("step", "is too small", "must be > 0")]
    if low > high:
        return [row.problem("min", "is above max", f"must be <= {row.max}")]
    if not (high - low) / step <= _MOST_TICKS:
        return [row.problem("step", "is too small", "must leave at most 2^53 ticks in the range")]
    problems = []
    if not low <= default <= high:
        allowed = f"must be from {row.min} to {row.max}"
        problems.append(row.problem("default", "is outside min and max", allowed))
    elif _off_lattice(default - low, step):
        tick = quantise(default, low, high, step)
        problems.append(
            row.problem("default", "is no tick of min + k*step", f"the nearest tick is {tick:g}")
        )
    if row.treatment == "low_to_high":
        problems += _axis_problems(row, (high - low) / step, max_levels)
    return problems


def _off_lattice(distance: float, step: float) -> bool:
    return abs(distance / step - round(distance / step)) > _SLACK


def _axis_problems(row: SheetRow, steps: float, max_levels: int) -> list[Problem]:
    if abs(steps - round(steps)) > _SLACK:
        allowed = f"must divide the range from {row.min} to {row.max}: both ends are levels"
        return [row.problem("step", "does not divide the range", allowed)]
    if round(steps) + 1 > max_levels:
        wrong = f"makes {round(steps) + 1:,} levels"
        return [row.problem("step", wrong, f"at most design.max_cells = {max_levels}")]
    return []


def _listed(
    row: SheetRow, notes: SheetNotes, leaf: Leaf | None, ground: SheetGround
) -> tuple[SheetValues, list[Problem]]:
    problems = [
        row.problem(column, "is not empty", "must be empty for type discrete")
        for column in ("min", "max", "step")
        if getattr(row, column)
    ]
    if not notes.values:
        problems.append(row.problem("notes", "values is missing", "values=a|b|c, at least one"))
    if not row.default:
        problems.append(row.problem("default", "is missing", "must be one of values"))
    if problems or not notes.values:
        return SheetValues(), problems
    for text in notes.values:
        problems += _value_problems(row, text, leaf, ground)
    if problems:
        return SheetValues(), problems
    values = tuple(_typed(text, leaf) for text in notes.values)
    default = _typed(row.default, leaf)
    if len(set(values)) < len(values):
        told = "|".join(notes.values)
        problems.append(row.problem("notes", "values repeats", "each value once", told))
    if default not in values:
        allowed = f"must be one of {', '.join(notes.values)}"
        problems.append(row.problem("default", "is not among values", allowed))
    return SheetValues(default=default, values=values), problems


def _value_problems(
    row: SheetRow, text: str, leaf: Leaf | None, ground: SheetGround
) -> list[Problem]:
    if not text:
        return [row.problem("notes", "values holds an empty value", "values=a|b|c")]
    if leaf is None:
        return []
    if leaf.kind != "enum":
        return _number(row, "notes", text)[1]
    choices = leaf.info.choices
    allowed = choices(ground.params) if callable(choices) else choices or ()
    if text in allowed:
        return []
    told = f"must be one of {', '.join(allowed)}{nearest(text, allowed)}"
    return [row.problem("notes", "values holds an unknown value", told, text)]


def _typed(text: str, leaf: Leaf | None) -> Any:
    """Return a listed value in the parameter's type, or as text where it is none."""
    if leaf is None or leaf.kind == "enum" or not _NUMBER.fullmatch(text):
        return text
    return coerce(leaf, float(text))[0]


def _block_bounds(
    row: SheetRow, notes: SheetNotes, found: SheetValues, leaf: Leaf, ground: SheetGround
) -> list[Problem]:
    if not (notes.is_monthly and leaf.block_path and row.type == "numeric"):
        return []
    problems = []
    for column, value in (("min", found.low), ("max", found.high), ("step", found.step)):
        own = coerce(leaf, value)[1] if column != "step" else None
        wrong = coerce(ground.leaves[f"{leaf.block_path}.{column}"], value)[1]
        if wrong is not None and own is None:
            problems.append(row.problem(column, "is out of bounds", wrong.allowed))
    return problems
