"""Measure a run: every declared metric, finite or null with a reason."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.expected import Expectation, expected_shares
from engines.idle_rpg.experiments import TestRules
from engines.idle_rpg.lives import Lives, median
from engines.idle_rpg.params import Params
from engines.idle_rpg.records import MONTH, Tally
from engines.idle_rpg.rules import Rules
from runner.contract import NOT_APPLICABLE, Floats, Metric, MetricValue, Null

RETENTION_DAYS = (1, 7, 14, 30, 60, 90)
CLEAN_DAYS = (1, 7, 30)
TABLE_DAYS = (1, 7, 30, 90)
LTV_DAYS = (30, 90)
_LEAST_EXPECTED = 10.0
_LEAST_CHANGES = 20
FEWEST_WINDOWS = 30
_FEW_WINDOWS = f"fewer_than_{FEWEST_WINDOWS}_windows"
_CENTS = 100.0

Values = dict[str, MetricValue]


def _kinds(params: Params) -> list[str]:
    return list(params.archetypes)


def _payers(params: Params) -> list[str]:
    return [name for name, kind in params.archetypes.items() if kind.payer]


def _retention_metrics() -> Iterator[Metric]:
    for day in RETENTION_DAYS:
        doc = f"active on exactly day {day}, over agents whose day {day} is inside the run"
        yield Metric(name=f"d{day}_retention", unit="fraction", better="higher", doc=doc)
        yield Metric(
            name=f"d{day}_retention.<archetype>", unit="fraction", better="higher",
            doc=f"{doc}, of an archetype", over=_kinds,
        )  # fmt: skip
    for day in CLEAN_DAYS:
        doc = f"active on exactly day {day}, without bots and traffic events"
        yield Metric(name=f"clean_d{day}_retention", unit="fraction", better="higher", doc=doc)
    for day in TABLE_DAYS:
        yield Metric(
            name=f"retention_z_d{day}.<archetype>", unit="sd", over=_kinds,
            doc=f"active on day {day} against what the table promises; see README",
        )  # fmt: skip


METRICS = (
    *_retention_metrics(),
    Metric(
        name="clean_arpu_usd", unit="USD", better="higher",
        doc="revenue per install, without bots and traffic events",
    ),
    Metric(
        name="retention_monotone_z", unit="sd", better="lower",
        doc="largest rise of the retention curve from one day to the next, in its own sd",
    ),
    Metric(
        name="retention_clip_share", unit="fraction", better="lower",
        doc="alive agent-days on which more were wanted than are still alive",
    ),
    Metric(name="installs", unit="agents", better="higher", doc="agents, bots included"),
    Metric(name="active_agent_days", unit="days", better="higher", doc="agents active, all days"),
    Metric(name="dau_mean", unit="agents", better="higher", doc="active agents of a day, mean"),
    Metric(
        name="dau_mau", unit="fraction", better="higher",
        doc="daily over monthly active agents, mean of sim_days from 30 on",
    ),
    Metric(name="bot_share", unit="fraction", doc="bots over installs"),
    Metric(
        name="sessions_per_active_day", unit="count", better="higher", doc="over active days"
    ),
    Metric(
        name="sessions_per_active_day.<archetype>", unit="count", better="higher", over=_kinds,
        doc="over active days of an archetype",
    ),
    Metric(name="session_minutes", unit="minutes", better="higher", doc="over sessions"),
    Metric(
        name="session_minutes.<archetype>", unit="minutes", better="higher", over=_kinds,
        doc="over sessions of an archetype",
    ),
    Metric(
        name="payer_conversion", unit="fraction", better="higher",
        doc="agents with a purchase over installs",
    ),
    Metric(
        name="revenue_share.<archetype>", unit="fraction", over=_kinds, doc="share of revenue"
    ),
    Metric(name="revenue_usd", unit="USD", better="higher", doc="total"),
    Metric(name="arpu_usd", unit="USD", better="higher", doc="revenue per install"),
    Metric(name="arppu_usd", unit="USD", better="higher", doc="revenue per agent with a purchase"),
    Metric(name="arpdau_usd", unit="USD", better="higher", doc="revenue per active agent-day"),
    *(
        Metric(
            name=f"ltv_d{day}_usd", unit="USD", better="higher",
            doc=f"mean revenue of the first {day} days, over agents who have had them",
        )
        for day in LTV_DAYS
    ),
    Metric(
        name="window_spend_usd.<archetype>", unit="USD", over=_payers,
        doc="mean spend of full 30-day windows with 10 active days and a purchase, of 30 windows "
        "at least",
    ),
    Metric(
        name="window_spend_over_range", unit="count", better="lower",
        doc="windows that spent more than the range's end",
    ),
    Metric(name="ads_per_dau", unit="count", doc="completed ads per active agent-day"),
    Metric(name="pulls_per_dau", unit="count", doc="pulls per active agent-day"),
    Metric(name="legendary_per_100_pulls", unit="count", doc="legendaries per 100 pulls"),
    Metric(
        name="pulls_per_week.<archetype>", unit="count", over=_kinds,
        doc="mean over agent-weeks with 5 active days or more",
    ),
    Metric(
        name="stage_cleared_median", unit="stage", better="higher",
        doc="stages cleared, median over everyone but bots",
    ),
    Metric(
        name="stage_cleared_median_retained", unit="stage", better="higher",
        doc="the same over those active at age 30 or later",
    ),
    Metric(
        name="guild_share", unit="fraction", better="higher",
        doc="guild members among non-bots active in the last 7 days",
    ),
    Metric(name="tutorial_completion", unit="fraction", doc="over everyone but bots"),
    Metric(name="tutorial_steps_shown", unit="count", doc="over everyone but bots"),
    Metric(
        name="energy_empty_share", unit="fraction", doc="campaign visits that lacked energy"
    ),
    Metric(
        name="min_balance", unit="units", better="higher",
        doc="smallest value ever of gold, gems, tickets, energy",
    ),
)  # fmt: skip


def ratio(above: float, below: float, reason: str) -> MetricValue:
    """Return above / below, or null with a reason when there is nothing below."""
    return above / below if below else Null(reason)


def measure(
    rules: Rules, tests: tuple[TestRules, ...], tally: Tally, lives: Lives,
    expectation: Expectation | None,
) -> Values:  # fmt: skip
    """Return every declared metric of a finished run."""
    return {
        **_retention(rules, tally),
        **_retention_z(rules, tests, tally, expectation),
        **_shape_of_retention(rules, tally),
        **_activity(rules, tally, lives),
        **_money(rules, tally, lives),
        **_play(rules, lives, tally),
    }


def _share_active(tally: Tally, rules: Rules, day: int, chosen: NDArray[np.bool_]) -> MetricValue:
    if day >= rules.horizon:
        return Null(NOT_APPLICABLE)
    cells = chosen & (tally.cells.install + day <= rules.horizon)
    return ratio(
        int(tally.active[day, cells].sum()), int(tally.installed[cells].sum()), "no_agents"
    )


def _retention(rules: Rules, tally: Tally) -> Values:
    cells, found = tally.cells, Values()
    everyone = np.ones(cells.size, dtype=np.bool_)
    for day in RETENTION_DAYS:
        found[f"d{day}_retention"] = _share_active(tally, rules, day, everyone)
        for index, name in enumerate(rules.archetypes):
            own = cells.archetype == index
            value = _share_active(tally, rules, day, own)
            found[f"d{day}_retention.{name}"] = _applied(rules, name, value)
    for day in CLEAN_DAYS:
        clean = cells.origin < cells.regular
        found[f"clean_d{day}_retention"] = _share_active(tally, rules, day, clean)
    return found


def _applied(rules: Rules, name: str, value: MetricValue) -> MetricValue:
    """Return a value of an archetype; one that the mix rules out does not apply."""
    return Null(NOT_APPLICABLE) if rules.shares[name] == 0 else value


def _retention_z(
    rules: Rules, tests: tuple[TestRules, ...], tally: Tally, expectation: Expectation | None
) -> Values:
    shares: Floats | None = None
    if expectation is not None:
        shares = expected_shares(rules, tests, tally.cells, expectation)
    found = Values()
    for day in TABLE_DAYS:
        for index, name in enumerate(rules.archetypes):
            value: MetricValue = Null(NOT_APPLICABLE)
            if expectation is not None and shares is not None and day < rules.horizon:
                value = _one_z(rules, tally, (expectation.counts, shares[day]), (day, index))
            found[f"retention_z_d{day}.{name}"] = _applied(rules, name, value)
    return found


def _one_z(
    rules: Rules, tally: Tally, classes: tuple[NDArray[np.int64], Floats], place: tuple[int, int]
) -> MetricValue:
    (counts, shares), (day, kind) = classes, place
    cells = tally.cells
    own = (cells.archetype == kind) & (cells.install + day <= rules.horizon)
    expected = math.fsum((counts[own] * shares[own]).ravel().tolist())
    spread = math.fsum((counts[own] * shares[own] * (1.0 - shares[own])).ravel().tolist())
    if expected < _LEAST_EXPECTED or spread <= 0:
        return Null("fewer_than_10_expected")
    return (int(tally.active[day, own].sum()) - expected) / math.sqrt(spread)


def _shape_of_retention(rules: Rules, tally: Tally) -> Values:
    changes = tally.started + tally.stopped
    judged = np.flatnonzero((changes >= _LEAST_CHANGES) & (np.arange(rules.horizon) >= 2))  # noqa: PLR2004
    rises = (tally.started - tally.stopped)[judged] / np.sqrt(changes[judged])
    return {
        "retention_monotone_z": float(rises.max())
        if judged.size
        else Null("fewer_than_20_changes"),
        "retention_clip_share": ratio(tally.clipped, tally.decided, "no_decisions"),
    }


def _activity(rules: Rules, tally: Tally, lives: Lives) -> Values:
    by_kind, dau = lives.by_kind, tally.daily["dau"][1:]
    installs, days = int(by_kind["agents"].sum()), int(by_kind["active_days"].sum())
    mau = monthly_active(tally)[1:]
    late = np.flatnonzero(mau[MONTH - 1 :] > 0) + MONTH - 1
    found: Values = {
        "installs": installs,
        "active_agent_days": days,
        "dau_mean": int(dau.sum()) / rules.horizon,
        "dau_mau": math.fsum((dau[late] / mau[late]).tolist()) / late.size if late.size else Null(
            NOT_APPLICABLE if rules.horizon < MONTH else "no_agents"),
        "bot_share": ratio(int(by_kind["agents"][-1]), installs, "no_agents"),
        "sessions_per_active_day": ratio(int(by_kind["sessions"].sum()), days, "no_agents"),
        "session_minutes": ratio(
            int(by_kind["seconds"].sum()) / 60, int(by_kind["sessions"].sum()), "no_agents"
        ),
    }  # fmt: skip
    for index, name in enumerate(rules.archetypes):
        sessions = int(by_kind["sessions"][index])
        per_day = ratio(sessions, int(by_kind["active_days"][index]), "no_agents")
        minutes = ratio(int(by_kind["seconds"][index]) / 60, sessions, "no_agents")
        found[f"sessions_per_active_day.{name}"] = _applied(rules, name, per_day)
        found[f"session_minutes.{name}"] = _applied(rules, name, minutes)
    return found


def monthly_active(tally: Tally) -> NDArray[np.int64]:
    """Return agents active in the 30 days up to each sim_day: int64 (horizon + 1,)."""
    return np.cumsum(tally.reach)[: tally.daily["dau"].size]


def _money(rules: Rules, tally: Tally, lives: Lives) -> Values:
    by_kind = lives.by_kind
    agents, cents = int(by_kind["agents"].sum()), int(by_kind["revenue_cents"].sum())
    payers, revenue = int(by_kind["payers"].sum()), cents / _CENTS
    found: Values = {
        "clean_arpu_usd": ratio(lives.clean_cents / _CENTS, lives.clean_agents, "no_agents"),
        "payer_conversion": ratio(payers, agents, "no_agents"),
        "revenue_usd": revenue,
        "arpu_usd": ratio(revenue, agents, "no_agents"),
        "arppu_usd": ratio(revenue, payers, "no_payers"),
        "arpdau_usd": ratio(revenue, int(by_kind["active_days"].sum()), "no_agents"),
        "window_spend_over_range": tally.windows_over,
    }
    for day in LTV_DAYS:
        found[f"ltv_d{day}_usd"] = _lifetime_value(rules, tally, day)
    for index, name in enumerate(rules.archetypes):
        share = ratio(int(by_kind["revenue_cents"][index]), cents, "no_revenue")
        found[f"revenue_share.{name}"] = _applied(rules, name, share)
        if rules.params.archetypes[name].payer:
            number, spent = tally.windows[:, index].tolist()
            few = number < FEWEST_WINDOWS  # the mean of a few may lie outside the spend range
            value = Null(_FEW_WINDOWS) if few else spent / _CENTS / number
            short = rules.horizon < MONTH
            found[f"window_spend_usd.{name}"] = (
                Null(NOT_APPLICABLE) if short else _applied(rules, name, value)
            )
    return found


def _lifetime_value(rules: Rules, tally: Tally, days: int) -> MetricValue:
    if days > rules.horizon:
        return Null(NOT_APPLICABLE)
    cells = tally.cells.install + days - 1 <= rules.horizon
    cents = int(tally.revenue[:days, cells].sum())
    return ratio(cents / _CENTS, int(tally.installed[cells].sum()), "no_agents")


def _play(rules: Rules, lives: Lives, tally: Tally) -> Values:
    by_kind = lives.by_kind
    days, people = int(by_kind["active_days"].sum()), int(by_kind["agents"][:-1].sum())
    stages, retained = median(lives.stages), median(lives.stages_retained)
    found: Values = {
        "ads_per_dau": ratio(lives.ads, days, "no_agents"),
        "pulls_per_dau": ratio(lives.pulls, days, "no_agents"),
        "legendary_per_100_pulls": ratio(100.0 * lives.legendaries, lives.pulls, "no_pulls"),
        "stage_cleared_median": Null("no_agents") if stages is None else stages,
        "stage_cleared_median_retained": Null("nobody_retained") if retained is None else retained,
        "guild_share": ratio(lives.recent_members, lives.recent, "nobody_active"),
        "tutorial_completion": ratio(lives.tutorials_done, people, "no_agents"),
        "tutorial_steps_shown": ratio(lives.tutorial_steps, people, "no_agents"),
        "energy_empty_share": ratio(lives.lacked, lives.visits, "no_visits"),
        "min_balance": lives.lowest,
    }
    for index, name in enumerate(rules.archetypes):
        number, pulls = tally.weeks[:, index].tolist()
        found[f"pulls_per_week.{name}"] = _applied(
            rules, name, ratio(pulls, number, "no_full_weeks")
        )
    return found
