"""Compute the retention that a run should show: the expectation of every published share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.idle_rpg.curve import expected_active, next_alive
from engines.idle_rpg.experiments import TestRules
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import Players
from engines.idle_rpg.records import Cells
from engines.idle_rpg.rules import Rules
from runner.contract import Floats


@dataclass(slots=True, kw_only=True)
class Expectation:
    """Agents by class: same cell, same variants of the tests that touch retention.

    `counts`: int64 (n_cells, n_classes); `tests`: the tests in question, all acting from install.
    """

    tests: tuple[int, ...]
    sizes: tuple[int, ...]
    counts: Ints

    def add(self, players: Players, cell: Ints) -> None:
        """Count a block of agents."""
        classes = self.counts.shape[1]
        kind = np.zeros(players.size, dtype=np.int64)
        for test, size in zip(self.tests, self.sizes, strict=True):
            kind = kind * size + players.variants[test]
        found = np.bincount(cell * classes + kind, minlength=self.counts.size)
        self.counts += found.reshape(self.counts.shape)


def new_expectation(rules: Rules, tests: tuple[TestRules, ...], cells: Cells) -> Expectation | None:
    """Return empty classes, or None where histories decide: no expectation is known beforehand."""
    acting = [i for i, test in enumerate(tests) if test.retention is not None]
    windows = [
        effects.retention_window.value != 1.0
        for i in acting for _, effects in tests[i].in_force()
    ]  # fmt: skip
    late = [tests[i].is_late for i in acting]
    if rules.params.retention.dynamic_modifiers or any(windows) or any(late):
        return None
    sizes = tuple(len(tests[i].test.variants) for i in acting)
    classes = int(np.prod(sizes, dtype=np.int64))
    counts = np.zeros((cells.size, classes), dtype=np.int64)
    return Expectation(tests=tuple(acting), sizes=sizes, counts=counts)


def expected_shares(
    rules: Rules, tests: tuple[TestRules, ...], cells: Cells, expectation: Expectation
) -> Floats:
    """Return e(d) of every cell and class: float64 (horizon, n_cells, n_classes); 0 for bots."""
    curve = np.concatenate([rules.curve, np.zeros((1, rules.curve.shape[1]))])
    static = np.array([origin.retention for origin in rules.origins])
    shape = expectation.counts.shape
    variants = np.unravel_index(np.arange(shape[1]), expectation.sizes) if expectation.sizes else ()
    alive, found = np.ones(shape), np.zeros((rules.horizon, *shape))
    found[0] = 1.0
    for age in range(1, rules.horizon):
        base = curve[cells.archetype, age] * static[cells.origin]
        factor = np.ones(shape[1])
        for test, own in zip(expectation.tests, variants, strict=True):
            table = tests[test].retention
            factor = factor if table is None else factor * table[own, age]
        wanted = np.minimum(base[:, None] * factor, rules.params.retention.cap)
        found[age] = expected_active(wanted, alive)
        alive = next_alive(alive, found[age], float(rules.churn[age]))
    return found
