"""Find parameters that do nothing, and inert ones that do something."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from runner.conformance.digest import differing
from runner.conformance.running import Ran, example_params, run_engine, try_params
from runner.contract import NUMERIC, EngineSpec, Leaf, PlanError, SimulationError, leaves

_FAR = 10.0  # values up to ten times the present one are tried: a run must stay small


def dead_parameter_faults(spec: EngineSpec) -> list[str]:
    """Return numeric parameters that move no table and no metric, though not declared inert."""
    params = example_params(spec)
    base, inert = _ran(spec, {}), set(spec.inert_paths(params))
    faults = []
    for leaf in leaves(params).values():
        if leaf.path in spec.example.binding:
            faults += _binding_faults(spec, leaf.path, spec.example.binding[leaf.path])
        elif leaf.kind in NUMERIC and leaf.path not in inert:
            faults += _movement_faults(spec, leaf, base)
    later = [path for path in spec.example.binding if path not in leaves(params)]
    return faults + [f for p in later for f in _binding_faults(spec, p, spec.example.binding[p])]


def inert_faults(spec: EngineSpec) -> list[str]:
    """Return parameters declared inert under the example that move something."""
    params, base = example_params(spec), _ran(spec, {})
    found = leaves(params)
    return [
        f"{path} is listed as inert, but {value!r} instead of {found[path].value!r} changes "
        f"{', '.join(moved[:3])}"
        for path in spec.inert_paths(params)
        if path in found and found[path].kind in NUMERIC
        for value, moved in _moves(spec, found[path], base)
        if moved
    ]


def _binding_faults(spec: EngineSpec, path: str, overrides: Mapping[str, Any]) -> list[str]:
    """Return a fault unless a binding matters beside its other overrides.

    Where those are refused without it, as among shares that sum to 1, the example itself is what
    it is compared with.
    """
    others = {name: value for name, value in overrides.items() if name != path}
    without = _ran(spec, others) or _ran(spec, {})
    bound = _ran(spec, overrides)
    if without is None or bound is None:
        return [f"{path}: the example's binding {dict(overrides)} is refused"]
    if differing(without, bound):
        return []
    return [f"{path} changes nothing, even with the example's binding {dict(overrides)}"]


def _movement_faults(spec: EngineSpec, leaf: Leaf, base: Ran | None) -> list[str]:
    tried = []
    for value, moved in _moves(spec, leaf, base):
        if moved:
            return []
        tried.append(value)
    if not tried and any(moved for _, moved in _shifts(spec, leaf, base)):
        return []
    if leaf.value == "auto":
        return []  # no number: the rest of the other shares, which are tried themselves
    said = f"tried {', '.join(map(repr, tried))}" if tried else "no other value is accepted"
    advice = "list it in inert_paths, or give values that matter in example.binding"
    return [f"{leaf.path} = {leaf.value!r} changes no table and no metric ({said}); {advice}"]


def _moves(spec: EngineSpec, leaf: Leaf, base: Ran | None) -> Iterator[tuple[Any, list[str]]]:
    """Give other values of a parameter that are accepted, and what each of them changes."""
    for value in other_values(leaf):
        changes = _changes(spec, {leaf.path: value}, base)
        if changes is not None:
            yield value, changes


def _shifts(spec: EngineSpec, leaf: Leaf, base: Ran | None) -> Iterator[tuple[Any, list[str]]]:
    """Give values that are only accepted when a neighbour makes up for them, as weights do."""
    for other in leaves(example_params(spec)).values():
        are_numbers = all(isinstance(at.value, int | float) for at in (leaf, other))
        if not are_numbers or not _are_neighbours(leaf.path, other.path):
            continue
        half = other.value / 2
        shifted = {leaf.path: leaf.value + half, other.path: other.value - half}
        changes = _changes(spec, shifted, base)
        if changes is not None:
            yield leaf.value + half, changes


def _changes(spec: EngineSpec, overrides: Mapping[str, Any], base: Ran | None) -> list[str] | None:
    """Return what overrides change, None where they are refused.

    Tables are only built where no metric changes: some engines spend most of a run on them.
    """
    measured = _ran(spec, overrides, collect=())
    if measured is None or base is None:
        return None
    changed = differing(Ran(outcome=base.outcome, tables={}), measured)
    if changed:
        return changed
    whole = _ran(spec, overrides)
    return None if whole is None else differing(base, whole)


def _are_neighbours(path: str, other: str) -> bool:
    """Tell whether two paths differ in exactly one segment."""
    one, two = path.split("."), other.split(".")
    return len(one) == len(two) and sum(a != b for a, b in zip(one, two, strict=True)) == 1


def _ran(
    spec: EngineSpec, overrides: Mapping[str, Any], collect: Collection[str] | None = None
) -> Ran | None:
    """Return the long example run with overrides, None where the engine refuses them."""
    params, _ = try_params(spec, overrides)
    if params is None:
        return None
    try:
        return run_engine(spec, params, spec.example.horizons[1], collect=collect)
    except (PlanError, SimulationError):
        return None


def other_values(leaf: Leaf) -> list[Any]:
    """Return admissible values near a parameter's own, nearest kinds of change first."""
    info, own = leaf.info, leaf.value
    centre = float(own) if isinstance(own, int | float) else 0.0
    near = [centre * 1.1, centre * 0.9, centre + 1, centre - 1, centre * 2, centre / 2, 0.5, 0.25]
    far = _FAR * max(1.0, abs(centre))
    ends = [end for end in (info.low, info.high) if end is not None and abs(end) <= far]
    middle = [math.fsum(ends) / 2] if len(ends) == 2 else []  # noqa: PLR2004 - both ends
    numbers = [_within(value, leaf) for value in (*near, *middle, *ends)]
    found = [value for value in dict.fromkeys(numbers) if value is not None and value != own]
    return found + ([None] if leaf.nullable and own is not None else [])


def _within(value: float, leaf: Leaf) -> float | int | None:
    info, number = leaf.info, round(value) if leaf.kind == "int" else value
    if info.low is not None and (number < info.low or (info.low_open and number == info.low)):
        return None
    if info.high is not None and (number > info.high or (info.high_open and number == info.high)):
        return None
    return number
