"""Run the runs: one run to an outcome, parts of a plan on a joblib pool.

A run that fails is a record like any other; the rest of the night's sweep goes on.
"""

from runner.execute.again import recompute
from runner.execute.cut import Again, Part, cut_parts, distinct_runs, never_again
from runner.execute.pool import execute_plan
from runner.execute.single import RunSpec, run_once

__all__ = [
    "Again",
    "Part",
    "RunSpec",
    "cut_parts",
    "distinct_runs",
    "execute_plan",
    "never_again",
    "recompute",
    "run_once",
]
