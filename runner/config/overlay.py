"""Lay the user's values over a composed tree: words become values, axes, variables, deletions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

from runner.config.sources import Sources
from runner.config.tree import Tree, delete_path, flat, get_path, is_set, set_path
from runner.config.words import Word, matching
from runner.contract import Problem, shown

REFUSED = ("hydra", "_target_")


def split_words(
    words: Iterable[Word], sources: Sources, engine: str
) -> tuple[dict[str, str], list[Word], list[Problem]]:
    """Return the group options chosen once, and the words that are values or axes."""
    choices: dict[str, str] = {}
    values: list[Word] = []
    problems: list[Problem] = []
    for word in words:
        group = sources.group_for(word.key, engine)
        if any(segment in REFUSED for segment in word.key.replace("/", ".").split(".")):
            problems.append(Problem(word.text, "", "hydra.* and _target_ cannot be set here"))
        elif group is None:
            if not _chooses_nothing(word, sources):
                values.append(word)
        elif word.kind == "set":
            choices[group] = word.value if isinstance(word.value, str) else shown(word.value)
            values.append(_choosing(word, group))
        elif word.kind == "glob":
            options = matching(word.value, sources.groups[group])
            values.append(_choosing(word, group))
            values.append(Word(text=word.text, kind="sweep", key=word.key, value=options))
        elif word.kind == "sweep":
            values += [_choosing(word, group), word]
        else:
            allowed = f"{word.key} is a group: choose options, as in {word.key}=a or {word.key}=a,b"
            problems.append(Problem(word.text, "", allowed))
    return choices, values, problems


def _chooses_nothing(word: Word, sources: Sources) -> bool:
    """Tell whether a word takes nothing of a group that only other engines have."""
    is_null = word.kind == "set" and word.value is None
    return is_null and sources.is_group_elsewhere(word.key)


def _choosing(word: Word, group: str) -> Word:
    """Return the word that ends an axis over this group, by its full or its short name."""
    return Word(text=word.text, kind="choose", key=group, value=group.rpartition("/")[0] or group)


def lay_over(tree: Tree, data: Mapping[str, Any], words: Iterable[Word]) -> list[Problem]:
    """Change `tree` by the study's data, then by the words in order; return what is wrong."""
    problems = []
    for key, value in data.items():
        try:
            set_path(tree, key, value)
        except TypeError:
            problems.append(Problem(key, "", "lies below a single value"))
    for path, _ in flat({key: value for key, value in data.items() if key != "design"}):
        if not is_set(data, f"design.grid.{path}"):  # a plain value ends an inherited axis
            _drop(tree, f"design.grid.{path}")
    for word in words:
        problems += _apply(tree, word)
    return problems


def _apply(tree: Tree, word: Word) -> list[Problem]:
    try:
        if word.kind == "set":
            _drop(tree, f"design.grid.{word.key}")
            set_path(tree, word.key, word.value)
        elif word.kind == "sweep":
            _drop(tree, f"design.grid.{word.key}")
            set_path(tree, f"design.grid.{word.key}", word.value)
        elif word.kind == "choose":
            _drop(tree, f"design.grid.{word.key}")
            _drop(tree, f"design.grid.{word.value}")
        elif word.kind == "interval":
            _drop(tree, f"design.grid.{word.key}")
            _drop(tree, f"design.variables.{word.key}")
            low, high = word.value
            uniform = {"treatment": "random", "distribution": "uniform", "min": low, "max": high}
            set_path(tree, f"design.variables.{word.key}", uniform)
        elif word.kind == "delete":
            _delete_any(tree, word.key)
        else:
            return [Problem(word.text, "", "glob() works on configuration groups")]
    except TypeError:
        return [Problem(word.text, "", f"{word.key} lies below a single value")]
    except KeyError:
        return [Problem(word.text, "", f"nothing to delete: {word.key} is not set")]
    return []


def _delete_any(tree: Tree, key: str) -> None:
    """Remove a value and the axis over it, whichever there is.

    Raises:
        KeyError: there is neither.
    """
    places = [p for p in (key, f"design.grid.{key}") if is_set(tree, p)]
    if not places:
        raise KeyError(key)
    for place in places:
        _delete(tree, place)


def _drop(tree: Tree, path: str) -> None:
    with contextlib.suppress(KeyError):
        _delete(tree, path)


def _delete(tree: Tree, path: str) -> None:
    """Remove what stands at a path; below `design`, mappings left empty go with it."""
    delete_path(tree, path)
    parent = path.rpartition(".")[0]
    while parent.count(".") > 1 and parent.startswith("design.") and not get_path(tree, parent):
        delete_path(tree, parent)
        parent = parent.rpartition(".")[0]


def refused_keys(tree: Any, prefix: str = "") -> list[Problem]:
    """Return keys that would make configuration run code."""
    if isinstance(tree, list):
        return [p for item in tree for p in refused_keys(item, prefix)]
    if not isinstance(tree, Mapping):
        return []
    found = [
        Problem(f"{prefix}{key}", "", "is refused: configuration holds values, never code")
        for key in tree
        if key in REFUSED
    ]
    for key, value in tree.items():
        found += refused_keys(value, f"{prefix}{key}.")
    return found
