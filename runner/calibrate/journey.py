"""Everything that was tried, in order: the one place where trials are numbered and scored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from runner.calibrate.bench import Bench
from runner.calibrate.distance import score
from runner.calibrate.space import Values
from runner.calibrate.trial import Phase, Trial

Listener = Callable[[Sequence[Trial]], None]
"""Hears of all trials so far after each round."""


@dataclass(slots=True, kw_only=True)
class Journey:
    """Tries parameter sets on the bench and keeps the record."""

    bench: Bench
    listener: Listener
    trials: list[Trial] = field(default_factory=list)
    _round: int = 0
    _candidates: dict[str, int] = field(default_factory=dict)

    def go(self, phase: Phase, sets: Sequence[Values], replicates: int) -> list[Trial]:
        """Try these parameter sets together and return their rows, in order."""
        tried = self.bench.try_sets(sets, replicates)
        rows: list[Trial] = []
        for values, outcome in zip(sets, tried, strict=True):
            index = len(self.trials) + len(rows)
            key = repr(sorted(values.items()))
            found = outcome.observed
            rows.append(
                Trial(
                    index=index,
                    candidate=self._candidates.setdefault(key, index),
                    phase=phase,
                    round=self._round,
                    replicates=replicates,
                    values=dict(values),
                    tried=outcome,
                    score=None if found is None else score(self.bench.points, found),
                )
            )
        self.trials += rows
        self._round += 1
        self.listener(self.trials)
        return rows

    def finalists(self, count: int) -> list[Trial]:
        """Return the best distinct parameter sets so far."""
        found: dict[int, Trial] = {}
        for trial in sorted(self.trials, key=lambda t: t.rank):
            if trial.score is not None:
                found.setdefault(trial.candidate, trial)
        return list(found.values())[:count]
