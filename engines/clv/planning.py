"""Tell the planner which files a study reads, what changes nothing, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engines.clv.params import ClvParams, candidates
from engines.clv.params_data import DATASETS, archetype_shares
from runner.contract import leaf_values

_FILE_ONLY = ("data.path", "data.date_format", "data.timezone", "data.refund_policy",
              "data.zero_revenue", "window.observation_end", "window.calibration_end")  # fmt: skip
_TYPICAL_FILE = 4000  # customers; their number is known only once the file is read


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
    """Return a rough estimate of the CPU seconds of one run."""
    n = params.data.synthetic.n_customers if params.is_synthetic else _TYPICAL_FILE
    passes = len(candidates(params)) + 2 + horizon / 12
    drift = 1.5e-5 * params.drift.null_samples if params.drift.enabled else 0.0
    return 0.1 + 1e-6 * n * params.uncertainty.n_samples * passes + drift
