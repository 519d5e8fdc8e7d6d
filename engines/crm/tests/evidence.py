"""Hold large runs against every declared law: `python -m engines.crm.tests.evidence`.

Twenty runs of 100,000 base records per scenario, no caps and no budgets, 30 days of intake and 400
of follow-up. Each line: what is declared, what was found, and their distance in standard errors;
those of planned counts come from the spread between the runs.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import numpy as np

from engines.crm.clock import DAY_MS
from engines.crm.intake import distance
from engines.crm.params import METHODS, CrmParams
from engines.crm.preparation import run_shape
from engines.crm.preview import plan_preview
from engines.crm.timeline import advances_and_exits
from engines.crm.world import World

from .support import UNLIMITED, draws, world

RUNS = 20
LARGE = {**UNLIMITED, "volume.base_records": 100_000, "window.intake_days": 30.0}
EDGES = ("subscriber_to_lead", "lead_to_mql", "mql_to_sql", "sql_to_opportunity")
Z95 = 1.6448536269514722

Line = tuple[str, float, float, float]


def laws(params: CrmParams, made: list[World]) -> Iterator[Line]:
    """Give name, declared value, found value and standard error of each law."""
    scenario = params.scenario
    won = np.concatenate([w.deals.won for w in made])
    rate = scenario.deal_win_rate_base
    yield "win rate", rate, won.mean(), math.sqrt(rate * (1 - rate) / won.size)
    logs = np.log(np.concatenate([w.deals.amount for w in made]))
    law = scenario.deal_amount
    for share, z in ((0.05, -Z95), (0.5, 0.0), (0.95, Z95)):
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / law.sigma
        error = math.sqrt(share * (1 - share) / logs.size) / density
        yield f"ln amount, {share:.0%}", law.mu + z * law.sigma, np.quantile(logs, share), error
    counts = sum(np.array(advances_and_exits(w.lifecycle)) for w in made)
    for edge, went, left in zip(EDGES, *counts, strict=True):
        stay = 1 - getattr(scenario.funnel.drop, edge)
        yield f"conversion {edge}", stay, went / left, math.sqrt(stay * (1 - stay) / left)
    days = np.concatenate([(w.deals.closed - w.deals.sql_at) / DAY_MS for w in made])
    error = days.std() / math.sqrt(days.size)
    yield "sales cycle, days", scenario.avg_sales_cycle_days, days.mean(), error


def previews(params: CrmParams, made: list[World]) -> Iterator[Line]:
    """Give name, expectation, mean and standard error of each planned count."""
    for name, row in plan_preview(params).items():
        planned = np.array([w.reconciliation[name].planned for w in made], dtype=float)
        error = planned.std(ddof=1) / math.sqrt(planned.size)
        yield f"planned {name}", row.planned, planned.mean(), error


def arrivals() -> Iterator[tuple[str, float]]:
    """Give each method and its KS distance times sqrt(N), placed independently, in New York."""
    for method in METHODS:
        given = {
            "intake.method": method,
            "window.start_time": "2026-02-20T00:00:00",
            "window.time_zone": "America/New_York",
            "window.intake_days": 28.0,
            "volume.base_records": 100_000,
        }
        settings, ready, made = world(given, "b2c", horizon=28)
        shape = run_shape(settings, ready, draws())
        x = (made.created - ready.intake.start) / ready.intake.span
        yield method, distance(shape, x) * math.sqrt(x.size)


def main() -> None:
    """Print all lines of both scenarios, and the arrivals."""
    for scenario in ("b2b", "b2c"):
        runs = [world(LARGE, scenario, horizon=430, replicate=r) for r in range(RUNS)]
        params, made = runs[0][0], [run[2] for run in runs]
        for name, declared, found, error in (*laws(params, made), *previews(params, made)):
            z = (found - declared) / error if error else 0.0
            sys.stdout.write(f"{scenario}  {name:32} {declared:14.5f} {found:14.5f} {z:+6.2f}\n")
    for method, found in arrivals():
        sys.stdout.write(f"KS*sqrt(N)  {method:16} {found:6.3f} (1 % level: 1.628)\n")


if __name__ == "__main__":
    main()
