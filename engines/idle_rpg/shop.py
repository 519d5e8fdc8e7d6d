"""Decide purchases at triggers, within budgets, and deliver what was bought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events import purchases
from engines.idle_rpg.events.purchases import Sale
from engines.idle_rpg.game import Game, Visit, Words, gate, refresh_energy
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.params import TRIGGERS
from engines.idle_rpg.params_market import MONTHLY_PASS, STARTER_PACK
from engines.idle_rpg.players import GEMS, TICKETS
from engines.idle_rpg.rules import LEGENDARY, Rules
from runner.contract import Draws, Floats

WINDOW_DAYS = 30
_FIXED_PRODUCTS = {"starter_pack_offer": STARTER_PACK, "monthly_pass_reminder": MONTHLY_PASS}


def offer(game: Game, visit: Visit, trigger: str, pos: Ints) -> Ints:
    """Fire a trigger in the sessions `pos`; return those in which a purchase completed."""
    players, row = game.players, TRIGGERS.index(trigger)
    if not pos.size:
        return pos
    most = game.rules.params.iap.max_purchases_per_session
    fresh = (players.fired[row][visit.who[pos]] < visit.age) & (visit.bought[pos] < most)
    pos = pos[fresh]
    if not pos.size:
        return pos
    who = visit.who[pos]
    players.fired[row][who] = visit.age
    players.firings[row][who] += 1
    chance = purchase_chance(game, trigger, who)
    u = game.draws.uniform(f"iap/{trigger}", step=visit.step, entities=visit.ids[pos])
    wants = u < chance
    if purchases.sees_failures(game):
        rate = game.rules.params.iap.failure_rate
        fails = ~wants & (u < np.minimum(1.0, chance / (1.0 - rate)))
        started = _affordable(game, visit, trigger, pos[fails])
        purchases.fail_purchases(game, visit, started.sale(trigger))
    return _buy(game, visit, trigger, pos[wants]) if wants.any() else pos[:0]


def purchase_chance(game: Game, trigger: str, who: Ints) -> Floats:
    """Return the chance of a completed purchase at a trigger, before the budget: (m,)."""
    players, row = game.players, TRIGGERS.index(trigger)
    chance = game.rules.purchase_chance[row][players.profile.archetype[who]] * players.money[who]
    multiplier = game.effects.purchases.get(trigger)
    if multiplier is not None:
        chance = chance * multiplier[who]
    return np.asarray(np.minimum(1.0, chance))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Purchases that fit their budget, int64 (m,): session, row, product, price, budget."""

    pos: Ints
    who: Ints
    product: Ints
    price: Ints
    budget: Ints

    def sale(self, trigger: str, number: Ints | None = None, spent: Ints | None = None) -> Sale:
        """Return them as the event log has them, see `Sale`."""
        return Sale(
            trigger=trigger, pos=self.pos, product=self.product, price=self.price,
            number=number, spent=spent,
        )  # fmt: skip


def _affordable(game: Game, visit: Visit, trigger: str, pos: Ints) -> Choice:
    """Return what the agents would buy, where it fits the budget of the window."""
    players, rules, window = game.players, game.rules, visit.age // WINDOW_DAYS
    who, ids = visit.who[pos], visit.ids[pos]
    product = _products(game, visit, trigger, pos)
    price = rules.price_cents[product]
    for changed, prices in game.effects.prices.items():
        price = np.where(product == changed, prices[who], price)
    budget = window_budget(rules, game.draws, (players.profile.archetype[who], ids), window)
    fits = players.window_cents[who] + price <= budget
    return Choice(
        pos=pos[fits], who=who[fits], product=product[fits], price=price[fits], budget=budget[fits]
    )


def _buy(game: Game, visit: Visit, trigger: str, pos: Ints) -> Ints:
    """Complete the purchases that fit the budget of the window; return their sessions."""
    choice = _affordable(game, visit, trigger, pos)
    if choice.pos.size:
        visit.bought[choice.pos] += 1
        _deliver(game, visit, choice.who, choice.product)
        _book(game, visit, trigger, choice)
    return choice.pos


def _products(game: Game, visit: Visit, trigger: str, pos: Ints) -> Ints:
    rules = game.rules
    if trigger in _FIXED_PRODUCTS:
        return np.full(pos.size, rules.product_names.index(_FIXED_PRODUCTS[trigger]))
    kind = game.players.profile.archetype[visit.who[pos]]
    stream, ids = f"iap_product/{trigger}", visit.ids[pos]
    u = game.draws.uniform(stream, step=visit.step, entities=ids)
    return np.asarray(rules.packs[kind, (u * rules.pack_counts[kind]).astype(np.int64)])


def window_budget(rules: Rules, draws: Draws, agents: tuple[Ints, Words], window: int) -> Ints:
    """Return what agents (archetype, id) can spend in a 30-day window, in whole cents: (m,)."""
    kind, ids = agents
    low, high = rules.budget_low[kind], rules.budget_high[kind]
    u = draws.uniform("spend_budget", step=window, entities=ids)
    return np.floor(low + u * (high - low) + 0.5).astype(np.int64)


def _deliver(game: Game, visit: Visit, who: Ints, product: Ints) -> None:
    game.earn(GEMS, who, game.rules.product_gems[product])
    game.earn(TICKETS, who, game.rules.product_tickets[product])
    passes = who[product == game.rules.product_names.index(MONTHLY_PASS)]
    days = game.rules.params.iap.monthly_pass.days
    game.players.pass_until[passes] = visit.age + days - 1


def _book(game: Game, visit: Visit, trigger: str, sold: Choice) -> None:
    """Write the purchases down: counts, budget, VIP level, table."""
    pos, who, product, price, budget = sold.pos, sold.who, sold.product, sold.price, sold.budget
    players, rules, row = game.players, game.rules, TRIGGERS.index(trigger)
    players.bought[row][who] += 1
    players.window_cents[who] += price
    game.count("purchases", who)
    game.count("revenue_cents", who, price)
    first = players.first_purchase[who] < 0
    players.first_purchase[who[first]] = visit.age
    spent = players.total("revenue_cents")[who] + game.today("revenue_cents", who)
    refresh_energy(game, who, visit.now(pos))  # before the cap may rise
    players.vip[who] = np.searchsorted(rules.vip_cents, spent, side="right") - 1
    _check_budget(game, who, budget)
    same = np.ones(who.size, dtype=np.int64)
    number = players.total("purchases")[who] + game.today("purchases", who)
    purchases.complete_purchases(game, visit, sold.sale(trigger, number, spent))
    game.purchases.add(
        row=who,
        number=number,
        at=visit.now(pos),
        age=visit.age * same,
        session=visit.number * same,
        trigger=row * same,
        product=product,
        price=price,
        gems=rules.product_gems[product],
        tickets=rules.product_tickets[product],
        budget=budget,
        spent=players.window_cents[who],
    )


def _check_budget(game: Game, who: Ints, budget: Ints) -> None:
    spent = game.players.window_cents[who]
    over = np.flatnonzero(spent > budget)
    high = game.rules.budget_high[game.players.profile.archetype[who]]
    beyond = np.flatnonzero(budget > np.floor(high + 0.5))
    text = f"agent {game.players.profile.ids[who[over[:1]]]} spent more than its window budget"
    game.fault("budgets", over.size > 0, text)
    game.fault("budgets", beyond.size > 0, "a window budget lies above its archetype's range")


def browse_shop(game: Game, visit: Visit) -> None:
    """Look around; the shop makes three offers in turn until one is taken."""
    seconds = game.rules.params.actions.browse_shop.seconds
    pos = gate(game, visit, "browse_shop", visit.with_time(seconds))
    purchases.view_shop(game, visit, pos)
    visit.left[pos] -= seconds
    if not pos.size:
        return
    players, age = game.players, visit.age
    pos = _without(pos, offer(game, visit, "limited_banner_ending", pos[_ending(game, visit, pos)]))
    if age >= 1:
        lacking = players.pass_until[visit.who[pos]] < age
        pos = _without(pos, offer(game, visit, "monthly_pass_reminder", pos[lacking]))
    if age >= game.rules.params.iap.triggers.late_game_offer.min_age_day:
        offer(game, visit, "late_game_offer", pos)


def _without(pos: Ints, taken: Ints) -> Ints:
    return pos[~np.isin(pos, taken)] if taken.size else pos


def _ending(game: Game, visit: Visit, pos: Ints) -> NDArray[np.bool_]:
    who = visit.who[pos]
    day = game.players.profile.install[who] + visit.age
    return game.rules.banner_ends[day] & (wanted_banner(game, who, day) >= 0)


def wanted_banner(game: Game, who: Ints, day: Ints) -> Ints:
    """Return the banner of the day that an agent wants, -1 without: (m,)."""
    players, first = game.players, int(game.rules.heroes.first[LEGENDARY])
    banner = game.rules.banner[day]
    hero = np.where(banner >= 0, game.featured[banner], first)
    wanted = (banner >= 0) & (players.cell[who, hero] < 0) & players.likes[who, hero - first]
    return np.where(wanted, banner, -1)


def offer_starter(game: Game, visit: Visit) -> None:
    """Offer the starter pack at the end of the first session to those past the tutorial."""
    offer(game, visit, "starter_pack_offer", np.flatnonzero(game.players.tutorial_done[visit.who]))
