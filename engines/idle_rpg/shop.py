"""Decide purchases at triggers, within budgets, and deliver what was bought."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from engines.idle_rpg.day import Day
from engines.idle_rpg.events import purchases
from engines.idle_rpg.events.purchases import Sale
from engines.idle_rpg.game import Game, Visit, gate, refresh_energy
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.params import TRIGGERS
from engines.idle_rpg.params_market import MONTHLY_PASS, STARTER_PACK
from engines.idle_rpg.players import GEMS, TICKETS
from engines.idle_rpg.rules import Rules
from runner.contract import Floats

_FIXED_PRODUCTS = {"starter_pack_offer": STARTER_PACK, "monthly_pass_reminder": MONTHLY_PASS}


def offer(game: Game, visit: Visit, *turns: tuple[str, Ints]) -> list[Ints]:
    """Fire triggers in turn, each in its sessions where no earlier one has sold anything.

    Return the sessions in which a purchase completed, by trigger.
    """
    sold: list[Choice] = []
    taken: list[Ints] = []
    for trigger, pos in turns:
        left = pos
        for choice in sold:
            left = without(left, choice.pos, visit)
        wanted = _wanted(game, visit, trigger, left) if left.size else None
        taken.append(left[:0] if wanted is None else wanted.pos)
        if wanted is not None and wanted.pos.size:
            sold.append(wanted)
    if sold:
        _sell(game, visit, sold[0] if len(sold) == 1 else _joined(sold))
    return taken


def _wanted(game: Game, visit: Visit, trigger: str, pos: Ints) -> Choice | None:
    """Fire a trigger in the sessions `pos`; return what is wanted and fits the budget."""
    day, row = visit.day, TRIGGERS.index(trigger)
    most = game.rules.params.iap.max_purchases_per_session
    fired = day.fired[row]
    pos = pos[(visit.bought[pos] < most) & ~fired[pos]]
    if not pos.size:
        return None
    fired[pos] = True
    chance = purchase_chance(game, day, trigger, pos)
    u, *choice = visit.luck.each((f"iap/{trigger}", *_choice_streams(trigger)), pos)
    wants = (u < chance).nonzero()[0]
    if purchases.sees_failures(game):
        rate = game.rules.params.iap.failure_rate
        fails = ((u >= chance) & (u < np.minimum(1.0, chance / (1.0 - rate)))).nonzero()[0]
        if fails.size:
            failed = _affordable(game, visit, trigger, pos[fails], [v[fails] for v in choice])
            purchases.fail_purchases(game, visit, failed.sale())
    if not wants.size:
        return None
    return _affordable(game, visit, trigger, pos[wants], [v[wants] for v in choice])


def _choice_streams(trigger: str) -> tuple[str, ...]:
    """Return what decides on the budget, and on the product if it is not fixed."""
    fixed = trigger in _FIXED_PRODUCTS
    return ("spend_budget",) if fixed else ("spend_budget", f"iap_product/{trigger}")


def without(pos: Ints, taken: Ints, visit: Visit) -> Ints:
    """Return the sessions of `pos` that are not among `taken`."""
    if not taken.size:
        return pos
    is_taken = np.zeros(visit.size, dtype=np.bool_)
    is_taken[taken] = True
    return pos[~is_taken[pos]]


def purchase_chance(game: Game, day: Day, trigger: str, pos: Ints) -> Floats:
    """Return the chance of a completed purchase at a trigger, before the budget: (m,)."""
    own = game.rules.purchase_chance[TRIGGERS.index(trigger)]
    chance = own[day.kind[pos]] * day.money[pos]
    multiplier = day.effects.purchases.get(trigger)
    if multiplier is not None:
        chance = chance * multiplier[pos]
    return np.asarray(np.minimum(1.0, chance))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Purchases that fit their budget, int64 (m,).

    Place of the trigger, session, product, price and budget in cents.
    """

    trigger: Ints
    pos: Ints
    product: Ints
    price: Ints
    budget: Ints

    def sale(self, number: Ints | None = None, spent: Ints | None = None) -> Sale:
        """Return them as the event log has them, see `Sale`."""
        return Sale(
            trigger=self.trigger, pos=self.pos, product=self.product, price=self.price,
            number=number, spent=spent,
        )  # fmt: skip


def _affordable(game: Game, visit: Visit, trigger: str, pos: Ints, luck: list[Floats]) -> Choice:
    """Return what the agents would buy, where it fits the budget of the window.

    `luck`: uniforms (m,) of budget and product, see `_choice_streams`.
    """
    day, rules, kind = visit.day, game.rules, visit.day.kind[pos]
    if trigger in _FIXED_PRODUCTS:
        product = np.full(pos.size, rules.product_names.index(_FIXED_PRODUCTS[trigger]))
    else:
        product = _packs(rules, kind, luck[1])
    price = rules.price_cents[product]
    for changed, prices in day.effects.prices.items():
        price = np.where(product == changed, prices[pos], price)
    budget = window_budget(rules, kind, luck[0])
    fits = day.state.window_cents[pos] + price <= budget
    if not fits.all():
        pos, product, price, budget = pos[fits], product[fits], price[fits], budget[fits]
    row = np.full(pos.size, TRIGGERS.index(trigger))
    return Choice(trigger=row, pos=pos, product=product, price=price, budget=budget)


def _joined(choices: list[Choice]) -> Choice:
    columns = {f.name: [getattr(c, f.name) for c in choices] for f in fields(Choice)}
    return Choice(**{name: np.concatenate(parts) for name, parts in columns.items()})


def _sell(game: Game, visit: Visit, sold: Choice) -> None:
    """Complete purchases, of each session at most one."""
    visit.bought[sold.pos] += 1
    _deliver(game, visit, sold.pos, sold.product)
    _book(game, visit, sold)


def _packs(rules: Rules, kind: Ints, u: Floats) -> Ints:
    """Return a gem pack for each agent, by archetype: product numbers (m,)."""
    return np.asarray(rules.packs[kind, (u * rules.pack_counts[kind]).astype(np.int64)])


def window_budget(rules: Rules, kind: Ints, u: Floats) -> Ints:
    """Return what agents of some archetypes can spend in a window, in whole cents: (m,)."""
    low, high = rules.budget_low[kind], rules.budget_high[kind]
    return np.floor(low + u * (high - low) + 0.5).astype(np.int64)


def _deliver(game: Game, visit: Visit, pos: Ints, product: Ints) -> None:
    state = visit.day.state
    game.earn(state, GEMS, pos, game.rules.product_gems[product])
    tickets = game.rules.product_tickets[product]
    if tickets.any():
        game.earn(state, TICKETS, pos, tickets)
    passes = pos[product == game.rules.product_names.index(MONTHLY_PASS)]
    if passes.size:
        state.pass_until[passes] = visit.age + game.rules.params.iap.monthly_pass.days - 1


def _book(game: Game, visit: Visit, sold: Choice) -> None:
    """Count the purchases, against the budget and for the VIP level."""
    pos, price = sold.pos, sold.price
    players, rules, day, who = game.players, game.rules, visit.day, visit.day.rows[pos]
    players.bought[who, sold.trigger] += 1
    day.state.window_cents[pos] += price
    day.today("purchases")[pos] += 1
    day.today("revenue_cents")[pos] += price
    players.first_purchase[who[players.first_purchase[who] < 0]] = visit.age
    spent = players.total("revenue_cents")[who] + day.today("revenue_cents")[pos]
    refresh_energy(rules, day.state, day.effects, pos, visit.now(pos))  # before the cap may rise
    day.state.vip[pos] = np.searchsorted(rules.vip_cents, spent, side="right") - 1
    _check_budget(game, day, pos, sold.budget)
    if game.purchases is not None or game.log is not None:
        _write_down(game, visit, sold, spent)


def _write_down(game: Game, visit: Visit, sold: Choice, spent: Ints) -> None:
    """Write the purchases to the event log and to their table; cents `spent` so far are (m,)."""
    pos, product, day, who = sold.pos, sold.product, visit.day, visit.day.rows[sold.pos]
    number = game.players.total("purchases")[who] + day.today("purchases")[pos]
    purchases.complete_purchases(game, visit, sold.sale(number, spent))
    if game.purchases is not None:
        game.purchases.add(
            row=who, number=number, at=visit.now(pos), age=np.full(who.size, visit.age),
            session=np.full(who.size, visit.number), product=product, price=sold.price,
            trigger=sold.trigger,
            gems=game.rules.product_gems[product], tickets=game.rules.product_tickets[product],
            budget=sold.budget, spent=day.state.window_cents[pos],
        )  # fmt: skip


def _check_budget(game: Game, day: Day, pos: Ints, budget: Ints) -> None:
    over = pos[day.state.window_cents[pos] > budget]
    if over.size:
        text = f"agent {day.ids[over[0]]} spent more than its window budget"
        game.fault("budgets", broken=True, text=text)
    beyond = (budget > game.rules.budget_high[day.kind[pos]] + 0.5).any()  # of a cent: rounding
    game.fault("budgets", beyond, "a window budget lies above its archetype's range")


def browse_shop(game: Game, visit: Visit) -> None:
    """Look around; the shop makes three offers in turn until one is taken."""
    seconds = game.rules.params.actions.browse_shop.seconds
    pos = gate(game, visit, "browse_shop", visit.left >= seconds)
    if not pos.size:
        return
    purchases.view_shop(game, visit, pos)
    visit.left[pos] -= seconds
    day, age = visit.day, visit.age
    ending = pos[day.banner[pos] >= 0]
    ending = ending[game.rules.banner_ends[day.install[ending] + age]]
    turns = [("limited_banner_ending", ending)]
    if age >= 1:
        turns.append(("monthly_pass_reminder", pos[day.state.pass_until[pos] < age]))
    if age >= game.rules.params.iap.triggers.late_game_offer.min_age_day:
        turns.append(("late_game_offer", pos))
    offer(game, visit, *turns)


def offer_starter(game: Game, visit: Visit) -> None:
    """Offer the starter pack at the end of the first session to those past the tutorial."""
    done = game.players.tutorial_done[visit.day.rows[: visit.size]]
    offer(game, visit, ("starter_pack_offer", done.nonzero()[0]))
