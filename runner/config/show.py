"""Print composed configuration as YAML."""

from __future__ import annotations

from typing import Any

import yaml

from runner.config.assemble import composed_tree
from runner.config.interpolation import resolve
from runner.config.request import StudyRequest
from runner.config.tree import get_path, is_set
from runner.contract import ConfigError, Problem, nearest, shown


def composed_yaml(request: StudyRequest, key: str | None, *, resolved: bool) -> str:
    """Return the composed configuration, or what stands at `key`, as YAML text.

    Raises:
        ConfigError: it cannot be composed, or nothing stands at `key`.
    """
    tree: Any = composed_tree(request)
    if resolved:
        tree = resolve(tree)
    if key:
        try:
            tree = get_path(tree, key)
        except KeyError:
            parent = key.rpartition(".")[0]
            known = get_path(tree, parent) if parent and is_set(tree, parent) else tree
            hint = nearest(key.rpartition(".")[2], known) if isinstance(known, dict) else ""
            raise ConfigError([Problem("--package", key, f"is not set{hint}")]) from None
    if not isinstance(tree, dict | list):
        return f"{shown(tree)}\n"
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)
