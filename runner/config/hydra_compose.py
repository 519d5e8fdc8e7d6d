"""Compose configuration groups with Hydra's Compose API, once per combination of choices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from runner.config.misread import file_problems
from runner.config.sources import ENGINE_GROUP, NO_OPTION, STUDY_GROUP, Sources
from runner.config.tree import Tree
from runner.contract import ConfigError, Problem

ROOT_NAME = "cohortsweep_root"
DEFAULT_OPTIONS = {"seeding": "common", "execution": "local", "tracking": "local"}
_BEFORE_ENGINE = ("acceptance", "execution", "seeding", "tracking")


def compose_groups(
    sources: Sources, choices: Mapping[str, str | None], listed: Collection[str] = ()
) -> tuple[Tree, dict[str, str]]:
    """Return the composed tree, interpolations unresolved, and the option chosen in each group.

    A choice of None, or of `null`, takes nothing of the group. `listed` are the groups that engine
    and study list themselves: those chosen when nothing but the two is.

    Raises:
        ConfigError: a file is not valid YAML, repeats a key, names an unknown option, or holds
            what YAML reads otherwise than it is written.
    """
    primary, *_ = sources.roots
    GlobalHydra.instance().clear()
    if wrong := _misread(sources, choices):
        raise ConfigError(wrong)
    try:
        with initialize_config_dir(str(primary), version_base="1.3"):
            tree, chosen = _composed(_words(sources, choices, listed))
    except (HydraException, OmegaConfBaseException, YAMLError) as error:
        raise ConfigError([_as_problem(error)]) from error
    except RecursionError as error:
        allowed = "a value is nested too deep to be read"
        raise ConfigError([Problem("configuration files", "", allowed)]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(_unreadable(sources) or [_as_problem(error)]) from error
    others = {group: option for group, option in chosen.items() if group not in choices}
    if wrong := _misread(sources, others):
        raise ConfigError(wrong)
    return tree, chosen


def _misread(sources: Sources, chosen: Mapping[str, Any]) -> list[Problem]:
    """Return what is misread in the files of the chosen options; a choice may name several."""
    names = [
        (group, str(name))
        for group, option in chosen.items()
        for name in (
            option if isinstance(option, Sequence) and not isinstance(option, str) else [option]
        )
    ]
    places = [
        (group, [root / group / f"{name}.yaml" for root in sources.roots]) for group, name in names
    ]
    found = [(group, next((f for f in files if f.is_file()), None)) for group, files in places]
    return [p for group, file in found if file is not None for p in file_problems(file, group)]


def _words(
    sources: Sources, choices: Mapping[str, str | None], listed: Collection[str]
) -> list[str]:
    """Store the root and return the overrides of these choices; nothing chosen takes a group away.

    The root lists the chosen groups of the engine that neither its file nor the study lists.
    """
    taken = {g: o for g, o in choices.items() if o not in (None, NO_OPTION)}
    left = [group for group in choices if group not in taken and group in listed]
    _store_root(sources, own=[group for group in taken if "/" in group and group not in listed])
    return [*(f"{group}={option}" for group, option in taken.items()), *(f"~{g}" for g in left)]


def _composed(words: list[str]) -> tuple[Tree, dict[str, str]]:
    config = compose(ROOT_NAME, overrides=words, return_hydra_config=True)
    chosen = {
        group: option
        for group, option in config.hydra.runtime.choices.items()
        if option is not None and not group.startswith("hydra/")
    }
    tree = cast(Tree, OmegaConf.to_container(config, resolve=False))
    del tree["hydra"]
    return tree, chosen


def _store_root(sources: Sources, *, own: list[str]) -> None:
    """Store the root: groups that engines choose from, the engine, groups, `own`, the study.

    Hydra lets a file override only groups that stand before it, and later groups win.
    """
    shared = [g for g in sources.groups if "/" not in g and g not in (ENGINE_GROUP, STUDY_GROUP)]
    before = [{group: DEFAULT_OPTIONS.get(group)} for group in shared if group in _BEFORE_ENGINE]
    after = [{group: None} for group in (*shared, *own) if group not in _BEFORE_ENGINE]
    node = {
        "defaults": ["_self_", *before, {ENGINE_GROUP: None}, *after, {STUDY_GROUP: None}],
        "hydra": {"searchpath": [f"file://{root}" for root in sources.roots[1:]]},
    }
    ConfigStore.instance().store(name=ROOT_NAME, node=node)


def _as_problem(error: Exception) -> Problem:
    cause = error.__cause__ if isinstance(error.__cause__, YAMLError) else error
    mark = getattr(cause, "problem_mark", None)
    if mark is not None:
        text = str(getattr(cause, "problem", "") or cause)
        return Problem(f"{mark.name}:{mark.line + 1}", "", f"is not valid YAML here: {text}")
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    kept = [line for line in lines if not line.startswith(("provider=", "Config search path"))]
    return Problem("configuration files", "", "; ".join(kept))


def _unreadable(sources: Sources) -> list[Problem]:
    """Return the configuration files that cannot be read as UTF-8 text."""
    found = []
    for file in (f for root in sources.roots for g in sources.groups for f in root.glob(f"{g}/*")):
        try:
            file.read_text(encoding="utf-8") if file.suffix == ".yaml" else ""
        except UnicodeDecodeError as error:
            found.append(Problem(str(file), "", f"must be UTF-8 text ({error.reason})"))
        except OSError as error:
            found.append(Problem(str(file), "", f"cannot be read ({error.strerror})"))
    return found
