"""Expect how many objects a run plans, from the parameters alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engines.crm.funnel import drop_probabilities
from engines.crm.numbers import with_odds
from engines.crm.params import MONTHS, Archetype, CrmParams, archetypes, mix_shares, volume
from engines.crm.scenario import TOUCH_TYPES

_TAIL = 1e-3


@dataclass(frozen=True, slots=True)
class Expectation:
    """Expected planned objects of a type, and the budget that limits it (None: none)."""

    planned: float
    budget: int | None = None

    @property
    def exceeds_budget(self) -> bool:
        """Tell whether more is expected than the budget allows."""
        return self.budget is not None and self.planned > self.budget


def plan_preview(params: CrmParams) -> dict[str, Expectation]:
    """Return the expectation of each type; caps, budgets and calls they refuse are ignored."""
    n_contacts, size = volume(params), params.scenario.group_size
    shares = mix_shares(params)
    per_contact = dict.fromkeys(("deal", *TOUCH_TYPES), 0.0)
    for name, kind in archetypes(params).items():
        for what, value in _per_contact(params, kind).items():
            per_contact[what] += shares[name] * value
    budget = params.scenario.touch.budget
    return {
        "contact": Expectation(float(n_contacts)),
        "company": Expectation(n_contacts * 2.0 / (size.min + size.max)),
        "deal": Expectation(n_contacts * per_contact["deal"]),
        **{
            name: Expectation(n_contacts * per_contact[name], getattr(budget, name))
            if params.touchpoints.enabled
            else Expectation(0.0)
            for name in TOUCH_TYPES
        },
    }


def _per_contact(params: CrmParams, kind: Archetype) -> dict[str, float]:
    scenario, funnel = params.scenario, params.scenario.funnel
    probability, density = scenario.touch.probability, scenario.touch.density
    advance = [
        1.0 - float(with_odds(drop, kind.drop_odds_multiplier))
        for drop in drop_probabilities(params)
    ]
    reached = math.prod(advance[1:])
    returns = funnel.nurture_share * (1.0 - reached)
    leads = advance[0] * math.fsum(returns**p for p in range(funnel.max_nurture_cycles + 1))
    won = float(with_odds(min(1.0, mean_win_rate(params)), kind.win_odds_multiplier))
    deals = leads * reached
    return {
        "deal": deals,
        "call": leads * advance[1] * probability.mql_call
        + advance[0] * _mean(density.calls_per_lead),
        "task": leads * advance[1] * (1 - probability.mql_call) * probability.follow_up_task
        + advance[0] * _mean(density.tasks_per_lead),
        "note": probability.initial_note
        + advance[0] * _mean(density.notes_per_lead)
        + (leads - advance[0]) * probability.regression_note
        + deals * won * probability.won_note,
        "ticket": deals * (1 - won) * probability.lost_ticket,
    }


def _mean(pair: tuple[int, ...]) -> float:
    return (pair[0] + pair[1]) / 2


def mean_multiplier(params: CrmParams) -> float:
    """Return the mean monthly win multiplier."""
    return math.fsum(params.deals.win_multiplier_by_month) / MONTHS


def mean_win_rate(params: CrmParams) -> float:
    """Return the base win rate times the mean monthly multiplier."""
    return params.scenario.deal_win_rate_base * mean_multiplier(params)


def erlang_tail(shape: int) -> float:
    """Return the 99.9 % quantile of an Erlang time with mean 1, by bisection.

    Source: closed-form survival e^(-y) * sum of y^i / i! for i < shape, y = shape * x.
    """
    low, high = 0.0, 20.0
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        y = shape * middle
        survival = math.exp(-y) * math.fsum(y**i / math.factorial(i) for i in range(shape))
        low, high = (middle, high) if survival > _TAIL else (low, middle)
    return high


def followup_days(params: CrmParams, cycle_multiplier: float) -> float:
    """Return the follow-up after SQL in which 99.9 % of the longest cycles have closed."""
    scenario = params.scenario
    return erlang_tail(scenario.cycle.shape) * scenario.avg_sales_cycle_days * cycle_multiplier
