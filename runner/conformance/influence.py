"""Find parameters that do nothing, and inert ones that do something."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.conformance.digest import differing
from runner.conformance.running import Ran, example_params, run_engine, try_params
from runner.contract import NUMERIC, EngineSpec, Leaf, PlanError, SimulationError, leaves

_FAR = 10.0  # values up to ten times the present one are tried: a run must stay small
_NO_VALUE = "no further value"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """The example at one horizon, None where the engine refuses it."""

    ran: Ran | None
    horizon: int


def dead_parameter_faults(spec: EngineSpec) -> list[str]:
    """Return numeric parameters that move no table and no metric, though not declared inert.

    What moves something in the example's short run is alive; only the others are run for long.
    """
    params, bases = example_params(spec), _bases(spec)
    inert, binding = set(spec.inert_paths(params)), spec.example.binding
    faults = []
    for leaf in leaves(params).values():
        if leaf.path in binding:
            faults += _binding_faults(spec, leaf.path, binding[leaf.path])
        elif leaf.kind in NUMERIC and leaf.path not in inert:
            faults += _movement_faults(spec, leaf, bases)
    later = [path for path in binding if path not in leaves(params)]
    return faults + [f for path in later for f in _binding_faults(spec, path, binding[path])]


def _bases(spec: EngineSpec) -> list[_Base]:
    """Return the example at its short and its long horizon."""
    return [_Base(ran=_ran(spec, {}, at), horizon=at) for at in spec.example.horizons]


def inert_faults(spec: EngineSpec) -> list[str]:
    """Return parameters declared inert under the example that move something.

    Each value of each parameter has a short run of its own. The long run tries the first values
    of all parameters together, then the second ones, and so on; single values only where values
    together move something or are refused.
    """
    params = example_params(spec)
    found, (short, long) = leaves(params), _bases(spec)
    numbers = [found[path] for path in spec.inert_paths(params)
               if path in found and found[path].kind in NUMERIC]  # fmt: skip
    trials = _together(numbers)
    faults = [f for trial in trials for f in _inert_faults(spec, found, trial, short)]
    return faults or [
        fault
        for trial in trials
        if _all_changes(spec, trial, long) != []
        for fault in _inert_faults(spec, found, trial, long)
    ]


def _together(numbers: list[Leaf]) -> list[dict[str, Any]]:
    """Return overrides that hold the n-th other value of every parameter that has one."""
    rows = itertools.zip_longest(*(other_values(leaf) for leaf in numbers), fillvalue=_NO_VALUE)
    return [
        {leaf.path: value for leaf, value in zip(numbers, row, strict=True) if value != _NO_VALUE}
        for row in rows
    ]


def _inert_faults(
    spec: EngineSpec, found: Mapping[str, Leaf], trial: Mapping[str, Any], base: _Base
) -> list[str]:
    return [
        f"{path} is listed as inert, but {value!r} instead of {found[path].value!r} changes "
        f"{', '.join(moved[:3])}"
        for path, value in trial.items()
        if (moved := _all_changes(spec, {path: value}, base))
    ]


def _binding_faults(spec: EngineSpec, path: str, overrides: Mapping[str, Any]) -> list[str]:
    """Return a fault unless a binding matters beside its other overrides, at some horizon.

    Where those are refused without it, as among shares that sum to 1, the example itself is what
    it is compared with.
    """
    others = {name: value for name, value in overrides.items() if name != path}
    for horizon in spec.example.horizons:
        without = _ran(spec, others, horizon) or _ran(spec, {}, horizon)
        bound = _ran(spec, overrides, horizon)
        if without is not None and bound is not None and differing(without, bound):
            return []
    if without is None or bound is None:
        return [f"{path}: the example's binding {dict(overrides)} is refused"]
    return [f"{path} changes nothing, even with the example's binding {dict(overrides)}"]


def _movement_faults(spec: EngineSpec, leaf: Leaf, bases: list[_Base]) -> list[str]:
    tried: dict[Any, None] = {}
    for base in bases:
        accepted = False
        for value, moved in _moves(spec, leaf, base):
            if moved:
                return []
            accepted, tried[value] = True, None
        if not accepted and any(_shifts(spec, leaf, base)):
            return []
    if leaf.value == "auto":
        return []  # no number: the rest of the other shares, which are tried themselves
    said = f"tried {', '.join(map(repr, tried))}" if tried else "no other value is accepted"
    advice = "list it in inert_paths, or give values that matter in example.binding"
    return [f"{leaf.path} = {leaf.value!r} changes no table and no metric ({said}); {advice}"]


def _moves(spec: EngineSpec, leaf: Leaf, base: _Base) -> Iterator[tuple[Any, list[str]]]:
    """Give other values of a parameter that are accepted, and what each of them changes."""
    for value in other_values(leaf):
        moved = _changes(spec, {leaf.path: value}, base)
        if moved is not None:
            yield value, moved


def _shifts(spec: EngineSpec, leaf: Leaf, base: _Base) -> Iterator[list[str]]:
    """Give what values change that are only accepted when a neighbour makes up for them.

    Weights are such values.
    """
    for other in leaves(example_params(spec)).values():
        are_numbers = all(isinstance(at.value, int | float) for at in (leaf, other))
        if not are_numbers or not _are_neighbours(leaf.path, other.path):
            continue
        half = other.value / 2
        shifted = {leaf.path: leaf.value + half, other.path: other.value - half}
        yield _changes(spec, shifted, base) or []


def _changes(spec: EngineSpec, overrides: Mapping[str, Any], base: _Base) -> list[str] | None:
    """Return what overrides change in the example, None where they are refused.

    Tables are only built where no metric changes: some engines spend most of a run on them.
    """
    measured = _ran(spec, overrides, base.horizon, collect=())
    if measured is None or base.ran is None:
        return None
    changed = differing(Ran(outcome=base.ran.outcome, tables={}), measured)
    return changed or _all_changes(spec, overrides, base)


def _all_changes(spec: EngineSpec, overrides: Mapping[str, Any], base: _Base) -> list[str] | None:
    """Return what overrides change, in one run, for those that should change nothing."""
    changed = _ran(spec, overrides, base.horizon)
    return None if changed is None or base.ran is None else differing(base.ran, changed)


def _are_neighbours(path: str, other: str) -> bool:
    """Tell whether two paths differ in exactly one segment."""
    one, two = path.split("."), other.split(".")
    return len(one) == len(two) and sum(a != b for a, b in zip(one, two, strict=True)) == 1


def _ran(
    spec: EngineSpec,
    overrides: Mapping[str, Any],
    horizon: int,
    *,
    collect: Collection[str] | None = None,
) -> Ran | None:
    """Return the example run with overrides, None where the engine refuses them."""
    params, _ = try_params(spec, overrides)
    if params is None:
        return None
    try:
        return run_engine(spec, params, horizon, collect=collect)
    except (PlanError, SimulationError):
        return None


def other_values(leaf: Leaf) -> list[Any]:
    """Return admissible values near a parameter's own, those likeliest to matter first."""
    info, own = leaf.info, leaf.value
    centre = float(own) if isinstance(own, int | float) else 0.0
    near = [centre * 2, centre / 2, centre * 1.1, centre * 0.9, centre + 1, centre - 1, 0.5, 0.25]
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
