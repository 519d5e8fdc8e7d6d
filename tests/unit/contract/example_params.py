"""Parameter classes with every kind of field, for the tests of this folder and of `property`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.contract import REQUIRED, ParamGroup, Problem, Share, group, groups, param


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(ParamGroup):
    price_eur: float = param(REQUIRED, unit="EUR", low=0, low_open=True)
    discount: float = param(0, low=0, high=1, high_open=True)
    label: str = param("plain")

    def problems(self) -> list[Problem]:
        if self.label == "free" and self.price_eur > 0:
            return [Problem("price_eur", f"{self.price_eur:g}", "must be 0 when label is free")]
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap(ParamGroup):
    cac_eur: float = param(50, unit="EUR", low=0, low_open=True, sd="cac_sd_eur")
    cac_sd_eur: float = param(5, unit="EUR", low=0)
    offers: Mapping[str, Offer] = groups({"basic": Offer(price_eur=10), "pro": Offer(price_eur=30)})

    def problems(self) -> list[Problem]:
        if self.cac_sd_eur > self.cac_eur:
            return [Problem("cac_sd_eur", f"{self.cac_sd_eur:g}", "must be <= cac_eur")]
        return []


def known_offers(root: Everything) -> tuple[str, ...]:
    return tuple(root.tap.offers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything(ParamGroup):
    rate: float = param(0.5, low=0, high=1, sd="spread")
    spread: float = param(0.1, low=0)
    seats: int = param(3, unit="seats", low=1, high=1_000_000)
    is_open: bool = param(True)
    note: str = param("")
    tone: str = param("calm", choices=("calm", "loud"))
    best: str = param("basic", choices=known_offers)
    shown_offers: tuple[str, ...] = param(("basic",), choices=known_offers)
    tones: tuple[str, ...] = param((), choices=("calm", "loud"))
    prices: tuple[float, ...] = param((1, 2.5), low=0)
    ages: tuple[int, ...] = param((), high=120)
    flags: tuple[bool, ...] = param(())
    whale: Share = param("auto", low=0, high=1)
    limit: float | None = param(None, low=0)
    colour: str | None = param(None, choices=("red", "blue"))
    weights: Mapping[str, float] = param({"a": 1, "b": 2}, low=0)
    counts: Mapping[str, int] | None = param(None)
    names: Mapping[str, str] = param({}, choices=("x", "y"))
    tap: Tap = group(Tap)
