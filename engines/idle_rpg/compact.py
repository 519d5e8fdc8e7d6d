"""Keep only some players of a block, so that those still in the game lie close in memory."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from engines.idle_rpg.experiments import EffectArrays
from engines.idle_rpg.game import Game
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import Players, state_of
from engines.idle_rpg.population import Profile

_ROW_FIRST = frozenset({"cell", "copies", "strongest", "likes", "firings", "bought"})


def some_players(players: Players, rows: Ints) -> Players:
    """Return the players at `rows` (m,), rising, as players of their own."""
    taken: dict[str, Any] = {
        "profile": some_profiles(players.profile, rows),
        "state": state_of(players.state.matrix.T.take(rows, axis=0).T),
    }
    for name in (f.name for f in dataclasses.fields(Players) if f.name not in taken):
        taken[name] = getattr(players, name).take(rows, axis=0 if name in _ROW_FIRST else -1)
    return Players(**taken)


def some_profiles(profile: Profile, rows: Ints) -> Profile:
    """Return the profiles at `rows` (m,)."""
    return Profile(
        ids=profile.ids[rows], entities=profile.entities[rows],
        archetype=profile.archetype[rows], origin=profile.origin[rows],
        install=profile.install[rows], is_bot=profile.is_bot[rows],
        labels={name: values[rows] for name, values in profile.labels.items()},
    )  # fmt: skip


def some_effects(effects: EffectArrays, rows: Ints) -> EffectArrays:
    """Return what the tests change for the players at `rows` (m,)."""
    taken = {f.name: _taken(getattr(effects, f.name), rows) for f in dataclasses.fields(effects)}
    return EffectArrays(**{**taken, "size": rows.size})


def _taken(value: Any, rows: Ints) -> Any:
    if isinstance(value, dict):
        return {name: _taken(part, rows) for name, part in value.items()}
    if isinstance(value, tuple):
        return tuple(_taken(part, rows) for part in value)
    return value[rows] if isinstance(value, np.ndarray) else value


def split(game: Game, rows: Ints) -> Game:
    """Leave only the players at `rows` in a game; return a game of all others.

    Totals of the block stay with the players that stay.
    """
    others = np.delete(np.arange(game.players.size), rows)
    gone = dataclasses.replace(
        game,
        players=some_players(game.players, others),
        effects=some_effects(game.effects, others),
        earned=np.zeros_like(game.earned), spent=np.zeros_like(game.spent),
        visits=0, lacked=0,
    )  # fmt: skip
    game.players = some_players(game.players, rows)
    game.effects = some_effects(game.effects, rows)
    return gone
