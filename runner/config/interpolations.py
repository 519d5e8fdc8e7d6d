"""Replace `${...}` by what it names; omegaconf is imported only where a tree has any."""

from __future__ import annotations

from typing import Any, cast

from runner.config.tree import Tree
from runner.contract import ConfigError, Problem


def resolve(tree: Tree) -> Tree:
    """Return the tree with `${...}` interpolations replaced by what they name.

    Raises:
        ConfigError: an interpolation names nothing.
    """
    if not has_interpolations(tree):
        return tree
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

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
