"""Name a small run in which every parameter can show its effect."""

from __future__ import annotations

from engines.crm.scenario import B2B, B2C_VALUES
from runner.contract import Example, FrozenMapping, leaves

_SCENARIO = {f"scenario.{path}": leaf.value for path, leaf in leaves(B2B).items()}
_SCENARIO |= {f"scenario.{path}": value for path, value in B2C_VALUES.items()}

EXAMPLE = Example(
    params=FrozenMapping({**_SCENARIO, "volume.base_records": 200, "window.intake_days": 30.0}),
    horizons=(60, 90),
    population="volume.base_records",
)
