"""Read the planners' sheets of `design.variables_csv` and give their rows a meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from runner.config.sheet_files import SheetFile, SheetRow, read_sheet_file
from runner.config.sheet_paths import SheetGround
from runner.config.sheet_rows import CheckedRow, check_row, has_id
from runner.config.study import Arm, Axis, Treatment, Variable
from runner.contract import Problem, lattice, shown

WHERE = "design.variables_csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A configured value that a row replaces: path below `params`, before and after, and where."""

    path: str
    old: Any
    new: Any
    place: str


@dataclass(slots=True, kw_only=True)
class Sheets:
    """What the sheets of a study say.

    `digests`: SHA-256 by file. `variables`: rows with a treatment of the runner, in file and row
    order. `values`: configured values by path below `params`. `places`: where each treated path is
    treated. `notes`: remarks for the plan.
    """

    digests: dict[str, str] = field(default_factory=dict)
    variables: list[Variable] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    replaced: list[Replacement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """Return the files' hashes and the values replaced, as plain data."""
        replaced = [
            {
                "path": f"params.{r.path}", "old": r.old, "new": r.new,
                "file": r.place.rpartition(":")[0], "line": int(r.place.rpartition(":")[2]),
            }
            for r in self.replaced
        ]  # fmt: skip
        files = [{"file": name, "sha256": digest} for name, digest in self.digests.items()]
        return {"files": files, "replaced": replaced}


def read_sheets(
    written: Any, launch_dir: Path, ground: SheetGround
) -> tuple[Sheets, list[Problem]]:
    """Return what the sheets say, and every problem of all files together."""
    if written is None:
        return Sheets(), []
    if not isinstance(written, list | tuple) or not all(isinstance(n, str) for n in written):
        return Sheets(), [Problem(WHERE, shown(written), "must be a list of files: [a.csv, b.csv]")]
    files, problems = _read_files(written, launch_dir)
    rows = [row for file in files for row in file.rows]
    checked = []
    for row in rows:
        found, wrong = check_row(row, ground)
        problems += wrong
        checked += [found] if found is not None else []
    problems += _repeated_ids(rows) + _repeated_paths(rows, ground)
    if problems:
        return Sheets(), problems
    sheets = Sheets(digests={file.name: file.sha256 for file in files})
    for row_read in checked:
        _give_meaning(sheets, row_read, ground)
        sheets.notes += row_read.notes.warnings
    sheets.notes += _collisions(rows)
    return sheets, []


def _read_files(names: Iterable[str], launch_dir: Path) -> tuple[list[SheetFile], list[Problem]]:
    files, problems, seen = [], [], set[Path]()
    for name in names:
        path = (launch_dir / name).resolve()
        if path in seen:
            problems.append(Problem(WHERE, name, "is listed twice; list each file once"))
            continue
        seen.add(path)
        file, wrong = read_sheet_file(name, launch_dir)
        problems += wrong
        files += [file] if file is not None else []
    return files, problems


def _repeated_ids(rows: Iterable[SheetRow]) -> list[Problem]:
    """Return ids that stand twice in one file, or twice in one scope over all files."""
    in_file: dict[tuple[str, str], str] = {}
    in_scope: dict[tuple[str, str], str] = {}
    problems = []
    for row in (row for row in rows if has_id(row)):
        first = in_file.setdefault((row.file, row.variable_id), row.place)
        same_scope = in_scope.setdefault((row.scope, row.variable_id), row.place)
        if first != row.place:
            allowed = f"must be unique in its file; first used at {first}"
            problems.append(row.problem("variable_id", "is used twice", allowed))
        elif same_scope != row.place:
            allowed = f"must be unique in scope {row.scope}; first used at {same_scope}"
            problems.append(row.problem("variable_id", "is used twice", allowed))
    return problems


def _repeated_paths(rows: Iterable[SheetRow], ground: SheetGround) -> list[Problem]:
    seen: dict[str, str] = {}
    problems = []
    for row in (row for row in rows if row.path in ground.addressable):
        first = seen.setdefault(row.path, row.place)
        if first != row.place:
            allowed = f"one row for each path; first used at {first}"
            problems.append(row.problem("path", "has two treatments", allowed))
    return problems


def _collisions(rows: Iterable[SheetRow]) -> list[str]:
    places: dict[str, dict[str, str]] = {}
    for row in rows:
        places.setdefault(row.variable_id, {})[row.scope] = row.place
    return [
        f"variable_id_collision: {name} stands for different variables, "
        + ", ".join(f"in {scope} at {place}" for scope, place in found.items())
        for name, found in places.items()
        if len(found) > 1
    ]


def _give_meaning(sheets: Sheets, checked: CheckedRow, ground: SheetGround) -> None:
    """Add what one row means: a value, a variable, or the monthly block of its path."""
    row, path, values = checked.row, checked.leaf.path, checked.values
    sheets.places[path] = row.place
    if checked.notes.is_monthly:
        _set(sheets, row, ground, path, values.default)
        _fill_block(sheets, checked, ground)
        return
    variable = _variable(checked)
    sheets.variables.append(variable)
    if variable.treatment == "fixed":
        _set(sheets, row, ground, path, values.default)
    else:
        old = ground.leaves[path].value
        replacement = Replacement(path=path, old=old, new=_described(variable), place=row.place)
        sheets.replaced.append(replacement)
    if checked.leaf.block_path:
        _switch_off(sheets, row, ground, f"{checked.leaf.block_path}.distribution")


def _set(sheets: Sheets, row: SheetRow, ground: SheetGround, path: str, new: Any) -> None:
    sheets.values[path] = new
    old = ground.leaves[path].value
    sheets.replaced.append(Replacement(path=path, old=old, new=new, place=row.place))


def _fill_block(sheets: Sheets, checked: CheckedRow, ground: SheetGround) -> None:
    found = checked.values
    filled = {
        "distribution": checked.notes.dist or "uniform",
        "min": found.low,
        "max": found.high,
        "step": found.step,
    }
    for name, value in filled.items():
        path = f"{checked.leaf.block_path}.{name}"
        sheets.places[path] = checked.row.place
        _set(sheets, checked.row, ground, path, value)


def _switch_off(sheets: Sheets, row: SheetRow, ground: SheetGround, path: str) -> None:
    """Keep the engine from redrawing a parameter that the row treats otherwise."""
    sheets.values[path] = "none"
    if (old := ground.leaves[path].value) != "none":
        sheets.replaced.append(Replacement(path=path, old=old, new="none", place=row.place))


def _variable(checked: CheckedRow) -> Variable:
    row, found = checked.row, checked.values
    is_listed = row.type == "discrete"
    return Variable(
        path=checked.leaf.path,
        treatment=cast(Treatment, row.treatment),
        distribution="discrete" if is_listed else checked.notes.dist or "uniform",
        default=found.default,
        low=None if is_listed else found.low,
        high=None if is_listed else found.high,
        step=None if is_listed else found.step,
        values=found.values,
        label=row.variable_id,
        origin=row.place,
    )


def _described(variable: Variable) -> Any:
    """Return what stands for the configured value: the levels of an axis, or a distribution."""
    if variable.values:
        values = list(variable.values)
        return values if variable.treatment == "low_to_high" else {"discrete": values}
    low, high, step = (cast(float, x) for x in (variable.low, variable.high, variable.step))
    if variable.treatment == "low_to_high":
        return lattice(low, high, step)
    return {str(variable.distribution): {"min": low, "max": high, "step": step}}


def sheet_clashes(
    sheets: Sheets, axes: Iterable[Axis], arms: Iterable[Arm], variables: Iterable[Variable]
) -> list[Problem]:
    """Return rows whose path has another treatment, naming both places.

    An arm may change a value that a row fixes, but not one that a row draws or makes an axis.
    """
    varied = {v.path for v in sheets.variables if v.treatment != "fixed"}
    treated = [(axis.key, axis.origin) for axis in axes]
    treated += [(f"params.{v.path}", v.where()) for v in variables]
    found = [(path, place) for key, place in treated if (path := _path_in(key, sheets.places))]
    for arm in arms:
        for key in arm.values:
            path = _path_in(key, sheets.places)
            if path and (path in varied or key != f"params.{path}"):
                found.append((path, f"design.arms.{arm.name}.{key}"))
    return [
        Problem(f"{sheets.places[path]}: path", "",
                f"has two treatments ({path}; keep this row or {place})")
        for path, place in found
    ]  # fmt: skip


def _path_in(key: str, places: Mapping[str, str]) -> str | None:
    """Return the path of a row that a key treats: the parameter itself, or its variable."""
    below = key.removeprefix("design.variables.").removeprefix("params.")
    if not key.startswith(("params.", "design.variables.params.")):
        return None
    if key.startswith("params."):
        return below if below in places else None
    return next((path for path in places if below == path or below.startswith(f"{path}.")), None)
