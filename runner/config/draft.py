"""Begin a study: its words, data and files, its engine, and the options that are chosen."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.config.design import option_problems
from runner.config.guard import guard_problems
from runner.config.hydra_compose import ROOT_NAME, compose_groups
from runner.config.overlay import lay_over, split_words
from runner.config.request import StudyRequest
from runner.config.settings import Settings
from runner.config.sheets import Sheets
from runner.config.sources import ENGINE_GROUP, STUDY_GROUP, Sources, find_sources
from runner.config.study import Choices
from runner.config.tree import Tree, nested, set_path
from runner.config.words import Word, read_words
from runner.contract import ConfigError, EngineSpec, Problem, shown
from runner.registry import RegistryError, config_dirs, engine_names, load_engine

DEFAULTS: dict[str, Any] = {"report": Settings().report}


@dataclass(slots=True, kw_only=True)
class Draft:
    """What is known while a study is being composed."""

    sources: Sources
    data: Tree
    words: list[Word]
    spec: EngineSpec
    choices: dict[str, str]
    listed: tuple[str, ...]
    composed: dict[Choices, tuple[Tree, dict[str, str]]]
    problems: list[Problem] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    sheets: Sheets = field(default_factory=Sheets)

    def tree(self, choices: Mapping[str, str]) -> Tree:
        """Return the composed tree under these options, the user's values laid over."""
        key = tuple(sorted(choices.items()))
        if key not in self.composed:
            self.composed[key] = compose_groups(self.sources, choices, self.listed)
        composed, options = self.composed[key]
        self.options = self.options or options
        tree = _nested(composed)
        self.problems += lay_over(tree, self.data, self.words)
        self.lay_sheets(tree)
        return tree

    def lay_sheets(self, tree: Tree) -> None:
        """Put the values of sheets over those of a composed tree."""
        for path, value in self.sheets.values.items():
            with contextlib.suppress(TypeError):  # params is no mapping there: told elsewhere
                set_path(tree, f"params.{path}", value)


def make_draft(request: StudyRequest) -> Draft:
    """Return a study to be composed, with its engine loaded and its groups chosen.

    Raises:
        ConfigError: words or files cannot be read, or an engine or option is unknown.
    """
    words, problems = read_words(request.words)
    sources = find_sources(_checked_dir(request.config_dir), config_dirs())
    data = _nested(request.data)
    leading, wrong = _leading(words, data, sources)
    if wrong:
        raise ConfigError([*problems, *wrong])
    composed = compose_groups(sources, leading)
    name = composed[0].get("engine")
    if not isinstance(name, str):
        allowed = f"choose one: {', '.join(engine_names())}, or a study: sweeps=NAME"
        found = "" if name is None else shown(name)
        raise ConfigError([*problems, Problem("engine", found, allowed)])
    try:
        spec = load_engine(name)
    except RegistryError as error:
        raise ConfigError([*problems, Problem("engine", "", str(error))]) from error
    choices, values, wrong = split_words(words, sources, spec.name)
    from_data = _data_choices(data, sources, spec.name)
    for group, option in {**from_data, **choices}.items():
        wrong += option_problems(group, option, group, sources)
    if wrong:
        raise ConfigError([*problems, *wrong])
    return Draft(
        sources=sources, data=data, words=values, spec=spec,
        choices={**leading, **from_data, **choices}, problems=problems,
        listed=tuple(composed[1]), composed={tuple(sorted(leading.items())): composed},
    )  # fmt: skip


def _nested(tree: Mapping[str, Any]) -> Tree:
    try:
        return nested(tree)
    except TypeError as error:
        raise ConfigError([Problem(str(error), "", "lies below a single value")]) from error


def _checked_dir(folder: Path | None) -> Path | None:
    if folder is None:
        return None
    if not folder.is_dir():
        raise ConfigError([Problem("--config-dir", str(folder), "is not a folder")])
    if wrong := guard_problems(folder, ROOT_NAME):
        raise ConfigError(wrong)
    return folder


def _leading(
    words: list[Word], data: Tree, sources: Sources
) -> tuple[dict[str, str], list[Problem]]:
    """Return the options of `engine` and `sweeps`, which decide what else can be chosen."""
    chosen: dict[str, str] = {}
    problems: list[Problem] = []
    for group in (ENGINE_GROUP, STUDY_GROUP):
        if isinstance(data.get(group), str):
            chosen[group] = data.pop(group)
        for word in (w for w in words if w.key == group):
            if word.kind == "set" and not isinstance(word.value, list):
                chosen[group] = _option_text(word.value)
            else:
                problems.append(
                    Problem(word.text, "", f"takes one {group}; run one study for each")
                )
        if group in chosen and group not in sources.groups:
            problems.append(Problem(group, chosen[group], f"no folder {group}/ has any file"))
        elif group in chosen:
            problems += option_problems(group, chosen[group], group, sources)
    return chosen, problems


def _option_text(value: Any) -> str:
    return value if isinstance(value, str) else shown(value)


def _data_choices(data: Tree, sources: Sources, engine: str) -> dict[str, str]:
    found = {}
    for key in [k for k, v in data.items() if isinstance(v, str)]:
        group = sources.group_for(key, engine)
        if group is not None:
            found[group] = data.pop(key)
    return found


def with_defaults(tree: Tree, spec: EngineSpec) -> Tree:
    """Return the tree with a horizon and a seed, so that `${horizon}` names one in every cell."""
    return {"horizon": spec.horizon.default, "seed": Settings().seed, **DEFAULTS, **tree}
