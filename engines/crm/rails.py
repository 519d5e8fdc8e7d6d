"""Hold a scenario's parameters against its guard rails."""

from __future__ import annotations

from collections.abc import Mapping

from engines.crm.scenario import Rail, Scenario
from runner.contract import Leaf, Problem, leaves, shown

_GROUPS = {"group_size": ("group_size.min", "group_size.max")}
_ADVICE = (
    "choose a value inside or set params.guardrails.enabled: off with params.guardrails.motivation"
)


def rails(scenario: Scenario) -> dict[str, Rail]:
    """Return the rail of each parameter that has one, by its path below the scenario."""
    found: dict[str, Rail] = {}
    for path, leaf in leaves(scenario.guardrail).items():
        if leaf.value is not None:
            found |= dict.fromkeys(_GROUPS.get(path, (path,)), leaf.value)
    return found


def rail_problems(scenario: Scenario) -> list[Problem]:
    """Return the parameters outside their rails, paths from `params`."""
    known = leaves(scenario)
    return [
        Problem(
            f"scenario.{path}",
            shown(known[path].value),
            f"{scenario.id} guard rail is [{rail[0]:g}, {rail[1]:g}]; {_ADVICE}",
        )
        for path, rail in rails(scenario).items()
        if not is_inside(known, path, rail)
    ]


def is_inside(known: Mapping[str, Leaf], path: str, rail: Rail) -> bool:
    """Tell whether a parameter lies in its rail, ends included."""
    return bool(rail[0] <= known[path].value <= rail[1])
