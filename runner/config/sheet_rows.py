"""Check one row of a sheet: its names, its parameter, its treatment and its values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from runner.config.sheet_files import SheetRow
from runner.config.sheet_notes import SheetNotes, misplaced_notes, read_notes
from runner.config.sheet_paths import SheetGround, addressed_leaf, unit_of
from runner.config.sheet_values import SheetValues, bounds_problems, read_values
from runner.contract import Leaf, Problem, nearest

TYPES = ("numeric", "discrete")
TREATMENTS = ("fixed", "low_to_high", "random")
_ID = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """A row that is right by itself, with its parameter and its values read."""

    row: SheetRow
    leaf: Leaf
    notes: SheetNotes
    values: SheetValues


def check_row(row: SheetRow, ground: SheetGround) -> tuple[CheckedRow | None, list[Problem]]:
    """Return the row read, or None, and everything that is wrong with it by itself."""
    notes, wrong_notes = read_notes(row)
    wrong_scope = _scope_problems(row, ground)
    leaf, wrong_path = addressed_leaf(row, ground)
    wrong_type = _type_problems(row, leaf)
    problems = [*_id_problems(row), *wrong_scope]
    problems += wrong_path if leaf is None or not wrong_scope else []
    wrong_unit = _unit_problems(row, leaf, notes)
    problems += [*wrong_type, *wrong_unit]
    wrong_treatment = _one_of(row, "treatment", row.treatment, TREATMENTS)
    problems += [*wrong_treatment, *wrong_notes]
    values = SheetValues()
    if not wrong_type:
        values, wrong = read_values(row, notes, leaf, ground)
        if leaf is not None and not (wrong or wrong_unit):  # bounds have the parameter's unit
            wrong = bounds_problems(row, notes, values, leaf, ground)
        problems += wrong
    if leaf is not None and not (wrong_notes or wrong_type or wrong_treatment):
        problems += misplaced_notes(row, notes, leaf)
    if problems or leaf is None:
        return None, problems
    return CheckedRow(row=row, leaf=leaf, notes=notes, values=values), []


def _id_problems(row: SheetRow) -> list[Problem]:
    if has_id(row):
        return []
    allowed = "a small letter, then small letters, digits and _"
    return [row.problem("variable_id", "is no identifier", allowed)]


def has_id(row: SheetRow) -> bool:
    """Tell whether a row's id is well formed."""
    return _ID.fullmatch(row.variable_id) is not None


def _scope_problems(row: SheetRow, ground: SheetGround) -> list[Problem]:
    wrong = _one_of(row, "scope", row.scope, ground.scopes)
    name = PurePath(row.file).stem
    if wrong or name not in ground.scopes or row.scope == name:
        return wrong
    allowed = f"every row of {PurePath(row.file).name} has the scope {name}"
    return [row.problem("scope", "does not fit the file's name", allowed)]


def _type_problems(row: SheetRow, leaf: Leaf | None) -> list[Problem]:
    wrong = _one_of(row, "type", row.type, TYPES)
    if wrong or leaf is None or leaf.kind != "enum" or row.type == "discrete":
        return wrong
    return [row.problem("type", "does not fit an enum", "must be discrete")]


def _unit_problems(row: SheetRow, leaf: Leaf | None, notes: SheetNotes) -> list[Problem]:
    if leaf is None:
        return []
    unit = unit_of(leaf)
    if row.unit != unit:
        return [row.problem("unit", f"is not the unit of {row.path}", f"must be {unit}")]
    if unit == "percent" and _looks_like_a_fraction(row) and not notes.small_percent:
        allowed = "8 percent is 8, not 0.08; write small_percent=yes in notes if it is meant"
        return [row.problem("max", "looks like a fraction", allowed)]
    return []


def _looks_like_a_fraction(row: SheetRow) -> bool:
    try:
        return row.type == "numeric" and 0 < float(row.max) <= 1
    except ValueError:
        return False


def _one_of(row: SheetRow, column: str, value: str, allowed: tuple[str, ...]) -> list[Problem]:
    if value in allowed:
        return []
    told = f"must be one of {', '.join(allowed)}{nearest(value, allowed)}"
    return [row.problem(column, "is not known", told)]
