"""Count what happens, block after block, in whole numbers: the order of blocks cannot matter."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engines.idle_rpg.day import Day
from engines.idle_rpg.gacha import WEEK_DAYS, pull_caps
from engines.idle_rpg.game import DAY_SECONDS, Game, refresh_energy
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import DAY_COUNTS, TODAY
from engines.idle_rpg.population import Profile
from engines.idle_rpg.rules import Rules

MONTH = 30
_LEAST_WEEK, _LEAST_WINDOW = 5, 10  # active days that make a week or window count
DAILY = (
    "installs", "dau", "bots_active", "payers", "newly_churned", "sessions", "seconds",
    "purchases", "revenue_cents", "ads", "pulls", "legendaries",
)  # fmt: skip
_SUMMED, _SOLD = (
    ("sessions", "seconds", "ads", "pulls", "legendaries"),
    ("purchases", "revenue_cents"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Groups of agents with the same archetype, origin and install day, numbered from 0.

    Attributes:
        archetype, origin, install: int64 (n_cells,), of each cell; bots come after the archetypes.
    """

    archetype: Ints
    origin: Ints
    install: Ints
    days: int
    regular: int
    kinds: int

    @property
    def size(self) -> int:
        """Number of cells."""
        return int(self.archetype.size)

    def of(self, profile: Profile) -> Ints:
        """Return the cell of each agent: (n,)."""
        place = profile.archetype * self.regular + profile.origin
        common = place * self.days + profile.install - 1
        events = self.kinds * self.regular * self.days
        burst = events + (profile.origin - self.regular) * self.kinds + profile.archetype
        return np.where(profile.origin < self.regular, common, burst)


def make_cells(rules: Rules) -> Cells:
    """Return the cells of a run: regular origins on each day of the window, events on their own."""
    params = rules.params
    kinds, regular = len(rules.archetypes) + 1, len(params.traffic.sources)
    days = min(params.population.install_window_days, rules.horizon)
    common = np.indices((kinds, regular, days)).reshape(3, -1)
    events = [event.sim_day for event in params.traffic.events.values()]
    burst = np.indices((len(events), kinds)).reshape(2, -1)
    install = np.array(events, dtype=np.int64)[burst[0]]
    return Cells(
        archetype=np.concatenate([common[0], burst[1]]),
        origin=np.concatenate([common[1], regular + burst[0]]),
        install=np.concatenate([common[2] + 1, install]),
        days=days,
        regular=regular,
        kinds=kinds,
    )


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of a whole run.

    Attributes:
        installed: int64 (n_cells,).
        active, revenue: int64 (horizon, n_cells), by age: agents and cents.
        last: int64 (horizon, n_cells), agents by last active age.
        started, stopped: int64 (horizon,), by age: eligible agents active then but not the day
            before, and the other way round.
        daily: int64 (horizon + 1,) by name and sim_day; reach: changes of the number of agents
            active in the last 30 days, (2 * horizon + 32,).
        weeks, windows: int64 (2, n_archetypes): number and sum (pulls, cents).
        windows_over: windows that spent more than their range allows.
    """

    cells: Cells
    installed: Ints
    active: Ints
    revenue: Ints
    last: Ints
    started: Ints
    stopped: Ints
    daily: dict[str, Ints]
    reach: Ints
    weeks: Ints
    windows: Ints
    windows_over: int = 0
    clipped: int = 0
    decided: int = 0


def new_tally(rules: Rules) -> Tally:
    """Return empty counts."""
    cells, horizon, kinds = make_cells(rules), rules.horizon, len(rules.archetypes)

    def empty(*shape: int) -> Ints:
        return np.zeros(shape, dtype=np.int64)

    return Tally(
        cells=cells, installed=empty(cells.size), active=empty(horizon, cells.size),
        revenue=empty(horizon, cells.size), last=empty(horizon, cells.size),
        started=empty(horizon), stopped=empty(horizon),
        daily={name: empty(horizon + 1) for name in DAILY}, reach=empty(2 * horizon + MONTH + 2),
        weeks=empty(2, kinds), windows=empty(2, kinds),
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Recorder:
    """Counts one block into the tally, and keeps its days if their table is wanted."""

    tally: Tally
    cell: Ints
    keeps_days: bool
    days: list[dict[str, np.ndarray]] = field(default_factory=list)

    def returned(  # noqa: PLR0913, PLR0917 - one day's decisions
        self, game: Game, age: int, alive: Ints, active: Ints, churned: Ints, clipped: int
    ) -> None:
        """Count the decisions of a day: who came, who stayed away, who is gone for good."""
        tally, players = self.tally, game.players
        came_before = int(np.count_nonzero(players.last_age[alive] == age - 1))
        both = int(np.count_nonzero(players.last_age[active] == age - 1))
        tally.started[age] += active.size - both
        tally.stopped[age] += came_before - both
        tally.decided += alive.size
        tally.clipped += clipped
        day = players.profile.install[churned] + age
        tally.daily["newly_churned"] += _histogram(day, tally.daily["dau"].size)

    def day(self, game: Game, day: Day) -> None:
        """Count a day that is over."""
        tally, age, who, today = self.tally, day.age, day.rows, day.counts
        cell, revenue = self.cell[who], day.today("revenue_cents")
        tally.active[age] += _histogram(cell, tally.cells.size)
        buyers = np.flatnonzero(today[TODAY["purchases"]])
        tally.revenue[age] += _histogram(cell[buyers], tally.cells.size, revenue[buyers])
        self._count_daily(day.install + age, today, buyers)
        if age == 0:
            self._count_installs(game, who)
        self._count_reach(game, age, who)
        if self.keeps_days:
            self.days.append(day_columns(game, day))

    def _count_daily(self, day: Ints, today: Ints, buyers: Ints) -> None:
        daily = self.tally.daily
        size = daily["dau"].size
        daily["dau"] += _histogram(day, size)
        daily["payers"] += _histogram(day[buyers], size)
        for name in _SUMMED:
            daily[name] += _histogram(day, size, today[TODAY[name]])
        for name in _SOLD:
            daily[name] += _histogram(day[buyers], size, today[TODAY[name]][buyers])

    def _count_installs(self, game: Game, who: Ints) -> None:
        daily, profile = self.tally.daily, game.players.profile
        size = daily["dau"].size
        daily["installs"] += _histogram(profile.install[who], size)
        daily["bots_active"] += _histogram(profile.install[who[profile.is_bot[who]]], size)
        self.tally.installed += _histogram(self.cell[who], self.tally.cells.size)

    def _count_reach(self, game: Game, age: int, who: Ints) -> None:
        """Extend the days on which an agent counts as active in the last 30 days."""
        players, reach = game.players, self.tally.reach
        since = age - players.last_age[who]
        still = np.where(players.last_age[who] < 0, 0, np.maximum(0, MONTH - since))
        day = players.profile.install[who] + age
        reach += _histogram(day + still, reach.size) - _histogram(day + MONTH, reach.size)

    def close_week(self, game: Game, age: int) -> None:
        """Count the agent-weeks of an age with enough active days, and check their caps."""
        players = game.players
        _check_pulls(game, age // WEEK_DAYS)
        rows = np.flatnonzero(players.week_days >= _LEAST_WEEK)
        rows = rows[~players.profile.is_bot[rows]]
        kind = players.profile.archetype[rows]
        self.tally.weeks += _sums(kind, players.state.week_pulls[rows], self.tally.weeks.shape[1])

    def close_window(self, game: Game, last_age: int) -> None:
        """Count the spend windows that lie inside the run, and those above their range."""
        players, rules = game.players, game.rules
        rows = np.flatnonzero(players.state.window_cents > 0)
        kind, spent = players.profile.archetype[rows], players.state.window_cents[rows]
        high = np.floor(rules.budget_high + 0.5)[kind]
        self.tally.windows_over += int(np.count_nonzero(spent > high))
        inside = players.profile.install[rows] + last_age <= rules.horizon
        full = inside & (players.window_days[rows] >= _LEAST_WINDOW)
        self.tally.windows += _sums(kind[full], spent[full], self.tally.windows.shape[1])

    def split(self, rows: Ints) -> Recorder:
        """Leave only the players at `rows` to this recorder; return one for all others."""
        gone = Recorder(tally=self.tally, cell=np.delete(self.cell, rows), keeps_days=False)
        self.cell = self.cell[rows]
        return gone

    def finish(self, game: Game) -> None:
        """Count the last active ages of the block."""
        ages = game.players.last_age
        horizon, cells = self.tally.last.shape
        flat = _histogram(ages * cells + self.cell, horizon * cells)
        self.tally.last += flat.reshape(horizon, cells)


def _check_pulls(game: Game, week: int) -> None:
    """Compare the pulls of an agent-week, by the counts of its days, with the agents' caps."""
    players = game.players
    made = players.total("pulls") - players.pulls_before
    players.pulls_before += made
    who = np.flatnonzero(made)
    agents = (players.profile.archetype[who], players.profile.entities[who])
    over = np.count_nonzero(made[who] > pull_caps(game.rules, game.draws, agents, week))
    game.fault("pull_caps", over > 0, f"{over} agents pulled more than their cap in week {week}")


def day_columns(game: Game, day: Day) -> dict[str, np.ndarray]:
    """Return the columns of the table `agent_days` for a day, rows in its order."""
    state, everyone, end = day.state, np.arange(day.size), (day.age + 1) * DAY_SECONDS
    energy = refresh_energy(game.rules, state, day.effects, everyone, end)
    return {
        **{name: day.today(name).copy() for name in DAY_COUNTS},
        "losses": day.today("attempts") - day.today("wins"),
        "row": day.rows,
        "age_day": np.full(day.size, day.age),
        "gold": state.gold.copy(),
        "gems": state.gems.copy(),
        "tickets": state.tickets.copy(),
        "energy": energy,
        "team_power": state.team_power.copy(),
        "stages_cleared": state.cleared.copy(),
        "player_level": level_of(game.rules, state.exp),
        "in_guild": state.guild >= 0,
        "losing_streak": state.streak.copy(),
        "return_probability": game.players.chance[day.rows],
    }


def level_of(rules: Rules, exp: Ints) -> Ints:
    """Return the player level at some experience: (m,)."""
    return np.searchsorted(rules.level_exp, exp, side="right").astype(np.int64)


def _histogram(places: Ints, size: int, weights: Ints | None = None) -> Ints:
    """Return counts, or whole sums below 2^53, by place: int64 (size,)."""
    found = np.bincount(places, weights=weights, minlength=size)
    return found if weights is None else found.astype(np.int64)


def _sums(kind: Ints, values: Ints, size: int) -> Ints:
    return np.stack([_histogram(kind, size), _histogram(kind, size, values)])
