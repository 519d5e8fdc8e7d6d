"""Sample parameters around their estimates, and say how well the samples follow the likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv

from engines.clv.fit import Fit
from engines.clv.generate import SMALLEST
from engines.clv.params import ClvParams
from runner.contract import Draws, Floats

STREAMS = ("<stage>.params.<model>", "<stage>.proposal.<model>", "<stage>.reweight.<model>")
_PROPOSALS = 20  # per sample
_FREEDOM = 5.0
_WIDER = 1.5
_FARTHEST = 25.0  # nats; a normal sample of four parameters is there once in 1e9
_HALVINGS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSamples:
    """Sampled parameters.

    `theta`: float64 (k, n_samples); `ess_fraction`: effective share of the plain normal samples
    under the likelihood, None without a covariance; `are_plug_in`: all samples are the estimate.
    """

    theta: Floats
    ess_fraction: float | None
    are_plug_in: bool


def sample_parameters(fit: Fit, params: ClvParams, draws: Draws) -> ParameterSamples:
    """Return n_samples parameter vectors of one fit."""
    settings, k = params.uncertainty, fit.theta.size
    plug_in = np.repeat(fit.theta[:, None], settings.n_samples, axis=1)
    if fit.covariance is None:
        return ParameterSamples(theta=plug_in, ess_fraction=None, are_plug_in=True)
    root = np.asarray(np.linalg.cholesky(fit.covariance), dtype=np.float64)
    z = draws.normal(
        f"{fit.stage}.params.{fit.model}",
        step=np.arange(settings.n_samples)[None, :],
        entities=np.arange(k)[:, None],
    )
    offset = root @ z
    log_density = -0.5 * np.sum(z * z, axis=0)
    reached = _log_likelihoods(fit, offset, params)
    weight = _weights(reached - log_density)
    ess = float(1.0 / np.sum(weight**2) / settings.n_samples) if weight is not None else 0.0
    if settings.parameter_samples == "none":
        return ParameterSamples(theta=plug_in, ess_fraction=ess, are_plug_in=True)
    if settings.parameter_samples == "importance":
        offset = _reweighted(fit, root, params, draws)
    else:
        offset = _drawn_in(fit, offset, reached, params)
    theta = np.exp(np.log(fit.theta)[:, None] + offset)
    return ParameterSamples(theta=theta, ess_fraction=ess, are_plug_in=False)


def _log_likelihoods(fit: Fit, offset: Floats, params: ClvParams) -> Floats:
    """Return the total log-likelihood at estimates plus offsets (k, n); -inf outside the bounds."""
    scaled = (np.log(fit.theta) - fit.log_scale)[:, None] + offset
    inside = np.all(np.abs(scaled) <= params.fit.log_bound, axis=0)
    found = np.full(offset.shape[1], -np.inf)
    for d in np.flatnonzero(inside):
        value = fit.scaled_mean(scaled[:, d]) * fit.n_customers
        found[d] = value if np.isfinite(value) else -np.inf
    return found


def _drawn_in(fit: Fit, offset: Floats, reached: Floats, params: ClvParams) -> Floats:
    """Halve offsets (k, n) until the likelihood allows them; `reached`: log-likelihoods there (n,).

    On a ridge the normal approximation reaches parameters that the data exclude, such as a million
    purchases a week; a sample 25 nats below the maximum is none of these parameters.
    """
    offset = offset.copy()
    least = _log_likelihoods(fit, np.zeros((offset.shape[0], 1)), params)[0] - _FARTHEST
    far = np.flatnonzero(reached < least)
    for _ in range(_HALVINGS):
        if not far.size:
            break
        offset[:, far] *= 0.5
        far = far[_log_likelihoods(fit, offset[:, far], params) < least]
    return offset


def _weights(log_weight: Floats) -> Floats | None:
    """Return weights of sum 1, or None when no sample has any."""
    top = log_weight.max()
    if not np.isfinite(top):
        return None
    weight = np.exp(log_weight - top)
    return np.asarray(weight / weight.sum())


def _reweighted(fit: Fit, root: Floats, params: ClvParams, draws: Draws) -> Floats:
    """Return offsets (k, n_samples) resampled from a wider Student t by their likelihood."""
    k, n = fit.theta.size, params.uncertainty.n_samples
    stream, proposals = f"{fit.stage}.proposal.{fit.model}", np.arange(_PROPOSALS * n)
    z = draws.normal(stream, step=proposals[None, :], entities=np.arange(k)[:, None])
    u = np.maximum(draws.uniform(stream, step=proposals, entities=k), SMALLEST)
    chi2 = 2.0 * gammaincinv(_FREEDOM / 2.0, u)
    t = z * np.sqrt(_FREEDOM / chi2)
    offset = np.sqrt(_WIDER) * (root @ t)
    log_density = -0.5 * (_FREEDOM + k) * np.log1p(np.sum(t * t, axis=0) / _FREEDOM)
    weight = _weights(_log_likelihoods(fit, offset, params) - log_density)
    if weight is None:
        return np.zeros((k, n))
    start = float(draws.uniform(f"{fit.stage}.reweight.{fit.model}")[()])
    edges = np.cumsum(weight)
    points = (np.arange(n) + start) / n * edges[-1]
    chosen = np.minimum(np.searchsorted(edges, points, side="right"), proposals.size - 1)
    return np.asarray(offset[:, chosen])
