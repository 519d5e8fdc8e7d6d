"""Read and write nested plain configuration by dotted path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Tree = dict[str, Any]


def set_path(tree: Tree, path: str, value: Any) -> None:
    """Set the value at a dotted path, creating mappings on the way; mappings are merged.

    Raises:
        TypeError: a segment on the way holds a value, not a mapping.
    """
    *parents, last = path.split(".")
    for segment in parents:
        tree = tree.setdefault(segment, {})
        if not isinstance(tree, dict):
            raise TypeError(path)
    if isinstance(value, Mapping):
        if not isinstance(tree.get(last), dict):
            tree[last] = {}
        for key, item in value.items():
            set_path(tree[last], str(key), item)
    else:
        tree[last] = copied(value)


def get_path(tree: Any, path: str) -> Any:
    """Return the value at a dotted path.

    Raises:
        KeyError: nothing stands there.
    """
    for segment in path.split("."):
        if not isinstance(tree, Mapping) or segment not in tree:
            raise KeyError(path)
        tree = tree[segment]
    return tree


def is_set(tree: Any, path: str) -> bool:
    """Tell whether anything stands at a dotted path."""
    try:
        get_path(tree, path)
    except KeyError:
        return False
    return True


def delete_path(tree: Tree, path: str) -> None:
    """Remove the value at a dotted path.

    Raises:
        KeyError: nothing stands there.
    """
    parent, _, last = path.rpartition(".")
    holder = get_path(tree, parent) if parent else tree
    if not isinstance(holder, dict) or last not in holder:
        raise KeyError(path)
    del holder[last]


def copied(value: Any) -> Any:
    """Return a deep copy of plain data as dicts and lists."""
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list | tuple) else value


def nested(tree: Mapping[str, Any]) -> Tree:
    """Return the tree with dotted keys expanded into nested mappings, at every depth."""
    grown: Tree = {}
    for key, value in tree.items():
        set_path(grown, str(key), nested(value) if isinstance(value, Mapping) else value)
    return grown


def flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted path, value) for every value that is not a mapping."""
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{path}.")
        else:
            yield path, value


def given_or(written: Any, otherwise: Any) -> Any:
    """Return what is written, something else where nothing is."""
    return otherwise if written is None else written
