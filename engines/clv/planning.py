"""Tell the planner which files a study reads, what changes nothing, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engines.clv.params import ClvParams, candidates
from engines.clv.params_data import DATASETS, archetype_shares
from runner.contract import leaf_values

_FILE_ONLY = ("data.path", "data.date_format", "data.timezone", "data.refund_policy",
              "data.zero_revenue", "window.observation_end", "window.calibration_end")  # fmt: skip
_TYPICAL_FILE = 2000  # customers; their number is known only once the file is read


def files(params: ClvParams) -> Mapping[str, str]:
    """Return the input files by the path of the parameter that names them."""
    if params.is_synthetic:
        return {}
    own = DATASETS.get(params.data.path)
    found = {"data.path": params.data.path if own is None else str(own)}
    for name, table in params.data.feature_tables.items():
        found[f"data.feature_tables.{name}.path"] = table.path
    return found


def replicates(params: ClvParams) -> Literal["simulation", "bootstrap"]:
    """Return what a replicate is: a fresh population, or a resample of the file's customers."""
    return "simulation" if params.is_synthetic else "bootstrap"


def inert_paths(params: ClvParams) -> list[str]:
    """Return the parameters that change nothing under these."""
    every = list(leaf_values(params))
    unread = _unread_source(params, every)
    if params.window.calibration_end is not None:
        unread.append("window.calibration_units")
    if params.model.name != "auto":
        unread += ["selection.rule", "selection.aic_margin"]
    unread += _switched_off(params, every)
    unread.append("gamma_gamma.independence_warn_abs_corr")  # decides about a warning alone
    return unread


def _switched_off(params: ClvParams, every: list[str]) -> list[str]:
    """Return the parameters of steps that are left out; lists value the holdout as forecasts do."""
    groups = [
        name for name in ("drift", "lists", "validation") if not getattr(params, name).enabled
    ]
    unread = []
    if not params.validation.enabled:
        unread += ["selection.rule", "selection.aic_margin"]
    if not params.forecast.enabled:
        unread += ["uncertainty.customer_intervals", "forecast.refit"]
        groups += [] if params.lists.enabled else ["forecast"]
    for name in groups:
        switch = f"{name}.enabled"
        unread += [path for path in every if path.startswith(f"{name}.") and path != switch]
    return unread


def _unread_source(params: ClvParams, every: list[str]) -> list[str]:
    if not params.is_synthetic:
        own = [path for path in every if path.startswith("data.synthetic.")]
        return [*own, "window.observation_units"]
    nested = ("data.columns.", "data.feature_tables.")
    unread = [p for p in every if p in _FILE_ONLY or p.startswith(nested)]
    synthetic = params.data.synthetic
    other = "bg" if synthetic.process == "pareto_nbd" else "pareto"
    unread += [path for path in every if path.startswith(f"data.synthetic.{other}.")]
    shares = archetype_shares(synthetic)
    present = [kind for name, kind in synthetic.archetypes.items() if shares[name] > 0]
    if all(kind.acquisition_window is not None for kind in present):
        unread.append("data.synthetic.acquisition_units")
    for name, share in shares.items():
        if share == 0:
            head = f"data.synthetic.archetypes.{name}."
            unread += [p for p in every if p.startswith(head) and not p.endswith(".share")]
    return unread


def plan_notes(params: ClvParams) -> list[str]:
    """Return remarks for the planner."""
    if params.is_synthetic or params.uncertainty.parameter_samples != "none":
        return []
    return ["plug-in parameters: intervals leave out what the estimates do not know"]


def cost(params: ClvParams, horizon: int) -> float:
    """Return a rough estimate of the CPU seconds of one run, from measurements."""
    n = params.data.synthetic.n_customers if params.is_synthetic else _TYPICAL_FILE
    names, samples = candidates(params), params.uncertainty.n_samples
    fits = sum(_fit_cost(name, n, samples) for name in names)
    found = 0.02 + 6e-6 * n + fits
    pairs = n * samples
    if params.validation.enabled:
        found += _PAIR * pairs * len(names)
    if params.lists.enabled:
        found += 1.8 * _PAIR * pairs
    if params.forecast.enabled:
        found += fits / len(names) + _PAIR * pairs * (0.8 + 0.6 * horizon / 12)
        chosen_lists = params.lists.enabled and len(names) > 1
        found += 1.8 * _PAIR * pairs if chosen_lists else 0.0
    if params.drift.enabled:
        found += _COHORT * params.drift.null_samples
    is_short = params.is_synthetic and params.window.calibration_units < _SHORT
    return found * (_RIDGE if is_short and "pareto_nbd" in names else 1.0)


def _fit_cost(name: str, n: int, samples: int) -> float:
    """Return the CPU seconds of a fit: likelihoods of the search and of each parameter sample."""
    return (_SLOW_ROW if name == "pareto_nbd" else _ROW) * n * (_SEARCH + samples)


_ROW, _SLOW_ROW = 1.1e-7, 4.5e-7  # CPU seconds of a customer's likelihood and its gradient
_SHORT, _RIDGE = 20, 1.9  # below so many units the likelihood of Pareto/NBD is a ridge: factor
_SEARCH = 110  # likelihoods of three searches
_PAIR = 1.0e-6  # CPU seconds of one customer's sampled holdout
_COHORT = 2.5e-5  # CPU seconds of the null of a run's cohorts, for each null sample
