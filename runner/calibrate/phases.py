"""Search the whole space, then race the best: fixed rounds, whatever computes them."""

from __future__ import annotations

from collections.abc import Sequence

from runner.calibrate.distance import paired_difference_se
from runner.calibrate.journey import Journey
from runner.calibrate.search import Proposer
from runner.calibrate.space import Space
from runner.calibrate.trial import Trial
from runner.config.study import Calibration
from runner.contract import FailedRunsError, SimulationError

_CLOSE = 2.0  # standard errors within which two sets count as close


def search(journey: Journey, space: Space, how: Calibration, proposer: Proposer) -> None:
    """Try `how.trials` sets in batches of `how.batch`.

    Raises:
        FailedRunsError: not one of them gave a number for every target, and runs failed.
        SimulationError: no run failed, and yet not one of them gave a number for every target.
    """
    left = how.trials
    while left:
        asked = proposer.ask(min(how.batch, left))
        rows = journey.go("search", [space.values(u) for u in asked], how.replicates)
        proposer.tell([None if row.score is None else row.score.objective for row in rows])
        left -= len(rows)
    if not journey.finalists(1):
        first = next(row.tried for row in journey.trials)
        some_failed = any(row.tried.status == "failed" for row in journey.trials)
        kind = FailedRunsError if some_failed else SimulationError
        raise kind(f"no parameter set gave a number for every target; the first: {first.error}")


def race(journey: Journey, how: Calibration) -> Trial:
    """Give the best sets more and more replicates; those clearly behind drop out.

    Each stage doubles the replicates, up to `how.confirm_replicates`. A set stays while its
    objective is within two standard errors of the best one's, both over the same replicates.
    """
    rows, replicates = journey.finalists(how.finalists), how.replicates
    while replicates < how.confirm_replicates:
        replicates = min(2 * replicates, how.confirm_replicates)
        tried = journey.go("race", [row.values for row in rows], replicates)
        scored = [row for row in tried if row.score is not None]
        if not scored:
            break  # only with more replicates did runs fail: the row before is the best there is
        rows = _close_to_best(scored)
    return min(rows, key=lambda row: row.rank)


def _close_to_best(rows: Sequence[Trial]) -> list[Trial]:
    ordered = sorted(rows, key=lambda row: row.rank)
    best = ordered[0].score
    return [
        row
        for row in ordered
        if best is not None
        and row.score is not None
        and row.score.objective - best.objective <= _CLOSE * paired_difference_se(row.score, best)
    ]
