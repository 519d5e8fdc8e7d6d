"""Write down the shop: who looks, who starts a purchase, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.order import CAMPAIGN, GACHA, PURCHASE, SHOP, STARTER, slot
from engines.idle_rpg.events.words import ENERGY, GEMS, IAP_FAIL_REASONS, TICKETS
from engines.idle_rpg.game import Game, Visit
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.params import TRIGGERS

_STEPS = {
    (CAMPAIGN, PURCHASE): ("out_of_energy", "stuck_progression"),
    (GACHA, 1): ("pity_close", "out_of_gems_gacha"),
    (SHOP, PURCHASE): ("limited_banner_ending", "monthly_pass_reminder", "late_game_offer"),
    (STARTER, PURCHASE): ("starter_pack_offer",),
}
_PER_TRIGGER = 8  # places: started, energy read, result, gems, tickets, price and gain of a refill
_PLACES = {
    name: slot(code, repetition, _PER_TRIGGER * index)
    for (code, repetition), names in _STEPS.items()
    for index, name in enumerate(names)
}
_PLACE = np.array([_PLACES[name] for name in TRIGGERS])
_AT_GACHA = np.array([name in _STEPS[GACHA, 1] for name in TRIGGERS])
_READ, _RESULT, _GEMS, _TICKETS, _REFILL_PRICE, _REFILL = range(1, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """Purchases, each array (m,): places of triggers, sessions, products and prices in cents.

    The rest is of completed purchases: number of the purchase and money spent in the agent's
    life, in cents, both with this one.
    """

    trigger: Ints
    pos: Ints
    product: Ints
    price: Ints
    number: Ints | None = None
    spent: Ints | None = None

    @property
    def offer(self) -> dict[str, NDArray[np.generic]]:
        """The columns of an offer."""
        return {"trigger": self.trigger, "product": self.product, "price_usd": self.price / 100}


def sees_failures(game: Game) -> bool:
    """Tell whether purchases that fail would show anywhere."""
    log = game.log
    return log is not None and (log.wants("iap_initiated") or log.wants("iap_failed"))


def view_shop(game: Game, visit: Visit, pos: Ints) -> None:
    """Write who looks around in the shop, before the time passes."""
    log = game.log
    if log is not None:
        gems = log.purse[GEMS][visit.who(pos)]
        log.add("shop_view", visit.when, visit.who(pos), slot(SHOP), visit.now(pos), gems=gems)


def fail_purchases(game: Game, visit: Visit, sale: Sale) -> None:
    """Write purchases that are started and fail: no money, no goods."""
    log = game.log
    if log is None or not sale.pos.size:
        return
    who, at, place = visit.who(sale.pos), visit.now(sale.pos), _PLACE[sale.trigger]
    log.add("iap_initiated", visit.when, who, place, at, **sale.offer)
    if log.wants("iap_failed"):
        u = visit.luck.once("iap_fail_reason", sale.pos)
        reason = (u * len(IAP_FAIL_REASONS)).astype(np.int64)
        log.add(
            "iap_failed", visit.when, who, place + _RESULT, at, **sale.offer, fail_reason=reason
        )


def complete_purchases(game: Game, visit: Visit, sale: Sale) -> None:
    """Write purchases that complete, once goods are delivered and VIP levels have risen."""
    log = game.log
    if log is None or sale.number is None or sale.spent is None:
        return
    rules, state = game.rules, visit.day.state
    who, at, place, when = (
        visit.who(sale.pos),
        visit.now(sale.pos),
        _PLACE[sale.trigger],
        visit.when,
    )
    log.add("iap_initiated", when, who, place, at, **sale.offer)
    log.read_energy(when, who, place + _READ, at, state.energy[sale.pos])
    log.mark_spender(who, sale.spent, state.vip[sale.pos])
    log.helped[who] |= _AT_GACHA[sale.trigger]
    gems, tickets = rules.product_gems[sale.product], rules.product_tickets[sale.product]
    log.add(
        "iap_purchase", when, who, place + _RESULT, at, **sale.offer, gems=gems, tickets=tickets,
        is_first=sale.number == 1, purchase_no=sale.number, vip_points=sale.price,
    )  # fmt: skip
    log.gain(when, who, place + _GEMS, at, GEMS, gems, "iap_purchase")
    log.gain(when, who, place + _TICKETS, at, TICKETS, tickets, "iap_purchase")


def refill_energy(game: Game, visit: Visit, pos: Ints, price: int) -> None:
    """Write energy filled to the cap after a purchase for lack of it."""
    log = game.log
    if log is None:
        return
    who, at, place, when = visit.who(pos), visit.now(pos), _PLACES["out_of_energy"], visit.when
    log.pay(when, who, place + _REFILL_PRICE, at, GEMS, price, "energy_refill")
    gained = visit.day.state.energy[pos] - log.purse[ENERGY][who]
    log.gain(when, who, place + _REFILL, at, ENERGY, gained, "energy_refill")
