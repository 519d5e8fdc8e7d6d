"""Random numbers by address, the only place that imports `numpy.random`.

A draw has an address (seed, scope, stream, replicate, step, entity, and the cell on request), not
a place in a queue. Customer 4,711's churn draw in week 12 is therefore the same number in every
arm, for every number of customers, on every worker.
"""

from runner.draws.loops import are_compiled
from runner.draws.source import GENERATORS, DrawSource, RunDraws

__all__ = ["GENERATORS", "DrawSource", "RunDraws", "are_compiled"]
