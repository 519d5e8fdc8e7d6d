"""Run the game: block after block of players, then metrics, tables and checks."""

from __future__ import annotations

import numpy as np

from engines.idle_rpg import writing
from engines.idle_rpg.checks import Checklist
from engines.idle_rpg.compact import some_profiles
from engines.idle_rpg.events.schemas import event_tables
from engines.idle_rpg.events.settings import compile_settings
from engines.idle_rpg.events.writing import new_log, write_events
from engines.idle_rpg.expected import new_expectation
from engines.idle_rpg.experiments import compile_tests
from engines.idle_rpg.gacha import draw_featured
from engines.idle_rpg.game import Game, Purchases
from engines.idle_rpg.life import live, new_game
from engines.idle_rpg.lives import add_lives, new_lives
from engines.idle_rpg.luck import PACK_TRIGGERS
from engines.idle_rpg.metrics import measure
from engines.idle_rpg.params import TRIGGERS, Params
from engines.idle_rpg.population import crowds, draw_profile
from engines.idle_rpg.records import Recorder, new_tally
from engines.idle_rpg.rules import Rules
from engines.idle_rpg.trials import new_trials
from runner.contract import Draws, Outcome, TableSink

BLOCK = 131_072  # agents in memory at once; no result depends on it
_ROWS_BLOCK = 16_384  # the same when tables with rows of agents are written
_EVENT_DAYS = 2_250_000  # agents times days in memory at once when events are collected
_BY_AGENT = ("agents", "ab_exposures", "agent_days", "purchases")

STREAMS = (
    "install_day", "archetype.<name>", "source", "bot", "country", "platform", "app_version",
    "ab/<test>", "allocation", "starting_heroes", "taste", "banner_hero", "return", "churn",
    "spend_budget", "pull_cap", "session_count", "session_round", "session_start",
    "session_minutes", "act/<action>", "tutorial_skip", "tutorial_seconds", "tutorial_abandon",
    "stage_attempt", "stage_seconds", "stage_success", "upgrade_do", "pull_rarity", "pull_hero",
    "pull_featured", "arena_engage", "arena_opponent", "arena_win", "guild_join", "guild_pick",
    "guild_leave", "guild_attack", "ad_skip", *(f"iap/{name}" for name in TRIGGERS),
    *(f"iap_product/{name}" for name in PACK_TRIGGERS),
    "bot_sessions", "bot_minutes", "event_key", "stage_stars", "stage_loot", "guild_damage",
    "ad_network", "ad_placement", "ad_skip_seconds", "iap_fail_reason",
)  # fmt: skip


def _equal_blocks(agents: int, most: int) -> int:
    """Return the size of equal blocks of at most so many agents: each costs the same overhead."""
    return -(-agents // -(-agents // most))


def simulate(
    params: Params, prepared: Rules, draws: Draws, horizon: int, out: TableSink
) -> Outcome:
    """Run one replicate of `horizon` days."""
    rules, tests = prepared, compile_tests(prepared)
    tally, lives, trials = new_tally(rules), new_lives(rules), new_trials(rules, tests)
    expectation = new_expectation(rules, tests, tally.cells)
    featured, checklist = draw_featured(rules, draws), Checklist()
    writes_rows = any(out.wants(name) for name in _BY_AGENT if name in writing.known(params))
    events = tuple(schema for schema in event_tables(params) if out.wants(schema.name))
    most = _EVENT_DAYS // horizon if events else _ROWS_BLOCK if writes_rows else BLOCK
    size = _equal_blocks(params.population.n_agents, min(BLOCK, most))
    settings = compile_settings(rules, draws, events) if events else None
    writes_rows = writes_rows or settings is not None

    def close(game: Game, records: Recorder) -> None:
        add_lives(lives, game)
        trials.add(game)
        if expectation is not None:
            expectation.add(game.players, records.cell)
        checklist.add(game)

    for crowd in crowds(params, horizon, size):
        profile = draw_profile(rules, draws, crowd)
        if not writes_rows:  # likely to live long or short: neighbours in memory
            profile = some_profiles(profile, np.argsort(profile.archetype, kind="stable"))
        game = new_game(rules, draws, tests, profile, featured)
        cell = tally.cells.of(profile)
        if out.wants("purchases"):
            game.purchases = Purchases()
        if settings is not None:
            first = game.players.strongest.transpose(1, 2, 0)
            game.log = new_log(settings, draws, profile, events, first)
        records = Recorder(tally=tally, cell=cell, keeps_days=out.wants("agent_days"))
        live(game, records, close, splits=not writes_rows)
        if game.log is not None:  # first: it holds the most memory
            write_events(out, game.log, events)
        writing.write_block(out, game, records)
    writing.write_summary(out, rules, tally, featured)
    writing.write_cohorts(out, rules, tests, tally, expectation)
    writing.write_trials(out, trials)
    return Outcome(
        metrics=measure(rules, tests, tally, lives, expectation),
        checks=checklist.results(tally, lives, rules),
    )
