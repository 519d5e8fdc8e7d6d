"""The retention curve, and the daily return decision that meets it exactly."""

from __future__ import annotations

import numpy as np

from engines.idle_rpg.archetypes import Archetype
from engines.idle_rpg.params_play import Retention
from runner.contract import Floats

_ANCHORS = (0, 1, 7, 30, 90)
_LATE_SPAN = 60  # days between the last two anchors: the slope after day 90
_PHASE_CHANGE = 7


def retention_curve(kind: Archetype, curve: str, days: int) -> Floats:
    """Return R(0), ..., R(days): float64 (days + 1,), fractions of all who installed."""
    age = np.arange(days + 1)
    found = _two_phase(kind, age) if curve == "two_phase" else _anchored(kind, age)
    found[0] = 1.0
    return found


def _anchored(kind: Archetype, age: np.ndarray) -> Floats:
    values = np.array([1.0, kind.d1, kind.d7, kind.d30, kind.d90])
    beyond = values[-1] * (values[-1] / values[-2]) ** ((age - _ANCHORS[-1]) / _LATE_SPAN)
    within = np.exp(np.interp(age, _ANCHORS, np.log(values)))
    found = np.where(age > _ANCHORS[-1], beyond, within)
    for anchor, value in zip(_ANCHORS, values, strict=True):
        found[age == anchor] = value
    return np.asarray(np.maximum(found, kind.floor))


def _two_phase(kind: Archetype, age: np.ndarray) -> Floats:
    decay = np.where(age <= _PHASE_CHANGE, kind.early_decay, kind.late_decay)
    return np.asarray(np.maximum(kind.floor, kind.d1 * np.exp(-decay * (age - 1))))


def churn_chances(retention: Retention, days: int) -> Floats:
    """Return c(0), ..., c(days): chance that a missed day is for ever, float64 (days + 1,)."""
    found = np.full(days + 1, retention.churn_on_miss["later"])
    limits = sorted((int(key) for key in retention.churn_on_miss if key != "later"), reverse=True)
    for limit in limits:
        found[: limit + 1] = retention.churn_on_miss[str(limit)]
    return found


def expected_active(wanted: Floats, alive: Floats) -> Floats:
    """Return e(d): the share active on a day, which cannot exceed the share still alive."""
    return np.minimum(wanted, alive)


def next_alive(alive: Floats, active: Floats, churn: float) -> Floats:
    """Return a(d) from a(d-1), e(d) and c(d)."""
    return alive - churn * (alive - active)


def return_chance(active: Floats, alive: Floats) -> Floats:
    """Return p(d) = e(d) / a(d-1), 0 where nobody is alive."""
    if (alive > 0).all():
        return active / alive
    return np.divide(active, alive, out=np.zeros_like(active), where=alive > 0)


def boosted(chance: Floats, multiplier: Floats, cap: float) -> Floats:
    """Return the chance after dynamic modifiers; a boost never lifts it above the cap."""
    moved = chance * multiplier
    return np.where(multiplier <= 1.0, moved, np.maximum(chance, np.minimum(cap, moved)))
