"""Number events: their order within an agent's day, and ids that are the same for equal seeds.

event_order = session * 2^17 + code * 2^12 + repetition * 2^6 + sub-event; the codes are the steps
of a session in order. An id is a bijection of (agent, age, event_order), so ids are unique.

Source: finaliser of SplitMix64, G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom
number generators" (2014).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.lookup import Ints
from runner.contract import Draws

(
    START, BEGIN, IDLE, LOGIN, QUESTS, CAMPAIGN, UPGRADE, GACHA, ARENA, GUILD, ADS, SHOP, STARTER,
    CLAIM, LEAVE, END,
) = range(16)  # fmt: skip
TEAM, PURCHASE, LEVEL = 61, 62, 63  # repetitions of what follows the action itself
SUB_BITS, REPETITION_BITS, CODE_BITS, SESSION_BITS = 6, 6, 5, 4
_CODE_SHIFT = SUB_BITS + REPETITION_BITS
SESSION_SHIFT = _CODE_SHIFT + CODE_BITS
AGE_SHIFT = SESSION_SHIFT + SESSION_BITS  # 21: an age needs 9 bits more
AGENT_SHIFT = 30
_KEY_BITS = 53


def slot(code: int, repetition: int = 0, sub: int = 0) -> int:
    """Return the place of an event in its session."""
    return code << _CODE_SHIFT | repetition << SUB_BITS | sub


def repeated(repetition: Ints) -> Ints:
    """Return what a repetition adds to the place of an event."""
    return repetition << SUB_BITS


def moment(age: int, session: int) -> int:
    """Return what age and session add to the key of an event."""
    return age << AGE_SHIFT | session << SESSION_SHIFT


def ages(keys: Ints) -> Ints:
    """Return the age of each event from keys row * 2^30 + age * 2^21 + event_order."""
    return keys >> AGE_SHIFT & (1 << AGENT_SHIFT - AGE_SHIFT) - 1


def orders(keys: Ints) -> Ints:
    """Return the event_order of each event from its key."""
    return keys & (1 << AGE_SHIFT) - 1


def repetition_steps(keys: Ints) -> Ints:
    """Return the repetition of each event as a step of draws, from its key.

    That is 64 * (16 * age + session) + repetition.
    """
    session = keys >> SESSION_SHIFT & (1 << AGENT_SHIFT - SESSION_SHIFT) - 1
    return session << REPETITION_BITS | keys >> SUB_BITS & (1 << REPETITION_BITS) - 1


def sessions(order: Ints) -> Ints:
    """Return the session of the day in which events happen, from their event_order."""
    return order >> SESSION_SHIFT


def id_key(draws: Draws) -> int:
    """Return what the ids of a run are shifted by, 53 bits."""
    return int(
        draws.uniform("event_key", step=0, entities=np.zeros(1, np.uint64))[0] * 2**_KEY_BITS
    )


def event_ids(key: int, agent: Ints, rest: Ints) -> NDArray[np.uint64]:
    """Return the ids of events: agent (n,), and age * 2^21 + event_order (n,)."""
    words = (agent << AGENT_SHIFT) + rest + np.int64(key)
    return mix64(words.view(np.uint64))


def mix64(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a bijection of 64-bit words without visible structure: (n,)."""
    mixed = words ^ (words >> np.uint64(30))
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed
