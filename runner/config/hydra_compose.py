"""Compose configuration groups with Hydra's Compose API, once per combination of choices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from runner.config.sources import ENGINE_GROUP, STUDY_GROUP, Sources
from runner.config.tree import Tree
from runner.contract import ConfigError, Problem

_ROOT = "cohortsweep_root"
_DEFAULTS = {"seeding": "common", "execution": "local", "tracking": "local"}
_BEFORE_ENGINE = ("acceptance", "execution", "seeding", "tracking")


def compose_groups(sources: Sources, choices: Mapping[str, str]) -> tuple[Tree, dict[str, str]]:
    """Return the composed tree, interpolations unresolved, and the option chosen in each group.

    Raises:
        ConfigError: a file is not valid YAML, repeats a key, or names an unknown option.
    """
    ConfigStore.instance().store(name=_ROOT, node=_root_node(sources))
    primary, *_ = sources.roots
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(primary), version_base="1.3"):
            listed = _listed_groups(choices)
            words = [f"{'' if g in listed else '+'}{g}={o}" for g, o in choices.items()]
            return _composed(words)
    except (HydraException, OmegaConfBaseException, YAMLError) as error:
        raise ConfigError([_as_problem(error)]) from error


def _listed_groups(choices: Mapping[str, str]) -> set[str]:
    """Return the chosen groups that stand in a defaults list; others must be added with `+`."""
    listed = {group for group in choices if "/" not in group}
    if listed == set(choices):
        return listed
    leading = [f"{g}={o}" for g, o in choices.items() if g in (ENGINE_GROUP, STUDY_GROUP)]
    return listed | set(_composed(leading)[1])


def _composed(words: list[str]) -> tuple[Tree, dict[str, str]]:
    config = compose(_ROOT, overrides=words, return_hydra_config=True)
    chosen = {
        group: option
        for group, option in config.hydra.runtime.choices.items()
        if option is not None and not group.startswith("hydra/")
    }
    tree = cast(Tree, OmegaConf.to_container(config, resolve=False))
    del tree["hydra"]
    return tree, chosen


def _root_node(sources: Sources) -> dict[str, Any]:
    """Return the root: groups that engines may choose from first, then the engine, then the rest.

    Hydra lets a file override only groups that stand before it, and later groups win.
    """
    own = [g for g in sources.groups if "/" not in g and g not in (ENGINE_GROUP, STUDY_GROUP)]
    before = [{group: _DEFAULTS.get(group)} for group in own if group in _BEFORE_ENGINE]
    after = [{group: None} for group in own if group not in _BEFORE_ENGINE]
    return {
        "defaults": ["_self_", *before, {ENGINE_GROUP: None}, *after, {STUDY_GROUP: None}],
        "hydra": {"searchpath": [f"file://{root}" for root in sources.roots[1:]]},
    }


def _as_problem(error: Exception) -> Problem:
    cause = error.__cause__ if isinstance(error.__cause__, YAMLError) else error
    mark = getattr(cause, "problem_mark", None)
    if mark is not None:
        text = str(getattr(cause, "problem", "") or cause)
        return Problem(f"{mark.name}:{mark.line + 1}", "", f"is not valid YAML here: {text}")
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    kept = [line for line in lines if not line.startswith(("provider=", "Config search path"))]
    return Problem("configuration files", "", "; ".join(kept))


def resolve(tree: Tree) -> Tree:
    """Return the tree with `${...}` interpolations replaced by what they name.

    Raises:
        ConfigError: an interpolation names nothing.
    """
    if not has_interpolations(tree):
        return tree
    try:
        return cast(Tree, OmegaConf.to_container(OmegaConf.create(tree), resolve=True))
    except OmegaConfBaseException as error:
        where = getattr(error, "full_key", "") or "configuration"
        raise ConfigError([Problem(where, "", str(error).splitlines()[0])]) from error


def has_interpolations(tree: Any) -> bool:
    """Tell whether any text in the tree holds `${`."""
    if isinstance(tree, dict):
        return any(has_interpolations(item) for item in tree.values())
    if isinstance(tree, list):
        return any(has_interpolations(item) for item in tree)
    return isinstance(tree, str) and "${" in tree
