"""Run the runs: one run to an outcome, parts of a plan on a joblib pool.

A run that fails is a record like any other; the rest of the night's sweep goes on.
"""

from runner.execute.cut import Part, cut_parts
from runner.execute.pool import execute_plan
from runner.execute.single import RunSpec, run_once

__all__ = ["Part", "RunSpec", "cut_parts", "execute_plan", "run_once"]
