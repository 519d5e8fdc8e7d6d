"""From a study to its plan: cells, replicates, drawn variables and the identity of every run.

Everything that can be refused is refused here, before the first run: a random CAC that could fall
below a cent names itself, its cell and its replicate while nothing has been computed yet.
"""

from runner.plan.make import make_plan
from runner.plan.plan import Cell, DrawnVariable, Plan

__all__ = ["Cell", "DrawnVariable", "Plan", "make_plan"]
