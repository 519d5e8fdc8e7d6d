"""Propose parameter sets in batches with Optuna; the only module that imports it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from runner.contract import Floats
from runner.draws import DrawSource

_ADDRESS = "calibrate search"
_WORST = 1e300  # what a set without an objective is told as: samplers only use ranks


@dataclass(slots=True, kw_only=True)
class Proposer:
    """Asks Optuna for batches and tells it what came out, always in the order of asking.

    The sampler's seed is a draw with an address of its own under the study's seed, so the same
    study proposes the same sets, however and in how many sittings they are computed. `start` is
    tried first by `tpe`; `cmaes` starts from the middle.
    """

    kind: str
    size: int
    batch: int
    seed: int
    start: Floats | None = None
    _study: Any = field(init=False)
    _asked: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        import optuna

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = self._sampler(optuna)
        level = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            self._study = optuna.create_study(sampler=sampler)
        finally:
            optuna.logging.set_verbosity(level)
        if self.start is not None and self.kind == "tpe":
            names = self._names()
            self._study.enqueue_trial(dict(zip(names, map(float, self.start), strict=True)))

    def _sampler(self, optuna: Any) -> Any:
        drawn = DrawSource(seed=self.seed).variable_uniforms(_ADDRESS, 0)
        seed = int(np.asarray(drawn).item() * 2**32)
        samplers = optuna.samplers
        if self.kind == "random":
            return samplers.RandomSampler(seed=seed)
        if self.kind == "cmaes":
            return samplers.CmaEsSampler(seed=seed, popsize=self.batch)
        return samplers.TPESampler(
            seed=seed, multivariate=True, constant_liar=True, n_startup_trials=2 * self.batch
        )

    def _names(self) -> list[str]:
        return [f"x{place:03}" for place in range(self.size)]

    def ask(self, count: int) -> list[Floats]:
        """Return the coordinates of the next sets: float64 (size,) each, from 0 to 1."""
        import optuna

        between = dict.fromkeys(self._names(), optuna.distributions.FloatDistribution(0.0, 1.0))
        self._asked = [self._study.ask(between) for _ in range(count)]
        return [np.array([trial.params[n] for n in self._names()]) for trial in self._asked]

    def tell(self, objectives: Sequence[float | None]) -> None:
        """Report the objectives of the sets last asked for, None where there is none."""
        for trial, objective in zip(self._asked, objectives, strict=True):
            self._study.tell(trial, _WORST if objective is None else objective)
        self._asked = []
