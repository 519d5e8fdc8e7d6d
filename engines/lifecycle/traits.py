"""Name the hidden traits of accounts and customers."""

from __future__ import annotations

from collections.abc import Mapping

from runner.contract import Problem, shown

TRAITS = (
    "product_fit",
    "adoption_velocity",
    "budget_stability",
    "champion_strength",
    "organizational_stability",
)
"""Traits in [0, 1], in the order of every array with a trait axis."""

ACCOUNT_TRAITS = ("budget_stability", "organizational_stability")
"""Traits that an account has too; a customer's effective value blends both."""

FIT, VELOCITY, BUDGET, CHAMPION, ORGANIZATION = range(5)


def trait_problems(
    path: str, values: Mapping[str, float], known: tuple[str, ...] = TRAITS
) -> list[Problem]:
    """Return a problem for each name that is not one of the `known` traits."""
    level = "" if known == TRAITS else f"accounts have only {', '.join(known)}; "
    allowed = f"unknown trait; {level}the traits are {', '.join(TRAITS)}"
    return [Problem(f"{path}.{t}", shown(v), allowed) for t, v in values.items() if t not in known]
