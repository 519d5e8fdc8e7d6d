"""Turn a study into its plan: validate every run, draw its variables, name it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.config import Study, Variable
from runner.contract import (
    EngineSpec,
    Leaf,
    ParamGroup,
    PlanError,
    Problem,
    ProblemsError,
    replace_leaves,
    rule_problems,
)
from runner.draws import DrawSource
from runner.plan.content import Content, ContentBuilder, choice_problems
from runner.plan.expand import Combination, axis_levels, case_notes, expand
from runner.plan.files import as_paths, input_files
from runner.plan.identity import ParamText, digest, param_text, plan_id, prepare_key, run_id
from runner.plan.inert import InertWatch
from runner.plan.plan import Cell, DrawnVariable, Plan
from runner.plan.variables import draw_variable, resolve_distribution
from runner.registry import load_engine


def make_plan(study: Study) -> Plan:
    """Return the plan of a study.

    Raises:
        PlanError: everything that makes a run impossible, together; nothing has run.
    """
    maker = _Maker(study=study, spec=load_engine(study.engine))
    cells = expand(study, maker.levels)
    for index, combination in enumerate(cells):
        maker.add(index, combination)
    return maker.finished(case_notes(study, cells))


@dataclass(slots=True, kw_only=True)
class _Maker:
    """Builds the cells one by one and gathers what is wrong with any of them."""

    study: Study
    spec: EngineSpec
    cells: list[Cell] = field(default_factory=list)
    _problems: dict[tuple[str, str], Problem] = field(default_factory=dict)
    _notes: Counter[str] = field(default_factory=Counter)
    _metrics: dict[str, None] = field(default_factory=dict)
    _tables: dict[str, None] = field(default_factory=dict)
    _kinds: dict[str, None] = field(default_factory=dict)
    _prepared: set[str] = field(default_factory=set)
    _cost_s: float = 0.0
    _builder: ContentBuilder = field(init=False)
    _inert: InertWatch = field(init=False)

    def __post_init__(self) -> None:
        self._builder = ContentBuilder(self.study, self.spec)
        self._inert = InertWatch(self.study, self.spec)

    def levels(self, cell: Combination, keys: Iterable[str]) -> dict[str, Any]:
        """Return the values in force at these keys in a cell."""
        return self._builder.levels(cell, keys)

    def add(self, index: int, combination: Combination) -> None:
        """Add the next cell with all its replicates, or note what is wrong with it."""
        content, wrong = self._builder.build(combination)
        note = f"in cell {index}: {combination.label}"
        if content is None:
            self._note_problems(wrong, note)
            return
        self._inert.see(combination, content)
        files, digests, wrong = input_files(self.spec, content.params, self.study.launch_dir)
        text = param_text(content.leaves, digests)
        cell_id = self._cell_id(content, text)
        drawn, wrong_draws = self._draw(content, cell_id)
        self._note_problems([*wrong, *wrong_draws], note)
        if wrong or wrong_draws:
            return
        source = _source(content, cell_id)
        cell = _NamedCell(self.spec, content, drawn, text, source, self.study)
        self._check_runs(cell, files, note)
        self.cells.append(
            Cell(
                grid_index=index, cell_id=cell_id, arm=combination.arm, levels=combination.levels,
                params=content.params, horizon=content.horizon, source=source, drawn=drawn,
                files=files, digests=digests, run_ids=cell.run_ids(),
                prepare_keys=cell.prepare_keys,
            )
        )  # fmt: skip
        self._describe(content)

    def _draw(
        self, content: Content, cell_id: str
    ) -> tuple[tuple[DrawnVariable, ...], list[Problem]]:
        drawn, problems = [], []
        for variable in _random(content):
            distribution, wrong = resolve_distribution(variable, content.leaves)
            wrong += choice_problems(variable, content)
            problems += wrong
            if distribution is not None:
                leaf: Leaf = content.leaves[variable.path]
                source = _source(content, cell_id)
                replicates = self.study.replicates
                drawn.append(draw_variable(variable, distribution, leaf, source, replicates))
        return tuple(drawn), problems

    def _cell_id(self, content: Content, text: ParamText) -> str:
        """Return the hash of the cell's content: what it simulates, before any draw."""
        random = [
            [v.path, v.distribution, v.mean, v.sd, v.low, v.high, v.step, v.default, list(v.values)]
            for v in _random(content)
        ]
        return digest("cell", self.spec.name, content.horizon, text.lines, random)

    def _check_runs(self, cell: _NamedCell, files: dict[str, str], note: str) -> None:
        """Validate and prepare each distinct parameter set of a cell once."""
        for replicate, key in enumerate(cell.prepare_keys):
            if key in self._prepared:
                continue
            self._prepared.add(key)
            params = cell.params(replicate)
            here = note if not cell.drawn else f"{note}, replicate {replicate}"
            wrong = [p.under("params") for p in rule_problems(params)] if cell.drawn else []
            self._note_problems(wrong or self._prepare(params, files, cell.content.horizon), here)

    def _prepare(self, params: ParamGroup, files: dict[str, str], horizon: int) -> list[Problem]:
        try:
            self.spec.prepare(params, as_paths(files), horizon)
        except ProblemsError as error:
            return list(error.problems)
        except Exception as error:  # an engine's own fault must not hide the other problems
            text = f"could not prepare this parameter set: {type(error).__name__}: {error}"
            return [Problem(f"engine {self.spec.name}", "", text)]
        return []

    def _describe(self, content: Content) -> None:
        self._notes.update(self.spec.plan_notes(content.params))
        self._metrics |= dict.fromkeys(self.spec.metric_names(content.params))
        self._tables |= dict.fromkeys(self.spec.table_schemas(content.params))
        self._kinds |= dict.fromkeys([self.spec.replicates(content.params)])
        runs = self.study.replicates * self.study.mc
        self._cost_s += runs * self.spec.cost(content.params, content.horizon)

    def _note_problems(self, problems: list[Problem], note: str) -> None:
        for problem in problems:
            self._problems.setdefault((problem.where, problem.allowed), problem.noting(note))

    def finished(self, notes: Iterable[str] = ()) -> Plan:
        """Return the plan, or raise everything that was found wrong."""
        for problem in self._inert.problems():
            self._problems.setdefault((problem.where, problem.allowed), problem)
        if len(self._kinds) > 1:
            allowed = "replicates of one study must be of one kind, or they cannot be compared"
            problem = Problem("design.replicates", " and ".join(self._kinds), allowed)
            self._problems.setdefault((problem.where, problem.allowed), problem)
        if self._problems:
            raise PlanError(self._problems.values())
        rows = ([cell.arm, _plain(cell.levels), cell.run_ids] for cell in self.cells)
        study = self.study
        return Plan(
            plan_id=plan_id(self.spec.name, study.control, rows),
            engine=self.spec.name,
            engine_version=self.spec.version,
            cells=tuple(self.cells),
            replicates=study.replicates,
            axes=axis_levels(study, self.cells),
            arms=tuple(arm.name for arm in study.arms),
            control=study.control,
            tables=self._collected(),
            metrics=tuple(self._metrics),
            notes=(*study.notes, *notes, *self._told_notes(), *self._inert.notes()),
            cost_s=self._cost_s,
            mc=study.mc,
        )

    def _collected(self) -> tuple[str, ...]:
        collect = self.study.collect
        if collect == "metrics":
            return ()
        if collect == "all":
            return tuple(self._tables)
        if collect == "auto":
            named = [rule.table for rule in self.study.rules if rule.table]
            named += [trajectory.table for trajectory in self.spec.trajectories]
            return tuple(name for name in self._tables if name in named)
        return tuple(collect)

    def _told_notes(self) -> list[str]:
        total = len(self.cells)
        return [
            note if count == total else f"{note} (in {count} of {total} cells)"
            for note, count in self._notes.items()
        ]


@dataclass(slots=True)
class _NamedCell:
    """A cell's runs by replicate: their parameters and the names these give rise to."""

    spec: EngineSpec
    content: Content
    drawn: tuple[DrawnVariable, ...]
    text: ParamText
    source: DrawSource
    study: Study
    prepare_keys: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        if self.drawn:
            self.prepare_keys = tuple(
                self._key(self.values(r)) for r in range(self.study.replicates)
            )
        else:
            self.prepare_keys = (self._key({}),) * self.study.replicates

    def _key(self, values: dict[str, object]) -> str:
        text = self.text.replaced(values)
        return prepare_key(self.spec.name, self.spec.version, self.content.horizon, text)

    def values(self, replicate: int) -> dict[str, object]:
        """Return the drawn values of one replicate by path."""
        return {variable.path: variable.values[replicate] for variable in self.drawn}

    def params(self, replicate: int) -> ParamGroup:
        """Return the parameters of one replicate."""
        return replace_leaves(self.content.params, self.values(replicate))

    def run_ids(self) -> tuple[str, ...]:
        """Return the id of each run, replicate by replicate."""
        source = f"{self.source.seed}|{self.source.generator}|{self.source.cell}"
        return tuple(
            run_id(key, source, replicate, mc)
            for replicate, key in enumerate(self.prepare_keys)
            for mc in range(self.study.mc)
        )


def _random(content: Content) -> list[Variable]:
    return [v for v in content.variables if v.treatment == "random"]


def _source(content: Content, cell_id: str) -> DrawSource:
    cell = cell_id if content.seeding == "per_cell" else ""
    return DrawSource(seed=content.seed, generator=content.generator, cell=cell)


def _plain(levels: Mapping[str, Any]) -> dict[str, Any]:
    """Return a cell's levels with whole floats as integers: 12.0 is the level 12."""
    return {key: _whole(level) for key, level in levels.items()}


def _whole(level: Any) -> Any:
    return int(level) if isinstance(level, float) and level.is_integer() else level
