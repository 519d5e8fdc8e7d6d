"""Name a small run in which every parameter can show its effect."""

from __future__ import annotations

from runner.contract import Example

EXAMPLE = Example(params={"population.n_agents": 60}, horizons=(9, 35), population="population.n_agents")
