"""Find the parameter that a row of a sheet names, or say which one may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner.config.sheet_files import SheetRow
from runner.config.values import Checker
from runner.contract import NUMERIC, Leaf, ParamGroup, Problem, build_params

GENERAL = "general"
_CUTOFF = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetGround:
    """What sheets may name: an engine's scopes and parameters as configured.

    `scopes` ends with `general`; `leaves` are all parameters, `addressable` those that a row can
    name, `blocks` maps each monthly block to the parameter it redraws. A row may make at most
    `max_levels` levels.
    """

    engine: str
    scopes: tuple[str, ...]
    leaves: Mapping[str, Leaf]
    addressable: Mapping[str, Leaf]
    blocks: Mapping[str, str]
    params: ParamGroup
    max_levels: int

    def scope_of(self, path: str) -> str:
        """Return the scope of a path: its first segment, or `general` where that is no scope."""
        first = path.partition(".")[0]
        return first if first in self.scopes else GENERAL


def sheet_ground(check: Checker, max_levels: int) -> SheetGround:
    """Return what sheets may name under a configuration."""
    built, _ = build_params(check.spec.params, check.params, with_rules=False)
    blocks = {leaf.block_path: path for path, leaf in check.leaves.items() if leaf.block_path}
    return SheetGround(
        engine=check.spec.name,
        scopes=(*check.spec.scopes, GENERAL),
        leaves=check.leaves,
        addressable={
            path: leaf
            for path, leaf in check.leaves.items()
            if leaf.kind in (*NUMERIC, "enum") and path.rpartition(".")[0] not in blocks
        },
        blocks=blocks,
        params=built if built is not None else check.spec.params(),
        max_levels=max_levels,
    )


def addressed_leaf(row: SheetRow, ground: SheetGround) -> tuple[Leaf | None, list[Problem]]:
    """Return the parameter of a row, or None, and what is wrong with its path.

    A path outside the row's scope is wrong, but names a parameter all the same.
    """
    leaf = ground.addressable.get(row.path)
    if leaf is None:
        return None, [_unaddressable(row, ground)]
    scope = ground.scope_of(row.path)
    if row.scope in ground.scopes and scope != row.scope:
        allowed = f"a row of this path has the scope {scope}"
        return leaf, [row.problem("path", f"is outside the scope {row.scope}", allowed)]
    return leaf, []


def _unaddressable(row: SheetRow, ground: SheetGround) -> Problem:
    centre = ground.blocks.get(row.path.rpartition(".")[0])
    if row.path in ground.leaves and centre is not None:
        wrong = "belongs to a monthly block"
        return row.problem("path", wrong, f"per_month=true on a row of {centre} fills it")
    if row.path in ground.leaves:
        return row.problem("path", "is no number and no enum", "only these can be variables")
    likely = _likely(row, ground)
    if likely is None:
        allowed = f"python -m runner engines {ground.engine} lists the paths"
    else:
        allowed = f"did you mean {likely} in {unit_of(ground.addressable[likely])}?"
    return row.problem("path", "names no parameter", allowed)


def unit_of(leaf: Leaf) -> str:
    """Return what a row of this parameter must carry as its unit."""
    return "enum" if leaf.kind == "enum" else leaf.info.unit


def _likely(row: SheetRow, ground: SheetGround) -> str | None:
    """Return the path most likely meant: the same or a near last segment in the row's scope."""
    paths = [path for path in ground.addressable if ground.scope_of(path) == row.scope]
    by_name: dict[str, list[str]] = {}
    for path in paths or ground.addressable:
        by_name.setdefault(path.rpartition(".")[2], []).append(path)
    name = _closest(row.path.rpartition(".")[2], list(by_name), _CUTOFF)
    if name is not None:
        return _closest(row.path, by_name[name], 0.0)
    return _closest(row.path, list(ground.addressable), _CUTOFF)


def _closest(name: str, known: Sequence[str], cutoff: float) -> str | None:
    if name in known:
        return name
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=cutoff)), None)
