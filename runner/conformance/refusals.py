"""Find bad parameter values that an engine accepts, or refuses without naming them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from runner.conformance.running import example_params, try_params
from runner.contract import NUMERIC, EngineSpec, FieldInfo, Leaf, leaves

_UNKNOWN = "no_such_parameter"
_NEVER_A_VALUE = {"a": 1}


def refusal_faults(spec: EngineSpec) -> list[str]:
    """Return bad values that were accepted or whose refusal names another path."""
    found = leaves(example_params(spec))
    cases = [(leaf.path, value) for leaf in found.values() for value in bad_values(leaf)]
    cases += [(path, _NEVER_A_VALUE) for path in unknown_paths(list(found))]
    return [fault for path, value in cases for fault in _refusal(spec, path, value)]


def _refusal(spec: EngineSpec, path: str, value: Any) -> list[str]:
    params, problems = try_params(spec, {path: value})
    if params is not None:
        removed = value is None and path not in leaves(params)  # an entry of an open mapping
        return [] if removed else [f"{path} = {value!r} is accepted"]
    named = {problem.where for problem in problems}
    whole = path.rpartition(".")[0]  # an entry that is removed may be missed by its mapping
    if path not in named and not (value is None and whole in named):
        said = "; ".join(map(str, problems))
        return [f"{path} = {value!r} is refused without naming the path: {said}"]
    return []


def unknown_paths(paths: list[str]) -> list[str]:
    """Return one path that does not exist in every group of parameters."""
    groups = {"", *(path.rpartition(".")[0] for path in paths)}
    return sorted(f"{group}.{_UNKNOWN}" if group else _UNKNOWN for group in groups)


def bad_values(leaf: Leaf) -> Iterator[Any]:
    """Give values that the declaration of a parameter forbids."""
    yield 5 if leaf.kind == "values" else _NEVER_A_VALUE
    if not leaf.nullable:
        yield None
    if leaf.kind in NUMERIC:
        yield from ("twelve", True, [1.0], math.nan, math.inf, -math.inf)
        yield from _out_of_bounds(leaf.info)
        if leaf.kind == "int":
            yield float(leaf.info.low or 0) + 0.5
    elif leaf.kind == "bool":
        yield from ("yes", 1, 0.0)
    elif leaf.kind in ("text", "enum"):
        yield from (5, True, ["a"])
        if leaf.kind == "enum":
            yield "no such choice"
    elif leaf.kind == "list":
        yield "not a list"
        yield [None]
        yield ["twelve"] if leaf.item in (int, float) else [5.5]


def _out_of_bounds(info: FieldInfo) -> Iterator[float]:
    if info.low is not None:
        yield info.low - max(1.0, abs(info.low))
        if info.low_open:
            yield info.low
    if info.high is not None:
        yield info.high + max(1.0, abs(info.high))
        if info.high_open:
            yield info.high
