"""Hold `${...}` to what configuration may do: name another value of the same configuration.

OmegaConf also calls functions here: `${oc.env:NAME}` would copy a secret of the user's environment
into results that are passed on, `${now:...}` would make a study depend on the clock. A short text
of references to references can also grow without bounds. Everything is checked before OmegaConf
resolves anything; it is imported only where a tree holds any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from runner.config.tree import Tree
from runner.contract import ConfigError, Problem

MOST_EXPANDED = 5_000_000
_REFERENCE = re.compile(r"\$\{([^{}:$]*)\}")
_OWN_ADDRESS = re.compile(r"\$\{oc\.env:MLFLOW_TRACKING_URI(,[^{}$]*)?\}")
_INDEX = re.compile(r"\[([^\]]*)\]")
_REFUSED = (
    "is refused: ${...} may name another key, as in ${params.baseline}; environment variables, "
    "the clock and other functions may not decide what a study is"
)
_TOO_LARGE = f"its ${{...}} would grow to more than {MOST_EXPANDED:,} values and letters"


def resolve(tree: Tree) -> Tree:
    """Return the tree with `${...}` interpolations replaced by what they name.

    Raises:
        ConfigError: an interpolation names nothing, or is more than a reference.
    """
    if not has_interpolations(tree):
        return tree
    if wrong := interpolation_problems(tree):
        raise ConfigError(wrong)
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        return cast(Tree, OmegaConf.to_container(OmegaConf.create(tree), resolve=True))
    except OmegaConfBaseException as error:
        where = getattr(error, "full_key", "") or "configuration"
        raise ConfigError([Problem(where, "", str(error).splitlines()[0])]) from error


def has_interpolations(tree: Any) -> bool:
    """Tell whether any text in the tree holds `${`."""
    return any("${" in text for _, text in _texts(tree, ""))


def interpolation_problems(tree: Any) -> list[Problem]:
    """Return the texts that hold more than plain references, and whether references explode."""
    held = [(path, text) for path, text in _texts(tree, "") if "${" in text]
    wrong = [Problem(path, text, _REFUSED) for path, text in held if not _is_plain(path, text)]
    return wrong or _explosions(tree)


def is_reference(text: str) -> bool:
    """Tell whether every `${` of a text begins a plain reference such as `${mix}`."""
    return text.count("${") == len(_REFERENCE.findall(text))


def stale_references(tree: Any, replaced: Mapping[str, str]) -> list[Problem]:
    """Return references to values that no run uses, because a variable replaces them.

    `replaced` maps the keys of such values to the places of the variables; what these say about
    themselves may refer to the configured value.
    """
    variables = {tuple(key.split(".")): place for key, place in replaced.items()}
    problems = []
    for path, text in _texts(tree, ""):
        if "${" not in text or path.startswith("design.variables."):
            continue
        here = _named(path, ())
        named = [_named(name, here) for name in _REFERENCE.findall(text)]
        for key, place in variables.items():
            if any(key[: len(other)] == other for other in named):
                allowed = (
                    f"would keep the configured value of {'.'.join(key)}, which no run uses: "
                    f"{place} sets another; write a value, or treat both alike"
                )
                problems.append(Problem(path, text, allowed))
    return problems


def _is_plain(path: str, text: str) -> bool:
    return is_reference(text) or (
        path == "tracking.uri" and _OWN_ADDRESS.fullmatch(text) is not None
    )


def _texts(tree: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield (path, text) for every text in the tree."""
    if isinstance(tree, Mapping):
        for key, item in tree.items():
            yield from _texts(item, f"{path}.{key}" if path else str(key))
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from _texts(item, f"{path}[{index}]")
    elif isinstance(tree, str):
        yield path, tree


def _explosions(tree: Any) -> list[Problem]:
    try:
        size = _Sizes(tree).at(())
    except RecursionError:
        size = MOST_EXPANDED + 1
    return [Problem("configuration", "", _TOO_LARGE)] if size > MOST_EXPANDED else []


Place = tuple[str, ...]


class _Sizes:
    """How many values and letters each place of a tree holds once references are replaced."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self._known: dict[Place, int] = {}

    def at(self, place: Place) -> int:
        """Return the size at a place; a reference that leads back to itself counts as nothing."""
        if place not in self._known:
            self._known[place] = 0
            self._known[place] = self._measured(place, _value(self._tree, place))
        return self._known[place]

    def _measured(self, place: Place, value: Any) -> int:
        if isinstance(value, Mapping):
            return 1 + sum(self.at((*place, str(key))) for key in value)
        if isinstance(value, list):
            return 1 + sum(self.at((*place, str(index))) for index in range(len(value)))
        if not isinstance(value, str):
            return 1
        names = _REFERENCE.findall(value)
        return len(value) + sum(self.at(_named(name, place)) for name in names)


def _named(name: str, place: Place) -> Place:
    """Return the place that a reference at `place` names; leading dots count from its parent."""
    bare = name.strip().lstrip(".")
    dots = len(name.strip()) - len(bare)
    segments = tuple(s for s in _INDEX.sub(r".\1", bare).split(".") if s)
    return (*place[: len(place) - dots], *segments) if dots else segments


def _value(tree: Any, place: Place) -> Any:
    """Return what stands at a place, or None."""
    for segment in place:
        if isinstance(tree, Mapping):
            tree = next((item for key, item in tree.items() if str(key) == segment), None)
        elif isinstance(tree, list) and segment.isdecimal() and int(segment) < len(tree):
            tree = tree[int(segment)]
        else:
            return None
    return tree
