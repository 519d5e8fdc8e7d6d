"""Hold every run to the rules that no player may break."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engines.idle_rpg.game import Game
from engines.idle_rpg.lives import Lives
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.params import TRIGGERS
from engines.idle_rpg.players import TICKETS
from engines.idle_rpg.records import Tally
from engines.idle_rpg.rules import SCALE, Rules
from runner.contract import Check

CHECKS = (
    Check(name="balances", doc="no gold, gems, tickets or energy below zero"),
    Check(name="energy", doc="energy is at most its cap"),
    Check(name="pity", doc="a counter stays below the hard pity"),
    Check(name="budgets", doc="spend of a window <= its budget <= the archetype's range"),
    Check(name="pull_caps", doc="pulls of an agent-week are at most its cap"),
    Check(name="ads", doc="completed ads of a day are at most the cap, starts the cooldown apart"),
    Check(name="starter_pack", doc="bought at most once by an agent"),
    Check(name="sessions", doc="sessions lie inside their day, the gap apart"),
    Check(name="session_time", doc="actions take no more time than their session has"),
    Check(name="churned", doc="nobody is active on or after the day of permanent churn"),
    Check(name="bots", doc="bots are active on their install day only and buy nothing"),
    Check(name="sums", doc="days, agents and calendar agree on sessions, pulls and revenue"),
    Check(name="ledger", doc="start + earned - spent = held, for gold, gems and tickets"),
    Check(name="team_power", doc="team power is that of the strongest heroes"),
    Check(name="shares", doc="expected shares of alive and active agents lie in [0, 1]"),
)
_LOOKED_AT = 64  # agents of a block whose team is ranked anew


@dataclass(slots=True, kw_only=True)
class Checklist:
    """The first fault found by each check."""

    faults: dict[str, str] = field(default_factory=dict)

    def add(self, game: Game) -> None:
        """Check a block of finished lives."""
        for name, text in game.faults.items():
            self.faults.setdefault(name, text)
        players, profile = game.players, game.players.profile
        state = players.state
        broken = {
            "balances": (state.matrix[: TICKETS + 1] < 0).any(axis=0) | (state.energy < 0),
            "energy": state.energy > game.rules.energy_cap[state.vip],
            "starter_pack": players.bought[:, TRIGGERS.index("starter_pack_offer")] > 1,
            "churned": (players.churn_age >= 0) & (players.last_age >= players.churn_age),
            "bots": profile.is_bot & ((players.last_age > 0) | (players.total("purchases") > 0)),
            "team_power": _wrong_teams(game),
        }
        for name, rows in broken.items():
            found = np.flatnonzero(rows)
            if found.size:
                agent = profile.ids[found[0]]
                self.faults.setdefault(name, f"{found.size} agents, first agent {agent}")

    def results(self, tally: Tally, lives: Lives, rules: Rules) -> dict[str, str | None]:
        """Return None or the first fault of every check."""
        start = rules.params.start
        own = np.array([start.gold, start.gems, start.tickets]) * int(tally.installed.sum())
        if (own + lives.earned - lives.spent != lives.held).any():
            text = f"start {own}, earned {lives.earned}, spent {lives.spent}, held {lives.held}"
            self.faults.setdefault("ledger", text)
        if lives.lowest < 0:
            self.faults.setdefault("balances", f"a balance fell to {lives.lowest}")
        for name, total in _calendar_sums(tally, lives).items():
            if total[0] != total[1]:
                text = f"{name}: {total[0]} by day, {total[1]} by agent"
                self.faults.setdefault("sums", text)
        return {check.name: self.faults.get(check.name) for check in CHECKS}


def _calendar_sums(tally: Tally, lives: Lives) -> dict[str, tuple[int, int]]:
    by_agent = {name: int(lives.by_kind[name].sum()) for name in ("sessions", "revenue_cents")}
    by_agent["pulls"] = lives.pulls
    found = {name: (int(tally.daily[name].sum()), total) for name, total in by_agent.items()}
    found["active days"] = (int(tally.active.sum()), int(lives.by_kind["active_days"].sum()))
    found["revenue by age"] = (int(tally.revenue.sum()), by_agent["revenue_cents"])
    return found


def _wrong_teams(game: Game) -> Ints:
    """Return which of the first agents have another team power than their strongest heroes."""
    rules, cells = game.rules.heroes, game.players.cell[:_LOOKED_AT]
    power = np.where(cells >= 0, rules.power[cells], 0)
    power.sort(axis=1)
    best = power[:, -game.rules.params.heroes.team_size :].sum(axis=1) // SCALE
    return np.asarray(best != game.players.state.team_power[:_LOOKED_AT])
