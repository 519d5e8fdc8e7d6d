"""Name a small run in which every parameter can show its effect."""

from __future__ import annotations

from engines.crm.scenario import B2B, B2C_VALUES, CYCLE_STAGES
from runner.contract import Example, FrozenMapping, leaves

_SCENARIO = {f"scenario.{path}": leaf.value for path, leaf in leaves(B2B).items()}
_SCENARIO |= {f"scenario.{path}": value for path, value in B2C_VALUES.items()}

_SHARES = "scenario.cycle.shares"


def _bindings() -> dict[str, dict[str, float]]:
    """Give each share of the cycle another value: one more gains what the next loses."""
    shares = [getattr(B2B.cycle.shares, name) for name in CYCLE_STAGES]
    found = {}
    for index, name in enumerate(CYCLE_STAGES):
        other = (index + 1) % len(CYCLE_STAGES)
        found[f"{_SHARES}.{name}"] = {
            f"{_SHARES}.{name}": shares[index] + 0.05,
            f"{_SHARES}.{CYCLE_STAGES[other]}": shares[other] - 0.05,
        }
    return found


EXAMPLE = Example(
    params=FrozenMapping({**_SCENARIO, "volume.base_records": 200, "window.intake_days": 30.0}),
    horizons=(60, 90),
    population="volume.base_records",
    binding=FrozenMapping(_bindings()),
)
