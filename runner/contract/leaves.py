"""Check single parameter values, and address them by path inside a parameter set."""

from __future__ import annotations

import dataclasses
import math
import numbers
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from runner.contract.errors import Problem, nearest, shown
from runner.contract.fields import FieldInfo, FieldSpec, Kind, ParamGroup, field_specs
from runner.contract.frozen import FrozenMapping

P = TypeVar("P", bound=ParamGroup)

NUMERIC = ("float", "int", "share")
"""Kinds of parameters that hold a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One addressable parameter: its path below `params`, its declaration, its value."""

    path: str
    kind: Kind
    item: Any
    nullable: bool
    info: FieldInfo
    value: Any

    @property
    def sd_path(self) -> str | None:
        """Path of the parameter that holds this one's standard deviation, if declared."""
        return self._beside(self.info.sd)

    @property
    def block_path(self) -> str | None:
        """Path of the block by which the engine redraws this parameter, if declared."""
        return self._beside(self.info.redrawn_by)

    def _beside(self, name: str | None) -> str | None:
        parent = self.path.rpartition(".")[0]
        return f"{parent}.{name}" if parent and name else name


def leaves(params: ParamGroup) -> dict[str, Leaf]:
    """Return every leaf of a parameter set by path, in declaration order."""
    return {leaf.path: leaf for leaf in _walk(params, "")}


def _walk(node: ParamGroup, prefix: str) -> Iterator[Leaf]:
    for spec in field_specs(type(node)).values():
        value, path = getattr(node, spec.name), prefix + spec.name
        if spec.kind == "group":
            yield from _walk(value, f"{path}.")
        elif spec.kind == "groups":
            for key, item in value.items():
                yield from _walk(item, f"{path}.{key}.")
        elif spec.kind == "values" and value is not None:
            for key, item in value.items():
                yield _leaf(spec, f"{path}.{key}", item, kind=spec.entry)
        else:
            yield _leaf(spec, path, value, kind=spec.kind)


_ITEM_KINDS: dict[Any, Kind] = {float: "float", int: "int", str: "text", bool: "bool"}


def _leaf(spec: FieldSpec, path: str, value: Any, *, kind: Kind) -> Leaf:
    return Leaf(
        path=path, kind=kind, item=spec.item, nullable=spec.nullable, info=spec.info, value=value
    )


def replace_leaves(params: P, values: Mapping[str, Any]) -> P:
    """Return a copy of `params` with the leaves at `values`' paths replaced, unchecked.

    Raises:
        KeyError: a path names no leaf of this parameter set.
    """
    return cast(P, _replaced(params, values, "")) if values else params


def _replaced(node: Any, values: Mapping[str, Any], prefix: str) -> Any:
    """Return a copy of a group or mapping; the paths of `values` begin below it."""
    new: dict[str, Any] = {}
    below: dict[str, dict[str, Any]] = {}
    for path, value in values.items():
        head, dot, rest = path.partition(".")
        if dot:
            below.setdefault(head, {})[rest] = value
        elif isinstance(_child(node, head, f"{prefix}{head}"), ParamGroup | Mapping):
            raise KeyError(f"{prefix}{head}")
        else:
            new[head] = value
    for head, inner in below.items():
        child = _child(node, head, f"{prefix}{head}.{next(iter(inner))}")
        new[head] = _replaced(child, inner, f"{prefix}{head}.")
    if isinstance(node, Mapping):
        return FrozenMapping({**node, **new})
    return dataclasses.replace(cast(Any, node), **new)


def _child(node: Any, name: str, path: str) -> Any:
    """Return what stands below a group or mapping; a KeyError names the whole path."""
    if isinstance(node, Mapping) and name in node:
        return node[name]
    if isinstance(node, ParamGroup) and name in field_specs(type(node)):
        return getattr(node, name)
    raise KeyError(path)


def coerce(leaf: Leaf, value: Any) -> tuple[Any, Problem | None]:
    """Return `value` in the leaf's type, and the problem that forbids it, if any.

    Integers become floats where a float is declared; nothing else is converted. Choices that
    depend on other parameters are checked by `choice_problems`.
    """
    if value is None:
        return None, None if leaf.nullable else _problem(leaf, value, "must not be null")
    if leaf.kind == "list":
        return _coerce_list(leaf, value)
    if leaf.kind == "values":
        return value, _problem(leaf, value, "must be a mapping by name")
    if leaf.kind == "share" and value == "auto":
        return value, None
    converted, wrong = _convert(leaf.kind, value)
    if wrong:
        return value, _problem(leaf, value, wrong)
    outside = _bound_text(leaf.info, converted) if leaf.kind in NUMERIC else None
    if outside is None and isinstance(leaf.info.choices, tuple):
        outside = _choice_text(converted, leaf.info.choices)
    return converted, _problem(leaf, value, outside) if outside else None


def _coerce_list(leaf: Leaf, value: Any) -> tuple[Any, Problem | None]:
    if not isinstance(value, list | tuple):
        return value, _problem(leaf, value, "must be a list, such as [a, b]")
    items, kind = [], _ITEM_KINDS[leaf.item]
    for item in value:
        converted, wrong = _convert(kind, item)
        wrong = wrong or (_bound_text(leaf.info, converted) if kind in ("float", "int") else None)
        if wrong is None and isinstance(leaf.info.choices, tuple):
            wrong = _choice_text(converted, leaf.info.choices)
        if wrong:
            return value, _problem(leaf, item, f"each item {wrong}")
        items.append(converted)
    return tuple(items), None


def _convert(kind: Kind, value: Any) -> tuple[Any, str | None]:
    if kind == "bool":
        value = _SWITCH.get(value, value) if isinstance(value, str) else value
        return value, None if isinstance(value, bool) else "must be true or false"
    if kind in ("text", "enum"):
        return value, None if isinstance(value, str) else "must be text"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return value, _NOT_A_NUMBER[kind]
    if not isinstance(value, numbers.Integral) and not math.isfinite(value):
        return value, "must be a finite number"
    if kind != "int":
        return _as_float(value)
    whole = int(cast(Any, value))
    return (whole, None) if whole == value else (value, "must be a whole number")


_NOT_A_NUMBER = {
    "float": "must be a number",
    "share": "must be a number or auto",
    "int": "must be a whole number",
}


def _as_float(value: numbers.Real) -> tuple[Any, str | None]:
    try:
        return float(value) + 0.0, None  # + 0.0 turns -0.0 into 0.0: one value, one id
    except OverflowError:
        return value, "must be a number below 1.8e308"


_SWITCH = {"on": True, "off": False}
"""Words of a switch: YAML reads them as truth values, the command line as text."""


def _bound_text(info: FieldInfo, value: float) -> str | None:
    unit = f" {info.unit}" if info.unit else ""
    if info.low is not None and (value <= info.low if info.low_open else value < info.low):
        return f"must be {'>' if info.low_open else '>='} {_number(info.low)}{unit}"
    if info.high is not None and (value >= info.high if info.high_open else value > info.high):
        return f"must be {'<' if info.high_open else '<='} {_number(info.high)}{unit}"
    return None


def bounds_text(info: FieldInfo) -> str:
    """Return the allowed range or choices of a field as text, empty when anything goes."""
    if isinstance(info.choices, tuple):
        return " | ".join(info.choices)
    if info.low is None and info.high is None:
        return ""
    low = "-inf" if info.low is None else _number(info.low)
    high = "inf" if info.high is None else _number(info.high)
    return f"{'(' if info.low_open else '['}{low}, {high}{')' if info.high_open else ']'}"


def _number(value: float) -> str:
    return f"{value:g}" if abs(value) >= 1e6 or value != int(value) else str(int(value))  # noqa: PLR2004


def _choice_text(value: str, choices: tuple[str, ...]) -> str | None:
    if value in choices:
        return None
    return f"must be one of {', '.join(choices)}{nearest(value, choices)}"


def _problem(leaf: Leaf, value: Any, allowed: str) -> Problem:
    return Problem(leaf.path, shown(value), allowed)


def choice_problems(root: ParamGroup) -> list[Problem]:
    """Return enum values outside the choices that the parameter set itself defines."""
    found = []
    for leaf in _choosing(root, ""):
        if leaf.value is None or not callable(leaf.info.choices):
            continue
        choices, is_list = leaf.info.choices(root), leaf.kind == "list"
        for value in leaf.value if is_list else (leaf.value,):
            wrong = _choice_text(value, choices)
            if wrong:
                found.append(_problem(leaf, value, f"each item {wrong}" if is_list else wrong))
    return found


def _choosing(node: ParamGroup, prefix: str) -> Iterator[Leaf]:
    """Yield the leaves whose choices depend on other parameters."""
    for spec in _choosing_fields(type(node)):
        value, path = getattr(node, spec.name), prefix + spec.name
        if spec.kind == "group":
            yield from _choosing(value, f"{path}.")
        elif spec.kind == "groups":
            for key, item in value.items():
                yield from _choosing(item, f"{path}.{key}.")
        else:
            yield _leaf(spec, path, value, kind=spec.kind)


_KNOWN_CHOOSING: dict[type[ParamGroup], tuple[FieldSpec, ...]] = {}


def _choosing_fields(cls: type[ParamGroup]) -> tuple[FieldSpec, ...]:
    """Return the fields that compute their choices, and the groups that hold such fields."""
    if cls not in _KNOWN_CHOOSING:
        found = (s for s in field_specs(cls).values() if _is_choosing(s))
        _KNOWN_CHOOSING[cls] = tuple(found)
    return _KNOWN_CHOOSING[cls]


def _is_choosing(spec: FieldSpec) -> bool:
    if spec.kind in ("group", "groups"):
        return bool(_choosing_fields(spec.item))
    return callable(spec.info.choices)
