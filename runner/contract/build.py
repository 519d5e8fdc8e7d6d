"""Turn plain configuration into a checked parameter set, reporting everything that is wrong."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from runner.contract.errors import Problem, nearest, shown
from runner.contract.fields import FieldSpec, Kind, ParamGroup, field_specs
from runner.contract.frozen import FrozenMapping
from runner.contract.leaves import Leaf, choice_problems, coerce, leaves

P = TypeVar("P", bound=ParamGroup)

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_\-]*\Z")


def build_params(
    cls: type[P], data: Mapping[str, Any], *, with_rules: bool = True
) -> tuple[P | None, list[Problem]]:
    """Return the parameter set and all problems; the set is None when any problem was found.

    Rules between parameters are checked once every value is right by itself, and only
    `with_rules`. Values not given take the class's defaults, in the declared type. Entries of open
    mappings are merged by name; an entry set to null is removed.
    """
    found: list[Problem] = []
    built = cast(P, _build_group(cls, _defaults(cls), data, "", found))
    if with_rules and not found:
        found += rule_problems(built)
    return (None if found else built), found


_KNOWN_DEFAULTS: dict[type[ParamGroup], ParamGroup | None] = {}


def _defaults(cls: type[ParamGroup]) -> ParamGroup | None:
    """Return the class's defaults in their declared types, or None if some must be given."""
    if cls not in _KNOWN_DEFAULTS:
        found: list[Problem] = []
        built = _build_group(cls, None, {}, "", found)
        _KNOWN_DEFAULTS[cls] = None if found else built
    return _KNOWN_DEFAULTS[cls]


def rule_problems(params: ParamGroup) -> list[Problem]:
    """Return violations of rules that involve more than one parameter, paths below the set.

    Rules of groups are asked once all choices that depend on other parameters are right.
    """
    found = choice_problems(params)
    return found or _group_problems(params, "")


def _group_problems(node: ParamGroup, prefix: str) -> list[Problem]:
    own = node.problems()
    found = [p.under(prefix) for p in own] if prefix and own else own
    for spec in _ruled_groups(type(node)):
        path = f"{prefix}.{spec.name}" if prefix else spec.name
        if spec.kind == "group":
            found = found + _group_problems(getattr(node, spec.name), path)
        elif spec.kind == "groups":
            for key, item in getattr(node, spec.name).items():
                found = found + _group_problems(item, f"{path}.{key}")
    return found


_KNOWN_RULED: dict[type[ParamGroup], tuple[FieldSpec, ...]] = {}


def _ruled_groups(cls: type[ParamGroup]) -> tuple[FieldSpec, ...]:
    """Return the nested groups in which, at any depth, a rule between fields is declared."""
    if cls not in _KNOWN_RULED:
        found = (s for s in field_specs(cls).values() if _is_ruled(s))
        _KNOWN_RULED[cls] = tuple(found)
    return _KNOWN_RULED[cls]


def _is_ruled(spec: FieldSpec) -> bool:
    if spec.kind not in ("group", "groups"):
        return False
    return spec.item.problems is not ParamGroup.problems or bool(_ruled_groups(spec.item))


def _build_group(
    cls: type[ParamGroup], default: Any, data: Any, prefix: str, found: list[Problem]
) -> ParamGroup:
    if not isinstance(data, Mapping):
        found.append(Problem(prefix.rstrip("."), shown(data), "must be a mapping of parameters"))
        return cls.__new__(cls)
    specs = field_specs(cls)
    strange = [str(key) for key in data if key not in specs]
    found += [Problem(f"{prefix}{key}", "", _unknown(cls, key, list(specs))) for key in strange]
    values = {}
    for name, spec in specs.items():
        path = f"{prefix}{name}"
        fallback = getattr(default, name) if default is not None else _field_default(cls, spec)
        if name in data:
            values[name] = _build_field(spec, fallback, data[name], path, found)
        elif fallback is dataclasses.MISSING:
            found.append(Problem(path, "", "must be given"))
        else:
            values[name] = fallback
    return cls(**values) if len(values) == len(specs) else cls.__new__(cls)


def _unknown(cls: type[ParamGroup], key: str, known: list[str]) -> str:
    """Return what to say about a name that a group does not have."""
    hint = nearest(key, known)
    if cls.noun != ParamGroup.noun:  # a vocabulary of its own: always shown in full
        return f"unknown {cls.noun}{hint}; known: {', '.join(sorted(known))}"
    return f"unknown {cls.noun}{hint or '; known here: ' + ', '.join(known)}"


def _field_default(cls: type[ParamGroup], spec: FieldSpec) -> Any:
    """Return a field's default in its declared type, so that 5 is 5.0 where floats are.

    Defaults are not checked here: holding engines to their own bounds is for conformance.
    """
    field = cast(Any, cls).__dataclass_fields__[spec.name]
    if field.default_factory is not dataclasses.MISSING:
        raw = field.default_factory()
    elif field.default is not dataclasses.MISSING:
        raw = field.default
    else:
        return dataclasses.MISSING
    return _build_field(spec, None, _plain(spec, raw, None), "", [])


def _build_field(spec: FieldSpec, default: Any, data: Any, path: str, found: list[Problem]) -> Any:
    if spec.kind == "group":
        own = None if spec.info.whole or default is dataclasses.MISSING else default
        return _build_group(spec.item, own, data, f"{path}.", found)
    if spec.kind == "groups":
        return _build_groups(spec, default, data, path, found)
    if spec.kind == "values":
        return _build_values(spec, default, data, path, found)
    leaf = Leaf(
        path=path, kind=spec.kind, item=spec.item, nullable=spec.nullable, info=spec.info,
        value=default,
    )  # fmt: skip
    return _checked(leaf, data, found)


def _checked(leaf: Leaf, data: Any, found: list[Problem]) -> Any:
    value, problem = coerce(leaf, data)
    if problem:
        found.append(problem)
    return value


def _build_groups(
    spec: FieldSpec, default: Mapping[str, Any], data: Any, path: str, found: list[Problem]
) -> Mapping[str, Any]:
    merged: dict[str, Any] = dict(default if isinstance(default, Mapping) else {})
    for key, item in _entries(data, path, found):
        if item is None:
            merged.pop(key, None)
        else:
            merged[key] = _build_group(spec.item, merged.get(key), item, f"{path}.{key}.", found)
    return FrozenMapping(merged)


def _build_values(
    spec: FieldSpec, default: Mapping[str, Any] | None, data: Any, path: str, found: list[Problem]
) -> Mapping[str, Any] | None:
    if data is None and spec.nullable:
        return None
    merged: dict[str, Any] = dict(default if isinstance(default, Mapping) else {})
    for key, item in _entries(data, path, found):
        if item is None:
            merged.pop(key, None)
            continue
        leaf = Leaf(
            path=f"{path}.{key}", kind=spec.entry, item=spec.item, nullable=False,
            info=spec.info, value=None,
        )  # fmt: skip
        merged[key] = _checked(leaf, item, found)
    return FrozenMapping(merged)


def _entries(data: Any, path: str, found: list[Problem]) -> list[tuple[str, Any]]:
    if not isinstance(data, Mapping):
        found.append(Problem(path, shown(data), "must be a mapping by name"))
        return []
    good = []
    for key, item in data.items():
        if isinstance(key, str) and _KEY.match(key):
            good.append((key, item))
        elif isinstance(key, str):
            allowed = "names are letters, digits, _ and - (no dots)"
            found.append(Problem(f"{path}.{key}", "", allowed))
        else:
            found.append(Problem(f"{path}.{key}", "", f"names are text: write '{key}' in quotes"))
    return good


def plain_params(params: ParamGroup) -> dict[str, Any]:
    """Return a parameter set as nested plain data, the inverse of `build_params`.

    Entries of open mappings that the class has by default and the set has not are null.
    """
    return _plain_group(params, _defaults(type(params)))


def _plain_group(params: ParamGroup, default: ParamGroup | None) -> dict[str, Any]:
    return {
        spec.name: _plain(spec, getattr(params, spec.name), getattr(default, spec.name, None))
        for spec in field_specs(type(params)).values()
    }


def _plain(spec: FieldSpec, value: Any, default: Any) -> Any:
    if value is None:
        return None
    if spec.kind == "group":
        return _plain_group(value, default)
    if spec.kind in ("groups", "values"):
        known = default or {}
        removed = dict.fromkeys(key for key in known if key not in value)
        if spec.kind == "values":
            given = {key: _plain_value(spec.entry, item) for key, item in value.items()}
            return {**given, **removed}
        groups = {key: _plain_group(item, known.get(key)) for key, item in value.items()}
        return {**groups, **removed}
    return _plain_value(spec.kind, value)


def _plain_value(kind: Kind, value: Any) -> Any:
    return list(value) if kind == "list" else value


def leaf_values(params: ParamGroup) -> dict[str, Any]:
    """Return the value of every leaf by its path below the set, in the unit it declares."""
    return {path: leaf.value for path, leaf in leaves(params).items()}
