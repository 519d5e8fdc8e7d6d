"""Declare the engine's parameters, with units, bounds and the rules between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engines.clv.params_data import Data, archetype_shares
from engines.clv.params_forecast import (
    PURCHASE_MODELS,
    Drift,
    Forecast,
    Lists,
    Uncertainty,
    Validation,
)
from runner.contract import ParamGroup, Problem, group, param, shown

DEFAULT_CANDIDATES = ("bg_nbd", "mbg_nbd", "pareto_nbd")
UNIT_DAYS: Mapping[str, float] = {"day": 1.0, "week": 7.0, "month": 365.0 / 12.0}
_DATE_DOC = "ISO date, inclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Time(ParamGroup):
    """The time unit of the models."""

    unit: str = param("week", choices=tuple(UNIT_DAYS), doc="month = 365/12 days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(ParamGroup):
    """Which customers count, where fitting ends and where judging ends."""

    acquisition_start: str | None = param(
        None, doc="ISO date; customers first seen before are left out; null = no limit"
    )
    acquisition_end: str | None = param(
        None, doc="ISO date; customers first seen after are left out; null = no limit"
    )
    calibration_units: float = param(
        39.0, unit="time_units", low=0, low_open=True, high=1e5,
        doc="length of the fitting window; used when calibration_end is null",
    )  # fmt: skip
    calibration_end: str | None = param(None, doc=f"last day that is fitted, {_DATE_DOC}")
    observation_end: str | None = param(
        None, doc=f"last day that is used, {_DATE_DOC}; null = last order date; files only"
    )
    observation_units: float = param(
        78.0, unit="time_units", low=0, low_open=True, high=1e5,
        doc="length of the simulated history; synthetic only",
    )  # fmt: skip

    def problems(self) -> list[Problem]:
        """Refuse texts that are no dates, and an empty acquisition window."""
        dated = ("acquisition_start", "acquisition_end", "calibration_end", "observation_end")
        found = [p for name in dated for p in date_problems(name, getattr(self, name))]
        low, high = self.acquisition_start, self.acquisition_end
        if not found and low is not None and high is not None and low > high:
            found.append(Problem("acquisition_end", high, f"must be >= acquisition_start = {low}"))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(ParamGroup):
    """Which purchase model forecasts, and which are compared."""

    name: str = param(
        "auto", choices=("auto", *PURCHASE_MODELS), doc="auto = chosen among the candidates"
    )
    candidates: tuple[str, ...] | None = param(
        None, choices=PURCHASE_MODELS,
        doc="models to fit; null = bg_nbd, mbg_nbd, pareto_nbd under auto, else model.name alone",
    )  # fmt: skip

    def problems(self) -> list[Problem]:
        """Refuse an empty list, repeated names, and a list without the model that is named."""
        names = self.candidates
        if names is None:
            return []
        if not names or len(set(names)) < len(names):
            return [Problem("candidates", shown(names), "must name each model once, at least one")]
        if self.name != "auto" and self.name not in names:
            allowed = f"must contain model.name = {self.name}"
            return [Problem("candidates", shown(names), allowed)]
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection(ParamGroup):
    """How `auto` chooses."""

    rule: str = param(
        "aic_then_holdout", choices=("aic", "holdout", "aic_then_holdout"),
        doc="lowest AIC, lowest holdout CRPS, or the latter among those near the best AIC",
    )  # fmt: skip
    aic_margin: float = param(
        10.0, unit="AIC_points", low=0, high=1000, doc="candidates this far above are dropped"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings(ParamGroup):
    """How far the search for the maximum may go; there is no penaliser."""

    max_iterations: int = param(500, unit="count", low=10, high=10_000, doc="per starting point")
    gradient_tolerance: float = param(
        1e-7, unit="nats_per_customer", low=1e-12, high=1e-3, doc="slope at which a search ends"
    )
    log_bound: float = param(
        13.8, unit="ln", low=5, high=20, doc="each scaled log-parameter stays within +- this"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaGamma(ParamGroup):
    """How spend per purchase is modelled."""

    include_first_purchase: bool = param(
        False, doc="true: x+1 purchases and their mean, so that one-time buyers count"
    )
    min_customers: int = param(
        30, unit="customers", low=10, high=10_000_000, doc="fewer buyers: money is not modelled"
    )
    independence_warn_abs_corr: float = param(
        0.3, unit="correlation", low=0, high=1,
        doc="warn when |correlation| of spend and frequency is above",
    )  # fmt: skip
    on_unidentified_mean: str = param(
        "error", choices=("error", "skip_money"),
        doc="what to do when q <= 1: fail, or leave money columns null",
    )  # fmt: skip


def _is_window(ends: tuple[float, ...] | None, most: float) -> bool:
    """Tell whether this is null or [low, high] within 0 and `most`."""
    if ends is None:
        return True
    low, high = (ends[0], ends[-1]) if len(ends) == _TWO_ENDS else (1.0, 0.0)
    return 0 <= low <= high <= most


_TWO_ENDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ClvParams(ParamGroup):
    """All parameters of one run."""

    data: Data = group(Data)
    time: Time = group(Time)
    window: Window = group(Window)
    model: Model = group(Model)
    selection: Selection = group(Selection)
    fit: FitSettings = group(FitSettings)
    gamma_gamma: GammaGamma = group(GammaGamma)
    uncertainty: Uncertainty = group(Uncertainty)
    forecast: Forecast = group(Forecast)
    validation: Validation = group(Validation)
    lists: Lists = group(Lists)
    drift: Drift = group(Drift)

    @property
    def is_synthetic(self) -> bool:
        """Tell whether customers are simulated."""
        return self.data.source == "synthetic"

    @property
    def unit_days(self) -> float:
        """Length of the time unit in days."""
        return UNIT_DAYS[self.time.unit]

    def problems(self) -> list[Problem]:
        """Refuse what does not fit together across groups."""
        found = self._synthetic_problems() if self.is_synthetic else []
        if self.lists.model != "auto" and self.lists.model not in candidates(self):
            allowed = f"must be auto or a candidate: {', '.join(candidates(self))}"
            found.append(Problem("lists.model", self.lists.model, allowed))
        if self.drift.enabled:
            found += self._cohort_problems()
        return found + self._switch_problems()

    def _switch_problems(self) -> list[Problem]:
        """Refuse what asks for a step that is switched off."""
        found = []
        off = "needs {}.enabled: true"
        judges = self.model.name == "auto" and self.selection.rule == "holdout"
        if judges and not self.validation.enabled:
            found.append(Problem("selection.rule", "holdout", off.format("validation")))
        predicts = self.drift.enabled and self.drift.statistic == "predicted_value"
        if predicts and not self.forecast.enabled:
            found.append(Problem("drift.statistic", "predicted_value", off.format("forecast")))
        return found

    def _synthetic_problems(self) -> list[Problem]:
        found, window, synthetic = [], self.window, self.data.synthetic
        for name in ("calibration_end", "observation_end"):
            if getattr(window, name) is not None:
                length = name.replace("_end", "_units")
                allowed = f"is for files; the synthetic source uses window.{length}"
                found.append(Problem(f"window.{name}", getattr(window, name), allowed))
        if window.observation_units < window.calibration_units:
            allowed = f"must be >= window.calibration_units = {window.calibration_units:g}"
            found.append(
                Problem("window.observation_units", shown(window.observation_units), allowed)
            )
        if synthetic.acquisition_units > window.calibration_units:
            allowed = f"must be <= window.calibration_units = {window.calibration_units:g}"
            where = "data.synthetic.acquisition_units"
            found.append(Problem(where, shown(synthetic.acquisition_units), allowed))
        for name, kind in synthetic.archetypes.items():
            if not _is_window(kind.acquisition_window, window.observation_units):
                where = f"data.synthetic.archetypes.{name}.acquisition_window"
                allowed = f"must be [low, high], 0 <= low <= high <= {window.observation_units:g}"
                found.append(Problem(where, shown(kind.acquisition_window), allowed))
        return found

    def _cohort_problems(self) -> list[Problem]:
        by, tables = self.drift.cohort_by, self.data.feature_tables
        table = by.partition(".")[0]
        if by == "column" and (self.is_synthetic or self.data.columns.cohort is None):
            allowed = "column needs data.source: file and data.columns.cohort"
            return [Problem("drift.cohort_by", by, allowed)]
        if by == "archetype" and not self.is_synthetic:
            return [Problem("drift.cohort_by", by, "archetype needs data.source: synthetic")]
        if "." in by and (self.is_synthetic or table not in tables):
            known = ", ".join(tables) or "none"
            allowed = f"names no feature table of a file source; known: {known}"
            return [Problem("drift.cohort_by", by, allowed)]
        return []


def candidates(params: ClvParams) -> tuple[str, ...]:
    """Return the purchase models to fit, in a fixed order."""
    if params.model.candidates is not None:
        given = params.model.candidates
    else:
        given = DEFAULT_CANDIDATES if params.model.name == "auto" else (params.model.name,)
    return tuple(name for name in PURCHASE_MODELS if name in given)


def is_recoverable(params: ClvParams) -> bool:
    """Tell whether estimates can be compared with the parameters of the process."""
    if not params.is_synthetic:
        return False
    shares = archetype_shares(params.data.synthetic)
    present = [params.data.synthetic.archetypes[name] for name, share in shares.items() if share]
    return len(present) == 1 and present[0].is_standard


def date_problems(where: str, text: str | None) -> list[Problem]:
    """Return a problem unless the text is an ISO date or null."""
    import datetime

    if text is None:
        return []
    try:
        is_iso = datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        is_iso = False
    return [] if is_iso else [Problem(where, shown(text), "must be an ISO date, YYYY-MM-DD")]
