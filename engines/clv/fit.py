"""Fit the models of a stage by maximum likelihood, with standard errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from engines.clv.models import MODELS, PurchaseModel
from engines.clv.models import gamma_gamma as gg
from engines.clv.models.gamma_gamma import Spending
from engines.clv.models.histories import Histories
from engines.clv.optimise import Optimum, Search, covariance, hessian, maximise
from engines.clv.params import ClvParams, FitSettings
from engines.clv.rfm import StageData, distinct_rows
from runner.contract import Floats

CONVERGED = "converged"
_DISAGREEMENT = 0.01  # nats between the two best end points


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A fitted model.

    Attributes:
        parameters: names; theta: estimates (k,); covariance: of the logs (k, k), or None.
        log_likelihood: nats, in the configured units; spread: nats between the best end points.
        log_scale: ln of what each parameter was divided by in the search (k,).
        status: converged, max_iterations, at_bound, multistart_disagreement, hessian_not_definite.
        scaled_mean: mean log-likelihood at log-parameters of the search, for reweighting.
    """

    stage: str
    model: str
    parameters: tuple[str, ...]
    theta: Floats
    covariance: Floats | None
    log_likelihood: float
    spread: float
    log_scale: Floats
    status: str
    n_customers: int
    n_rows: int
    scaled_mean: Callable[[Floats], float]

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 k - 2 LL."""
        return 2.0 * len(self.parameters) - 2.0 * self.log_likelihood

    @property
    def has_converged(self) -> bool:
        """Tell whether the search ended as it should."""
        return self.status == CONVERGED

    @property
    def purchase_model(self) -> PurchaseModel:
        """The functions of a purchase model."""
        return MODELS[self.model]

    def se_log(self) -> Floats | None:
        """Return the standard errors of the log-parameters (k,)."""
        return None if self.covariance is None else np.sqrt(np.diag(self.covariance))

    def interval(self, level: float) -> tuple[Floats, Floats] | None:
        """Return the equal-tailed interval of each parameter, (k,) and (k,)."""
        se = self.se_log()
        if se is None:
            return None
        reach = float(ndtri(0.5 + level / 2)) * se
        with np.errstate(over="ignore"):
            return self.theta * np.exp(-reach), self.theta * np.exp(np.minimum(reach, _MOST_LOG))


_MOST_LOG = 650.0  # exp of it is still a number


def search_of(settings: FitSettings) -> Search:
    """Return the limits of the search."""
    return Search(
        max_iterations=settings.max_iterations,
        gradient_tolerance=settings.gradient_tolerance,
        log_bound=settings.log_bound,
    )


def fit_purchases(stage: str, model: PurchaseModel, rows: Histories, params: ClvParams) -> Fit:
    """Return a purchase model fitted to histories; time is scaled by the longest age."""
    scale = float(rows.age.max()) or 1.0
    data = rows.scaled(scale)

    def objective(log_theta: Floats) -> tuple[float, Floats]:
        return model.mean_and_gradient(log_theta, data)

    log_scale = np.where(model.is_time, np.log(scale), 0.0)
    shift = -float(data.weight @ data.x) * np.log(scale)
    sizes = (round(data.n_customers), data.x.size)
    names = (stage, model.name, model.parameters)
    optimum = maximise(objective, model.starts, search_of(params.fit))
    return _fit(names, sizes, objective, optimum, log_scale, shift, params.fit)


def fit_spend(data: StageData, params: ClvParams) -> Fit | None:
    """Return the Gamma-Gamma model of spend, or None when too few customers bought again."""
    spending = spending_of(data)
    n = round(float(spending.weight.sum()))
    if n < params.gamma_gamma.min_customers:
        return None
    scale = float(spending.weight @ spending.m) / n
    scaled = Spending(x=spending.x, m=spending.m / scale, weight=spending.weight)

    def objective(log_theta: Floats) -> tuple[float, Floats]:
        return gg.mean_and_gradient(log_theta, scaled)

    log_scale = np.array([0.0, 0.0, np.log(scale)])
    optimum = maximise(objective, gg.STARTS, search_of(params.fit))
    names, sizes = (data.stage, gg.NAME, gg.PARAMETERS), (n, spending.x.size)
    return _fit(names, sizes, objective, optimum, log_scale, -n * np.log(scale), params.fit)


def spending_of(data: StageData) -> Spending:
    """Return the distinct (x, m) of customers whose spend can be modelled: x > 0 and m > 0."""
    has = (data.spend_count > 0) & (data.spend_mean > 0)
    keys, _, weight = distinct_rows(data.spend_count[has], data.spend_mean[has])
    return Spending(
        x=keys[0].astype(np.float64), m=keys[1].astype(np.float64), weight=weight.astype(np.float64)
    )


def log_count_sum(data: StageData) -> float:
    """Return the sum of ln x over the customers of the spend fit: mean minus total convention."""
    spending = spending_of(data)
    return float(spending.weight @ np.log(spending.x))


def _fit(  # noqa: PLR0913, PLR0917 - the two kinds of model share all of it
    names: tuple[str, str, tuple[str, ...]],
    sizes: tuple[int, int],
    objective: Callable[[Floats], tuple[float, Floats]],
    optimum: Optimum,
    log_scale: Floats,
    shift: float,
    settings: FitSettings,
) -> Fit:
    n = sizes[0]
    spread = optimum.spread * n
    found = covariance(hessian(objective, optimum.log_theta), n, settings.log_bound)
    return Fit(
        stage=names[0], model=names[1], parameters=names[2],
        theta=np.exp(optimum.log_theta + log_scale),
        covariance=found,
        log_likelihood=optimum.value * n + shift,
        spread=spread,
        log_scale=log_scale,
        status=_status(optimum, spread, is_definite=found is not None),
        n_customers=n, n_rows=sizes[1],
        scaled_mean=lambda log_theta: objective(log_theta)[0],
    )  # fmt: skip


def _status(optimum: Optimum, spread: float, *, is_definite: bool) -> str:
    """Return how a search ended; on a ridge that never flattens out no maximum is defined."""
    if optimum.ran_out:
        return "max_iterations"
    if optimum.is_at_bound:
        return "at_bound"
    if not is_definite:
        return "hessian_not_definite"
    if not optimum.is_flat:
        return "max_iterations"
    return "multistart_disagreement" if spread > _DISAGREEMENT else CONVERGED
