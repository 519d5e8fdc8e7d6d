"""Lead new players through the first steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.visits import note_tutorial_step
from engines.idle_rpg.game import Game
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.luck import Words

_SKIP_FROM = 3
_SKIPPED_LOW, _SKIPPED_SPAN = 1, 3  # a skipped step takes 1 to 3 s


def play_tutorial(game: Game, who: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Play the steps shown; return the seconds taken and who left early, each (m,)."""
    players, given = game.players, game.rules.params.tutorial
    steps = game.effects.tutorial_steps
    shown = np.full(who.size, given.steps) if steps is None else steps[who]
    seconds = np.zeros(who.size, dtype=np.int64)
    rows = np.flatnonzero(~players.profile.is_bot[who])
    left = np.zeros(who.size, dtype=np.bool_)
    for step in range(1, int(shown.max(initial=0)) + 1):
        rows = rows[shown[rows] >= step]
        ids = players.profile.entities[who[rows]]
        taken, skipped = _step_seconds(game, step, ids)
        seconds[rows] += taken
        note_tutorial_step(game, step, who[rows], taken, skipped)
        players.tutorial_shown[who[rows]] = step
        if given.abandon_chance > 0:
            u = game.draws.uniform("tutorial_abandon", step=step, entities=ids)
            left[rows[u < given.abandon_chance]] = True
            rows = rows[~left[rows]]
    done = who[~left & ~players.profile.is_bot[who]]
    players.tutorial_done[done] = True
    players.state.exp[done] += given.exp_reward
    return seconds, left


def _step_seconds(game: Game, step: int, ids: Words) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the seconds that a step takes each agent, and who skips it: (m,)."""
    given = game.rules.params.tutorial
    low, high = given.min_seconds[step - 1], given.max_seconds[step - 1]
    u = game.draws.uniform("tutorial_seconds", step=step, entities=ids)
    seconds = low + (u * (high - low + 1)).astype(np.int64)
    skips = np.zeros(ids.size, dtype=np.bool_)
    if step >= _SKIP_FROM:
        skips = game.draws.uniform("tutorial_skip", step=step, entities=ids) < given.skip_chance
        short = _SKIPPED_LOW + (u * _SKIPPED_SPAN).astype(np.int64)
        seconds = np.where(skips, short, seconds)
    return seconds, skips
