"""Find the customers of a run: those of a file, a resample of them, or a simulated population."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engines.clv.generate import Population, generate
from engines.clv.params import ClvParams
from engines.clv.purchases import Purchases
from engines.clv.resample import resample
from engines.clv.transactions import FileData, too_few
from engines.clv.windows import Windows, synthetic_windows
from runner.contract import Draws, SimulationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The customers of one run.

    `observed`: purchases up to the end of observation; `population`: all that happens, known for a
    simulation only; `report`: what reading or simulating them did, by item.
    """

    observed: Purchases
    windows: Windows
    report: Mapping[str, float]
    population: Population | None


def customers_of(params: ClvParams, data: FileData | None, draws: Draws, horizon: int) -> Source:
    """Return the customers of a replicate; `data` is None for a synthetic source.

    Raises:
        SimulationError: too few of them, or none who bought again.
    """
    source = _simulated(params, draws, horizon) if data is None else _resampled(data, draws)
    fault = too_few(source.observed, source.windows)
    if fault:
        raise SimulationError(fault)
    return source


def _resampled(data: FileData, draws: Draws) -> Source:
    observed = resample(data, draws)
    return Source(observed=observed, windows=data.windows, report=data.report, population=None)


def _simulated(params: ClvParams, draws: Draws, horizon: int) -> Source:
    windows = synthetic_windows(params)
    last: float = windows.observation_end
    if params.forecast.enabled:
        last += horizon * params.forecast.days_per_month * windows.ticks_per_day
    population = generate(params, windows, last, draws)
    observed = population.purchases.until(windows.observation_end)
    return Source(
        observed=observed, windows=windows, report=_report(observed, windows), population=population
    )


def _report(observed: Purchases, windows: Windows) -> dict[str, float]:
    nothing = ("merged_rows", "negative_rows", "refund_only_days", "refund_only_revenue",
               "zero_rows", "customers_outside_acquisition")  # fmt: skip
    return {
        "raw_rows": observed.tick.size,
        "customers": len(observed),
        "purchase_days": observed.tick.size,
        **dict.fromkeys(nothing, 0.0),
        "customers_after_calibration": int((observed.first > windows.calibration_end).sum()),
        "first_date": float(observed.tick.min() // windows.ticks_per_day) if len(observed) else 0.0,
        "last_date": float(observed.tick.max() // windows.ticks_per_day) if len(observed) else 0.0,
        "revenue_total": float(observed.revenue.sum()),
    }
