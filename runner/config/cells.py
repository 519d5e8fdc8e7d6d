"""Give the configuration of one cell: a composed base with the cell's values on top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.config.interpolation import resolve
from runner.config.study import Choices, Study
from runner.config.tree import Tree, copied, get_path, set_path

CellTree = Tree

_WHOLE = ("params", "horizon", "seed", "seeding", "draws")
VARIABLES = "design.variables"


def cell_part(tree: Tree) -> CellTree:
    """Return what may differ between cells of a study, out of a whole composed tree."""
    part = {key: copied(tree[key]) for key in _WHOLE if key in tree}
    part["design"] = {"variables": copied(tree.get("design", {}).get("variables", {}))}
    return part


def without_cell_part(tree: Tree) -> Tree:
    """Return the rest: what must be the same for all cells."""
    rest = {key: copied(value) for key, value in tree.items() if key not in _WHOLE}
    rest.get("design", {}).pop("variables", None)
    return rest


def may_vary(key: str) -> bool:
    """Tell whether a configuration path may differ between cells."""
    return key.partition(".")[0] in _WHOLE or key.startswith(f"{VARIABLES}.")


def cell_tree(study: Study, choices: Choices, values: Mapping[str, Any]) -> CellTree:
    """Return a cell's configuration, resolved: `values` by path over the base for `choices`.

    Raises:
        ConfigError: an interpolation names nothing.
    """
    tree = copied(study.bases[choices])
    for path, value in values.items():
        set_path(tree, path, value)
    return resolve(tree)


def value_at(tree: CellTree, path: str) -> Any:
    """Return the value at a path of a cell's configuration, or None where nothing stands."""
    try:
        return get_path(tree, path)
    except KeyError:
        return None
