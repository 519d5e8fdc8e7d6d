"""Declare all parameters of one run, and the rules between them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engines.crm.clock import DAY_MS, read_instant, read_zone, utc_text
from engines.crm.rails import rail_problems
from engines.crm.scenario import B2B, TOUCH_TYPES, Scenario
from runner.contract import (
    ParamGroup,
    Problem,
    Share,
    complete_shares,
    group,
    groups,
    param,
    shown,
)

METHODS = (
    "linear", "bell_curve", "front_loaded", "back_loaded", "surge_mid", "trickle",
    "random_bursts", "daily_spike", "weekend_surge", "custom",
)  # fmt: skip
OVERLAYS = ("hour_of_day", "weekend")
HOURS = 24
MONTHS = 12
STANDARD = "standard"
_EARLIEST, _LATEST = 631_152_000_000, 4_102_444_800_000  # 1990-01-01 and 2100-01-01, UTC
_SLACK = 1e-12
_SAME_AS = {"hour_of_day": "daily_spike", "weekend": "weekend_surge"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(ParamGroup):
    """When the run begins, and how long contacts are created."""

    start_time: str = param(
        "2026-01-01T00:00:00", doc="ISO 8601; without offset it is read in time_zone"
    )
    intake_days: float | None = param(
        None, unit="days", low=1 / 24, high=3660, doc="from start to intake end; null = the horizon"
    )
    time_zone: str = param("UTC", doc="IANA name, such as Europe/Vienna")

    def problems(self) -> list[Problem]:
        """Refuse unknown zones and times that do not exist, occur twice or lie out of bounds."""
        try:
            zone = read_zone(self.time_zone)
        except ValueError as error:
            return [Problem("time_zone", self.time_zone, str(error))]
        try:
            start = read_instant(self.start_time, zone)
        except ValueError as error:
            return [Problem("start_time", self.start_time, str(error))]
        if _EARLIEST <= start <= _LATEST:
            return []
        return [Problem("start_time", self.start_time, "must lie in 1990-01-01 to 2100-01-01")]

    def start(self) -> int:
        """Return the start of the window, ms since the epoch."""
        return read_instant(self.start_time, read_zone(self.time_zone))

    def intake_end(self, horizon: int) -> int:
        """Return the end of the intake, ms since the epoch, for a horizon in days."""
        days = float(horizon) if self.intake_days is None else self.intake_days
        return self.start() + max(1, round(days * DAY_MS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume(ParamGroup):
    """How many records the scenario's multiplier acts on."""

    base_records: int = param(
        2000, unit="contacts", low=1, high=5_000_000, doc="contacts before the multiplier"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrails(ParamGroup):
    """Whether the scenario's ranges are enforced."""

    enabled: bool = param(True, doc="on or off")
    motivation: str = param("", doc="why the ranges are left; needed when they are off")

    def problems(self) -> list[Problem]:
        """Refuse to switch the rails off without a reason."""
        if self.enabled or self.motivation.strip():
            return []
        return [Problem("motivation", "", "must not be empty when the guard rails are off")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners(ParamGroup):
    """Who owns contacts."""

    count: int = param(5, unit="users", low=1, high=1000, doc="users that own contacts")


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHours(ParamGroup):
    """When the team works, on the local clock."""

    days: tuple[int, ...] = param(
        (0, 1, 2, 3, 4), unit="weekday", low=0, high=6, doc="weekdays, Monday = 0"
    )
    open_hour: float = param(9.0, unit="local_hour", low=0, high=24, doc="opening; quarter hours")
    close_hour: float = param(17.0, unit="local_hour", low=0, high=24, doc="closing; quarter hours")

    def problems(self) -> list[Problem]:
        """Refuse empty weeks, empty days and times off the quarter hour."""
        found = []
        if not self.days or len(set(self.days)) < len(self.days):
            allowed = "must name at least one weekday 0-6, each once"
            found.append(Problem("days", shown(list(self.days)), allowed))
        if not self.open_hour < self.close_hour:
            allowed = f"must be > open_hour = {self.open_hour:g}"
            found.append(Problem("close_hour", shown(self.close_hour), allowed))
        for name, hour in (("open_hour", self.open_hour), ("close_hour", self.close_hour)):
            if hour * 4 != int(hour * 4):
                found.append(Problem(name, shown(hour), "must be a multiple of 0.25 hours"))
        return found


def _fraction(default: float, doc: str, low: float = 0, high: float = 1) -> Any:
    return param(default, unit="fraction", low=low, high=high, doc=doc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake(ParamGroup):
    """The shape of arrivals over the intake window."""

    method: str = param("linear", choices=METHODS, doc="shape of arrivals")
    overlays: tuple[str, ...] = param((), choices=OVERLAYS, doc="calendar profiles on top")
    bell_center: float = _fraction(0.5, "centre of the bell")
    bell_sd: float = _fraction(0.15, "standard deviation of the bell", low=0.02)
    load_exponent: float = param(
        0.6, unit="power", low=0.1, high=1, doc="1 = uniform; for front_loaded, back_loaded"
    )
    surge_share: float = _fraction(0.6, "share of contacts in the surge")
    surge_center: float = _fraction(0.5, "centre of the surge")
    surge_half_width: float = _fraction(0.25, "half width of the surge", low=0.02, high=0.5)
    trickle_gap_cv: float = param(0.10, unit="ratio", low=0, high=0.5, doc="sd / mean of the gaps")
    burst_count_min: int = param(3, unit="clusters", low=1, high=100, doc="fewest bursts")
    burst_count_max: int = param(7, unit="clusters", low=1, high=100, doc="most bursts")
    burst_half_width: float = _fraction(0.075, "half width of a burst", low=0.001, high=0.5)
    burst_background_share: float = _fraction(0.10, "share of contacts outside bursts")
    hour_profile: tuple[float, ...] = param(
        (0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.4, 0.7, 1.2, 2.1, 2.5, 2.3,
         1.6, 1.8, 2.1, 1.9, 1.5, 1.1, 0.9, 0.8, 0.7, 0.5, 0.4, 0.3),
        unit="relative_rate", low=0, doc="rate in each local hour",
    )  # fmt: skip
    weekend_multiplier: float = param(
        1.3, unit="relative_rate", low=0, high=10, doc="rate on local Saturdays and Sundays"
    )
    custom_edges: tuple[float, ...] = param(
        (0.0, 1.0), unit="fraction", low=0, high=1, doc="edges of the custom shape"
    )
    custom_rates: tuple[float, ...] = param(
        (1.0,), unit="relative_rate", low=0, doc="rate between the edges"
    )

    @property
    def uses_hours(self) -> bool:
        """Tell whether the hour profile shapes the arrivals."""
        return self.method == "daily_spike" or "hour_of_day" in self.overlays

    @property
    def uses_weekend(self) -> bool:
        """Tell whether weekends have a rate of their own."""
        return self.method == "weekend_surge" or "weekend" in self.overlays

    def problems(self) -> list[Problem]:
        """Refuse shapes that are no shapes."""
        return [
            *self._surge_problems(),
            *self._burst_problems(),
            *self._profile_problems(),
            *self._custom_problems(),
            *self._overlay_problems(),
        ]

    def _surge_problems(self) -> Iterator[Problem]:
        low = self.surge_center - self.surge_half_width
        high = self.surge_center + self.surge_half_width
        if low < -_SLACK or high > 1 + _SLACK:
            allowed = f"the surge [{low:g}, {high:g}] must lie inside [0, 1]"
            yield Problem("surge_center", shown(self.surge_center), allowed)

    def _burst_problems(self) -> Iterator[Problem]:
        if self.burst_count_min > self.burst_count_max:
            allowed = f"must be >= burst_count_min = {self.burst_count_min}"
            yield Problem("burst_count_max", shown(self.burst_count_max), allowed)

    def _profile_problems(self) -> Iterator[Problem]:
        if len(self.hour_profile) != HOURS or not any(self.hour_profile):
            allowed = "must be 24 rates >= 0, at least one > 0"
            yield Problem("hour_profile", shown(list(self.hour_profile)), allowed)

    def _custom_problems(self) -> Iterator[Problem]:
        edges, rates = self.custom_edges, self.custom_rates
        rising = all(a < b for a, b in itertools.pairwise(edges))
        if len(edges) < 2 or not rising or edges[0] != 0 or edges[-1] != 1:  # noqa: PLR2004
            allowed = "must rise strictly from 0 to 1"
            yield Problem("custom_edges", shown(list(edges)), allowed)
        if len(rates) != len(edges) - 1 or not any(rates):
            allowed = f"must be {len(edges) - 1} rates >= 0 (one per cell), at least one > 0"
            yield Problem("custom_rates", shown(list(rates)), allowed)

    def _overlay_problems(self) -> Iterator[Problem]:
        if len(set(self.overlays)) < len(self.overlays):
            yield Problem("overlays", shown(list(self.overlays)), "each overlay at most once")
        for name in self.overlays:
            if self.method == _SAME_AS[name]:
                yield Problem("overlays", name, f"repeats the method {self.method}")
        if self.overlays and self.method == "trickle":
            yield Problem("overlays", shown(list(self.overlays)), "must be [] with trickle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchpoints(ParamGroup):
    """Whether touchpoints exist, and which wait for business hours."""

    enabled: bool = param(True, doc="whether notes, calls, tasks and tickets are made")
    defer_to_business_hours: tuple[str, ...] = param(
        (), choices=TOUCH_TYPES, doc="types that move to business hours"
    )
    defer_spread_min: float = param(
        60.0, unit="minutes", low=0, high=240, doc="deferred touches spread over this after opening"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deals(ParamGroup):
    """Seasonality of deals."""

    win_multiplier_by_month: tuple[float, ...] = param(
        (1.0,) * MONTHS, unit="factor", low=0, high=3, doc="on the win rate, January first"
    )

    def problems(self) -> list[Problem]:
        """Refuse anything but twelve factors."""
        if len(self.win_multiplier_by_month) == MONTHS:
            return []
        found = shown(list(self.win_multiplier_by_month))
        return [Problem("win_multiplier_by_month", found, "must be twelve factors, January first")]


def _multiplier(doc: str) -> Any:
    return param(1.0, unit="factor", low=0.01, high=100, doc=doc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archetype(ParamGroup):
    """A kind of contact: how it differs from the scenario."""

    share: Share = param("auto", unit="fraction", low=0, high=1, doc="auto = the rest")
    drop_odds_multiplier: float = _multiplier("on the odds of dropping at each edge")
    win_odds_multiplier: float = _multiplier("on the odds of winning")
    cycle_multiplier: float = _multiplier("on the sales cycle")
    amount_multiplier: float = _multiplier("on the deal amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmParams(ParamGroup):
    """Everything one run depends on, the horizon and the draws apart."""

    window: Window = group(Window)
    volume: Volume = group(Volume)
    guardrails: Guardrails = group(Guardrails)
    owners: Owners = group(Owners)
    business_hours: BusinessHours = group(BusinessHours)
    intake: Intake = group(Intake)
    touchpoints: Touchpoints = group(Touchpoints)
    deals: Deals = group(Deals)
    scenario: Scenario = group(Scenario, whole=B2B)
    archetypes: Mapping[str, Archetype] = groups(
        {}, doc="kinds of contacts; none = one kind, standard, that is the scenario itself"
    )

    def problems(self) -> list[Problem]:
        """Refuse broken mixes, values outside the guard rails and spreads beyond the day."""
        found = list(self._deferral_problems())
        try:
            mix_shares(self)
        except ValueError as error:
            found.append(Problem("archetypes", "", str(error)))
        if self.guardrails.enabled:
            found += rail_problems(self.scenario)
        return found

    def _deferral_problems(self) -> Iterator[Problem]:
        hours = self.business_hours
        day, spread = 60 * (hours.close_hour - hours.open_hour), self.touchpoints.defer_spread_min
        if not spread < day:
            allowed = f"must be shorter than the business day of {day:g} minutes"
            yield Problem("touchpoints.defer_spread_min", shown(spread), allowed)


def archetypes(params: CrmParams) -> Mapping[str, Archetype]:
    """Return the archetypes by name; `standard` alone when the mix names none."""
    return params.archetypes or {STANDARD: Archetype(share=1.0)}


def mix_shares(params: CrmParams) -> dict[str, float]:
    """Return the share of each archetype, `auto` completed.

    Raises:
        ValueError: the shares do not sum to 1.
    """
    return complete_shares({name: kind.share for name, kind in archetypes(params).items()})


def volume(params: CrmParams) -> int:
    """Return the number of contacts, rounded half up, at least 1."""
    exact = params.volume.base_records * params.scenario.lead_volume_multiplier
    return max(1, int(exact + 0.5 + 1e-9))


def intake_problem(params: CrmParams, horizon: int) -> Problem | None:
    """Return what forbids the intake window under a horizon in days, or None."""
    days, start = params.window.intake_days, params.window.start()
    if days is None or days <= horizon:
        return None
    allowed = (
        f"must be <= the horizon of {horizon} days: the intake would end at "
        f"{utc_text(params.window.intake_end(horizon))}, the window ends at "
        f"{utc_text(start + horizon * DAY_MS)}"
    )
    return Problem("params.window.intake_days", shown(days), allowed)
