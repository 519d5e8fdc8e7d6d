"""Sum up finished lives, block after block, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.idle_rpg.game import Game
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.rules import Rules

RETAINED_AGE = 30
_RECENT_DAYS = 7
BY_KIND = ("agents", "active_days", "sessions", "seconds", "revenue_cents", "payers")


@dataclass(slots=True, kw_only=True)
class Lives:
    """Sums over the agents of a run.

    Attributes:
        by_kind: int64 (n_archetypes + 1,) by name; bots come last.
        clean_agents, clean_cents: without bots and agents of traffic events.
        stages, stages_retained: int64 (n_stages + 1,), non-bots by stages cleared, and those of
            them that were active at age 30 or later.
        earned, spent, held: int64 (3,), totals of gold, gems, tickets; held at the end.
    """

    by_kind: dict[str, Ints]
    stages: Ints
    stages_retained: Ints
    earned: Ints
    spent: Ints
    held: Ints
    lowest: int
    clean_agents: int = 0
    clean_cents: int = 0
    tutorials_done: int = 0
    tutorial_steps: int = 0
    recent: int = 0
    recent_members: int = 0
    ads: int = 0
    pulls: int = 0
    legendaries: int = 0
    visits: int = 0
    lacked: int = 0


def new_lives(rules: Rules) -> Lives:
    """Return empty sums."""
    kinds, stages = len(rules.archetypes) + 1, rules.params.campaign.n_stages + 1
    start = rules.params.start
    return Lives(
        by_kind={name: np.zeros(kinds, dtype=np.int64) for name in BY_KIND},
        stages=np.zeros(stages, dtype=np.int64), stages_retained=np.zeros(stages, dtype=np.int64),
        earned=np.zeros(3, dtype=np.int64), spent=np.zeros(3, dtype=np.int64),
        held=np.zeros(3, dtype=np.int64),
        lowest=min(start.gold, start.gems, start.tickets, start.energy),
    )  # fmt: skip


def add_lives(lives: Lives, game: Game) -> None:
    """Add a block of finished lives."""
    players, profile = game.players, game.players.profile
    revenue, purchases = players.total("revenue_cents"), players.total("purchases")
    columns = {
        "agents": np.ones(players.size, dtype=np.int64), "active_days": players.active_days,
        "sessions": players.total("sessions"), "seconds": players.total("seconds"),
        "revenue_cents": revenue, "payers": (purchases > 0).astype(np.int64),
    }  # fmt: skip
    for name, values in columns.items():
        sums = lives.by_kind[name]
        found = np.bincount(profile.archetype, weights=values, minlength=sums.size)
        sums += found.astype(np.int64)
    regular = profile.origin < len(game.rules.params.traffic.sources)
    lives.clean_agents += int(np.count_nonzero(regular))
    lives.clean_cents += int(revenue[regular].sum())
    _add_people(lives, game, np.flatnonzero(~profile.is_bot))
    for name in ("ads", "pulls", "legendaries"):
        setattr(lives, name, getattr(lives, name) + int(players.total(name).sum()))
    lives.visits += game.visits
    lives.lacked += game.lacked
    lives.lowest = min(lives.lowest, game.lowest)
    lives.earned += game.earned
    lives.spent += game.spent
    lives.held += players.state.matrix[: lives.held.size].sum(axis=1)


def _add_people(lives: Lives, game: Game, people: Ints) -> None:
    """Add what is measured over everyone but bots."""
    players = game.players
    cleared, last = players.state.cleared[people], players.last_age[people]
    lives.stages += np.bincount(cleared, minlength=lives.stages.size)
    lives.stages_retained += np.bincount(cleared[last >= RETAINED_AGE], minlength=lives.stages.size)
    lives.tutorials_done += int(players.tutorial_done[people].sum())
    lives.tutorial_steps += int(players.tutorial_shown[people].sum())
    last_day = players.profile.install[people] + last
    recent = people[last_day > game.rules.horizon - _RECENT_DAYS]
    lives.recent += recent.size
    lives.recent_members += int(np.count_nonzero(players.state.guild[recent] >= 0))


def median(counts: Ints) -> float | None:
    """Return the median of whole numbers given as counts of 0, 1, ...; None without any."""
    total = int(counts.sum())
    if not total:
        return None
    running = np.cumsum(counts)
    low = int(np.searchsorted(running, (total - 1) // 2, side="right"))
    high = int(np.searchsorted(running, total // 2, side="right"))
    return (low + high) / 2
