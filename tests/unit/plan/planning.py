"""Plan small studies in memory."""

from __future__ import annotations

from typing import Any

from runner.config import compose_study, request_from_mapping
from runner.plan import Plan, make_plan


def plan_of(engine: str = "linear_null", **sections: Any) -> Plan:
    """Return the plan of a study given by its sections."""
    return make_plan(compose_study(request_from_mapping({"engine": engine, **sections})))


def variable(**fields: Any) -> dict[str, Any]:
    return {"treatment": "random", "distribution": "uniform", **fields}
