"""Write the tables of a run, block by block where rows belong to agents."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg import tables
from engines.idle_rpg.expected import Expectation, expected_shares
from engines.idle_rpg.experiments import TestRules
from engines.idle_rpg.game import DAY_SECONDS, Game, Purchases, refresh_energy
from engines.idle_rpg.labels import source_names, variant_names
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.luck import WINDOW_DAYS
from engines.idle_rpg.metrics import monthly_active
from engines.idle_rpg.params import Params
from engines.idle_rpg.records import Recorder, Tally, level_of
from engines.idle_rpg.rules import Rules
from engines.idle_rpg.trials import Trials
from runner.contract import Floats, TableSink

_MS = 1000
_BATCH = 32_768  # rows of days written at once; no byte depends on it


def known(params: Params) -> frozenset[str]:
    """Return the names of the tables that a run has."""
    return frozenset(schema.name for schema in tables.tables(params))


def _masked(values: Ints, nulls: NDArray[np.bool_]) -> np.ma.MaskedArray:
    return np.ma.MaskedArray(values, mask=nulls)


def _moment(game: Game, rows: Ints, seconds: Ints) -> Ints:
    """Return milliseconds since 1970 of seconds since midnight of agents' install days."""
    day = game.rules.first_day + game.players.profile.install[rows] - 1
    return (day * DAY_SECONDS + seconds) * _MS


def write_block(out: TableSink, game: Game, records: Recorder) -> None:
    """Write the rows that belong to the agents of a block."""
    if out.wants("agents"):
        out.write("agents", agent_columns(game))
    for rows in _day_rows(game, records):
        out.write("agent_days", rows)
    if game.purchases is not None and game.purchases.columns:
        out.write("purchases", _purchase_rows(game, game.purchases))
    if game.tests and out.wants("ab_exposures"):
        out.write("ab_exposures", _exposure_rows(game))


def agent_columns(game: Game) -> dict[str, object]:
    """Return the columns of `agents` for a block."""
    players, profile, rules = game.players, game.players.profile, game.rules
    everyone = np.arange(players.size)
    sources = source_names(rules.params)
    by_origin = np.array([sources.index(origin.source) for origin in rules.origins])
    regular = len(rules.params.traffic.sources)
    retention = np.array([origin.retention for origin in rules.origins])
    gone = players.churn_age < 0
    state = players.state
    end = (players.last_age + 1) * DAY_SECONDS
    energy = refresh_energy(rules, state, game.effects, everyone, end)
    return {
        "agent_id": profile.ids,
        "archetype": profile.archetype,
        "is_bot": profile.is_bot,
        "source": by_origin[profile.origin],
        "traffic_event": np.where(profile.origin < regular, -1, profile.origin - regular),
        "country": profile.labels["country"],
        "platform": profile.labels["platform"],
        "app_version": profile.labels["app_version"],
        "install_day": profile.install,
        "install_at": _moment(game, everyone, players.install_at),
        "retention_multiplier": retention[profile.origin],
        "monetisation_multiplier": players.money,
        "ab_assignments": _assignments(game),
        "churn_day": _masked(profile.install + players.churn_age, gone),
        "churn_age_day": _masked(players.churn_age, gone),
        "last_active_day": profile.install + players.last_age,
        "active_days": players.active_days,
        "sessions": players.total("sessions"),
        "minutes": players.total("seconds") / 60,
        "tutorial_steps_shown": players.tutorial_shown,
        "tutorial_completed": players.tutorial_done,
        "purchases": players.total("purchases"),
        "revenue_usd": players.total("revenue_cents") / 100,
        "first_purchase_age_day": _masked(players.first_purchase, players.first_purchase < 0),
        "pulls": players.total("pulls"),
        "legendaries": players.total("legendaries"),
        "stages_cleared": state.cleared,
        "player_level": level_of(rules, state.exp),
        "vip_level": state.vip,
        "guild_id": _masked(state.guild, state.guild < 0),
        "team_power": state.team_power,
        "gold": state.gold,
        "gems": state.gems,
        "tickets": state.tickets,
        "energy": energy,
    }


def _assignments(game: Game) -> NDArray[np.object_]:
    """Return `test=variant;...` of each agent, tests in alphabetical order."""
    players = game.players
    shape = tuple(len(compiled.test.variants) for compiled in game.tests)
    if not shape:
        return np.full(players.size, "", dtype=object)
    combined = np.ravel_multi_index(tuple(players.variants), shape)
    present, place = np.unique(combined, return_inverse=True)
    texts = []
    for one in zip(*np.unravel_index(present, shape), strict=True):
        pairs = zip(game.tests, one, strict=True)
        texts.append(";".join(f"{c.name}={c.test.variant_names[int(v)]}" for c, v in pairs))
    return np.array(texts, dtype=object)[place]


def _day_rows(game: Game, records: Recorder) -> Iterator[dict[str, object]]:
    """Give the rows of `agent_days` in batches; the days are forgotten, since they take memory."""
    days, records.days = records.days, []
    if not days:
        return
    joined = {name: np.concatenate([day.pop(name) for day in days]) for name in list(days[0])}
    order = np.argsort(joined["row"], kind="stable")  # ages were appended in order
    for start in range(0, order.size, _BATCH):
        some = order[start : start + _BATCH]
        yield _day_columns(game, {name: values[some] for name, values in joined.items()})


def _day_columns(game: Game, days: dict[str, Ints]) -> dict[str, object]:
    row, profile = days.pop("row"), game.players.profile
    days.pop("arena_wins")
    return {
        "agent_id": profile.ids[row],
        "sim_day": profile.install[row] + days["age_day"],
        "minutes": days.pop("seconds") / 60,
        "revenue_usd": days.pop("revenue_cents") / 100,
        **days,
    }


def _purchase_rows(game: Game, sales: Purchases) -> dict[str, object]:
    joined = {name: np.concatenate(parts) for name, parts in sales.columns.items()}
    order = np.lexsort((joined["number"], joined["row"]))
    sold = {name: values[order] for name, values in joined.items()}
    row, profile = sold["row"], game.players.profile
    return {
        "agent_id": profile.ids[row],
        "purchase_no": sold["number"],
        "purchased_at": _moment(game, row, sold["at"]),
        "sim_day": profile.install[row] + sold["age"],
        "age_day": sold["age"],
        "session_no": sold["session"],
        "trigger": sold["trigger"],
        "product": sold["product"],
        "price_usd": sold["price"] / 100,
        "gems": sold["gems"],
        "tickets": sold["tickets"],
        "window": sold["age"] // WINDOW_DAYS,
        "budget_usd": sold["budget"] / 100,
        "spent_in_window_usd": sold["spent"] / 100,
    }


def _exposure_rows(game: Game) -> dict[str, object]:
    players, names = game.players, variant_names(game.rules.params)
    tests = len(game.tests)
    rows = np.repeat(np.arange(players.size), tests)
    codes = [
        np.array([names.index(v) for v in compiled.test.variants])[players.variants[index]]
        for index, compiled in enumerate(game.tests)
    ]
    age = players.exposed.T.reshape(-1)
    seconds = np.where(age == 0, players.install_at[rows], age * DAY_SECONDS)
    return {
        "agent_id": players.profile.ids[rows],
        "test": np.tile(np.arange(tests), players.size),
        "variant": np.stack(codes, axis=1).reshape(-1),
        "exposed_age_day": _masked(age, age < 0),
        "exposed_at": _masked(_moment(game, rows, seconds), age < 0),
    }


def write_summary(out: TableSink, rules: Rules, tally: Tally, featured: Ints) -> None:
    """Write the calendar of the run and its banners."""
    if out.wants("daily_summary"):
        daily = {name: values[1:] for name, values in tally.daily.items()}
        day = np.arange(1, rules.horizon + 1)
        columns = {
            "sim_day": day,
            "date": rules.first_day + day - 1,
            "mau": monthly_active(tally)[1:],
            "minutes": daily.pop("seconds") / 60,
            "revenue_usd": daily.pop("revenue_cents") / 100,
            **daily,
        }
        out.write("daily_summary", columns)
    if out.wants("banners"):
        given = rules.params.gacha
        index = np.unique(rules.banner[rules.banner >= 0])
        first = 1 + index * (given.banner_days + given.banner_gap_days)
        columns = {
            "banner_index": index,
            "first_sim_day": first,
            "last_sim_day": first + given.banner_days - 1,
            "featured_hero_id": featured[index],
        }
        out.write("banners", columns)


def write_cohorts(
    out: TableSink, rules: Rules, tests: tuple[TestRules, ...], tally: Tally,
    expectation: Expectation | None,
) -> None:  # fmt: skip
    """Write retention and revenue by cohort and age."""
    if not out.wants("cohort_retention"):
        return
    expected: Floats | None = None
    if expectation is not None:
        shares = expected_shares(rules, tests, tally.cells, expectation)
        expected = (shares * expectation.counts).sum(axis=2)
    values = tables.cohort_values(rules.params)
    for dimension, value, chosen in _cohorts(rules, tally):
        columns = _cohort_columns(rules, tally, chosen, expected)
        size = columns["age_day"].size
        if size:
            labels = {
                "dimension": np.full(size, tables.DIMENSIONS.index(dimension)),
                "value": np.full(size, values.index(value)),
            }
            out.write("cohort_retention", {**labels, **columns})


def _cohorts(rules: Rules, tally: Tally) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Give dimension, value and cells of each cohort in order of the table's key."""
    cells = tally.cells
    yield "all", "all", np.ones(cells.size, dtype=np.bool_)
    names = tables.archetype_names(rules.params)
    for name in sorted(names):
        yield "archetype", name, cells.archetype == names.index(name)
    yield "clean", "clean", cells.origin < cells.regular
    for day in np.unique(cells.install).tolist():
        yield "install_day", tables.day_label(day), cells.install == day
    sources = np.array([origin.source for origin in rules.origins])[cells.origin]
    for name in sorted(set(sources.tolist())):
        yield "source", name, sources == name


def _cohort_columns(
    rules: Rules, tally: Tally, chosen: NDArray[np.bool_], expected: Floats | None
) -> dict[str, NDArray[np.generic]]:
    """Return the columns of one cohort, ages without any agent left out."""
    age = np.arange(rules.horizon)[:, None]
    inside = chosen & (tally.cells.install + age <= rules.horizon)
    eligible = (inside * tally.installed).sum(axis=1)
    kept = np.flatnonzero(eligible)
    later = tally.last[::-1].cumsum(axis=0)[::-1]
    active, rolling = (inside * tally.active).sum(axis=1), (inside * later).sum(axis=1)
    earned = (inside * tally.revenue.cumsum(axis=0)).sum(axis=1)
    wanted = np.full(rules.horizon, np.nan) if expected is None else (
        (inside * expected).sum(axis=1) / np.maximum(1, eligible))  # fmt: skip
    return {
        "age_day": kept,
        "n_eligible": eligible[kept],
        "n_active": active[kept],
        "retention": active[kept] / eligible[kept],
        "n_rolling": rolling[kept],
        "rolling_retention": rolling[kept] / eligible[kept],
        "expected_retention": wanted[kept],
        "cumulative_revenue_usd": earned[kept] / 100,
    }


def write_trials(out: TableSink, trials: Trials) -> None:
    """Write the comparison of variants."""
    if not trials.tests or not out.wants("ab_results"):
        return
    rows = list(trials.rows())
    if rows:
        out.write("ab_results", {name: [row[name] for row in rows] for name in rows[0]})
