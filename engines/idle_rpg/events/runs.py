"""Unfold replays: of a stage replayed a dozen times only the first is kept, and their number.

Replays follow each other at once, each `campaign.sweep_seconds` after the one before, and what
they cost and pay is the same, so the others can be told from the first when they are written.
Most events are replays: this way they take little memory and no sorting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.buffer import Joined
from engines.idle_rpg.events.log import SINK, SOURCE, EventLog
from engines.idle_rpg.events.order import AGENT_SHIFT, repeated, repetition_steps
from engines.idle_rpg.lookup import Ints

Columns: TypeAlias = dict[str, NDArray[Any]]
MOST_TRIES = int(np.iinfo(np.int16).max)
_ONE_STAR, _TWO_STARS = 0.3, 0.8  # shares of one star and of up to two, own power < 1.1 required
_THIRD_STAR = 0.7  # chance of the third star above that
_EASY, _ALL_STARS = 1, 2  # how many of the two powers are reached that make stars easier
_LOOT_ITEMS = 50
_DETAILS = ("stars", "loot_item")  # drawn when written, from `ease`


def held(kind: str, columns: Mapping[str, np.dtype[Any]]) -> Mapping[str, np.dtype[Any]]:
    """Return the columns of a type as they are kept until its events are written."""
    if kind != "stage_complete":
        return columns
    kept = {name: dtype for name, dtype in columns.items() if name not in _DETAILS}
    return kept | {"ease": np.dtype(np.int8)}


def unfold(log: EventLog, kind: str, events: Joined, rows: Ints) -> Joined:
    """Return the events at `rows` and, after each, the others that it stands for."""
    change = REPEATED.get(kind)
    if change is None or events.times is None:
        return events.some(rows)
    times = events.times.take(rows)
    found = events.some(np.repeat(rows, times))
    later = np.arange(found.keys.size)
    later -= np.repeat(np.cumsum(times, dtype=np.int64) - times, times)
    seconds = log.settings.rules.params.campaign.sweep_seconds
    keys, at = found.keys + repeated(later), found.at + later * seconds
    return Joined(keys, at, found.marks, change(log, keys, found.columns, later))


def _add_up(log: EventLog, keys: Ints, columns: Columns, later: Ints) -> Columns:
    """Let balances grow: every replay pays the same."""
    return columns | {"balance_after": columns["balance_after"] + later * columns["amount"]}


def _take_off(log: EventLog, keys: Ints, columns: Columns, later: Ints) -> Columns:
    """Let balances shrink: every replay costs the same."""
    return columns | {"balance_after": columns["balance_after"] - later * columns["amount"]}


def _count_up(log: EventLog, keys: Ints, columns: Columns, later: Ints) -> Columns:
    return columns | {"attempt_no": np.minimum(columns["attempt_no"] + later, MOST_TRIES)}


def _draw_details(log: EventLog, keys: Ints, columns: Columns, later: Ints) -> Columns:
    """Draw stars and cosmetic items, -1 without, of stages won."""
    steps = repetition_steps(keys).view(np.uint64)
    ids = log.profile.entities[keys >> AGENT_SHIFT]
    ease = columns.pop("ease")
    stars = np.full(ease.size, 3, dtype=np.int8)
    some = np.flatnonzero(ease < _ALL_STARS)
    u = log.draws.uniform("stage_stars", step=steps[some], entities=ids[some])
    hard = 1 + (u >= _ONE_STAR) + (u >= _TWO_STARS)
    stars[some] = np.where(ease[some] == _EASY, 3 - (u >= _THIRD_STAR), hard)
    chance = log.settings.rules.params.campaign.loot_chance
    v = log.draws.uniform("stage_loot", step=steps, entities=ids)
    item = np.full(v.size, -1, dtype=np.int8)
    found = np.flatnonzero(v < chance)
    item[found] = np.minimum(1 + np.floor(v[found] / chance * _LOOT_ITEMS), _LOOT_ITEMS)
    return columns | {"stars": stars, "loot_item": item}


Change: TypeAlias = Callable[[EventLog, Ints, Columns, Ints], Columns]
REPEATED: Mapping[str, Change] = {
    SOURCE: _add_up,
    SINK: _take_off,
    "stage_start": _count_up,
    "stage_complete": _draw_details,
}
"""What changes from one replay to the next, by type; `later` (n,) counts from 0."""
