"""Check a calibration before anything runs: targets, space, and whether they fit the engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from runner.calibrate.bench import without_variables
from runner.calibrate.declared import read_space, searched
from runner.calibrate.points import Point
from runner.calibrate.space import Space, Values
from runner.calibrate.targets import read_targets
from runner.config import Study
from runner.contract import (
    ConfigError,
    EngineSpec,
    ParamGroup,
    PlanError,
    Problem,
    leaves,
    nearest,
    replace_leaves,
)
from runner.draws import DrawSource
from runner.plan import make_plan
from runner.plan.identity import digest
from runner.registry import load_engine

_PROBES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A calibration that can begin.

    `base` is the study without the variables to determine; `start` their configured values;
    `seed` the study's.
    """

    study: Study
    base: Study
    space: Space
    points: tuple[Point, ...]
    start: Values
    seed: int

    @property
    def calibration_id(self) -> str:
        """Hash of everything that can change the outcome, and of nothing else."""
        how = asdict(self.study.calibration)
        own = {key: how[key] for key in how if key not in ("name", "targets", "folders")}
        points = [asdict(point) for point in self.points]
        dimensions = [asdict(dimension) for dimension in self.space.dimensions]
        return digest("calibration", self.study.document, own, points, dimensions)


def make_brief(study: Study, points: tuple[Point, ...] | None = None) -> Brief:
    """Return the calibration of a study; `points` stand in for the targets as written.

    Raises:
        ConfigError: everything that is wrong with it, together.
    """
    spec = load_engine(study.engine)
    problems = _design_problems(study)
    base = without_variables(study, [v.path for v in searched(study)])
    base = replace(
        base, axes=(), arms=(), control=None, cases=(), excluded=(), comparisons=(), budget=None
    )
    try:
        [cell] = make_plan(replace(base, replicates=1, collect="metrics")).cells
    except PlanError as error:
        raise ConfigError([*problems, *error.problems]) from error
    space, wrong = read_space(study, leaves(cell.params))
    problems += wrong
    if points is None:
        how = study.calibration
        points, wrong = read_targets(how.targets, spec, cell.params, cell.horizon, how.folders)
        problems += wrong
    if spec.replicates(cell.params) != "simulation":
        allowed = f"engine {spec.name} resamples data instead of simulating: nothing to calibrate"
        problems.append(Problem("engine", spec.name, allowed))
    problems += _sight_problems(points, space)
    if len(space):
        problems += _inert_problems(study, spec, cell.params, space, cell.source.seed)
    if problems:
        raise ConfigError(problems)
    known = leaves(cell.params)
    start = {d.path: known[d.path].value for d in space.dimensions}
    return Brief(
        study=study, base=base, space=space, points=points, start=start, seed=cell.source.seed
    )


def _design_problems(study: Study) -> list[Problem]:
    """Refuse designs with more than one cell: targets belong to one configuration."""
    own = {f"params.{variable.path}" for variable in searched(study)}
    axes = [axis for axis in study.axes if axis.key not in own]
    found = [axis.origin or f"design.grid.{axis.key}" for axis in axes]
    found += ["design.arms"] if study.arms else []
    found += ["design.cases"] if study.cases else []
    allowed = "a calibration has one cell: give each key one value"
    return [Problem(where, "", allowed) for where in found]


def _sight_problems(points: Iterable[Point], space: Space) -> list[Problem]:
    """Refuse targets to fit that are declared to be moved by nothing that is searched."""
    paths = [dimension.path for dimension in space.dimensions]
    found = {
        (point.target, point.moved_by): None
        for point in points
        if paths and point.role == "fit" and not any(map(point.is_moved_by, paths))
    }
    return [
        Problem(
            f"targets.{target}.moved_by", path,
            f"is no variable to determine, and none lies below it{nearest(path, _above(paths))}",
        )
        for target, path in found
    ]  # fmt: skip


def _above(paths: Iterable[str]) -> list[str]:
    """Return the paths and all that lead to them, longest first."""
    pieces = [path.split(".") for path in paths]
    found = {".".join(p[:end]): end for p in pieces for end in range(1, len(p) + 1)}
    return sorted(found, key=lambda path: -found[path])


def _inert_problems(
    study: Study, spec: EngineSpec, params: ParamGroup, space: Space, seed: int
) -> list[Problem]:
    """Refuse variables that the engine reads nowhere in the space, as far as probes can tell."""
    unread = {dimension.path for dimension in space.dimensions}
    for values in _probes(space, seed):
        unread &= set(spec.inert_paths(replace_leaves(params, values)))
    places = {variable.path: variable.where() for variable in searched(study)}
    allowed = f"would change nothing: engine {spec.name} does not read it in this study"
    return [Problem(places[path], "", allowed) for path in places if path in unread]


def _probes(space: Space, seed: int) -> Iterable[dict[str, Any]]:
    source = DrawSource(seed=seed)
    for probe in range(_PROBES):
        addresses = [f"calibrate probe {place}" for place in range(len(space))]
        drawn = [source.variable_uniforms(name, probe) for name in addresses]
        yield space.values([np.asarray(u).item() for u in drawn])
