"""Read the directives in the notes of a sheet's row; everything else there is free text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runner.config.sheet_files import SheetRow
from runner.contract import Leaf, Problem, nearest

DISTRIBUTIONS = ("uniform", "normal", "lognormal")
_ALLOWED = {"dist": DISTRIBUTIONS, "per_month": ("true", "false"), "small_percent": ("yes",)}
_KNOWN = ("values", *_ALLOWED)
_DIRECTIVE = re.compile(r"([A-Za-z_]\w*)\s*=\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetNotes:
    """The directives of a row; `values` is None where they are not given."""

    values: tuple[str, ...] | None = None
    dist: str | None = None
    per_month: str | None = None
    small_percent: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def is_monthly(self) -> bool:
        """Tell whether the engine redraws the parameter each month."""
        return self.per_month == "true"


def read_notes(row: SheetRow) -> tuple[SheetNotes, list[Problem]]:
    """Return the directives of a row, and what is wrong with them taken by themselves."""
    given: dict[str, str] = {}
    problems, warnings = [], []
    for segment in row.notes.split(";"):
        found = _DIRECTIVE.fullmatch(segment.strip())
        if found is None:
            continue
        key, value = found[1], found[2].strip()
        if key not in _KNOWN:
            known = nearest(key, _KNOWN) or f"; known: {', '.join(_KNOWN)}"
            warnings.append(f"{row.place}: notes: {key}={value} is no directive{known}")
        elif key in given:
            problems.append(row.problem("notes", f"{key} is given twice", f"give {key} once"))
        elif key in _ALLOWED and value not in _ALLOWED[key]:
            allowed = f"must be one of {', '.join(_ALLOWED[key])}{nearest(value, _ALLOWED[key])}"
            problems.append(row.problem("notes", f"{key} is not known", allowed, value))
        given[key] = value
    listed = [v.strip() for v in given["values"].split("|")] if given.get("values") else []
    notes = SheetNotes(
        values=tuple(listed) if "values" in given else None,
        dist=given.get("dist"), per_month=given.get("per_month"),
        small_percent="small_percent" in given, warnings=tuple(warnings),
    )  # fmt: skip
    return notes, problems


def misplaced_notes(row: SheetRow, notes: SheetNotes, leaf: Leaf) -> list[Problem]:
    """Return the directives that do not fit the row's type, treatment and path."""
    problems = []
    if notes.values is not None and row.type == "numeric":
        problems.append(row.problem("notes", "values does not fit type numeric", "type discrete"))
    is_drawn = row.treatment == "random" and row.type != "discrete"
    if notes.dist is not None and not (is_drawn and leaf.sd_path):
        allowed = "numeric random rows of a path with an sd path"
        problems.append(row.problem("notes", f"dist={notes.dist} does not fit", allowed, row.path))
    if notes.per_month is not None and not (is_drawn and leaf.block_path):
        wrong = f"per_month={notes.per_month} does not fit"
        allowed = "numeric random rows of a path with a monthly block"
        problems.append(row.problem("notes", wrong, allowed, row.path))
    return problems
