"""Choose among the fitted models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engines.clv.fit import Fit
from engines.clv.params import ClvParams
from engines.clv.validate import ModelScores


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The model that forecasts, why each candidate was chosen or not, and on what."""

    model: str
    reasons: Mapping[str, str]
    on_holdout: bool


def choose(fits: Mapping[str, Fit], scored: Mapping[str, ModelScores], params: ClvParams) -> Choice:
    """Return the chosen model; `scored` is empty without a holdout."""
    if params.model.name != "auto":
        name = params.model.name
        reasons = dict.fromkeys(fits, "not asked for") | {name: "named in model.name"}
        return Choice(model=name, reasons=reasons, on_holdout=False)
    usable = [name for name, fit in fits.items() if fit.has_converged]
    if not usable:
        best = max(fits, key=lambda name: fits[name].log_likelihood)
        reasons = {name: f"not converged ({fits[name].status})" for name in fits}
        reasons[best] = "best log-likelihood; no candidate converged"
        return Choice(model=best, reasons=reasons, on_holdout=False)
    reasons = {n: f"not converged ({fits[n].status})" for n in fits if n not in usable}
    rule = params.selection.rule if scored else "aic"
    if rule == "aic":
        return _by_aic(usable, fits, reasons)
    near = usable
    if rule == "aic_then_holdout":
        lowest = min(fits[name].aic for name in usable)
        near = [n for n in usable if fits[n].aic - lowest <= params.selection.aic_margin]
        reasons |= {
            n: f"AIC {fits[n].aic - lowest:.2f} above the best" for n in usable if n not in near
        }
    return _by_holdout(near, fits, scored, reasons)


def _by_aic(usable: list[str], fits: Mapping[str, Fit], reasons: dict[str, str]) -> Choice:
    best = min(usable, key=lambda name: fits[name].aic)
    reasons |= {
        n: f"AIC {fits[n].aic - fits[best].aic:.2f} above the best" for n in usable if n != best
    }
    return Choice(model=best, reasons={**reasons, best: "lowest AIC"}, on_holdout=False)


def _by_holdout(
    near: list[str], fits: Mapping[str, Fit], scored: Mapping[str, ModelScores],
    reasons: dict[str, str],
) -> Choice:  # fmt: skip
    lowest = min(near, key=lambda name: float(scored[name].crps.mean()))
    tied = [name for name in near if _ties(scored[name], scored[lowest])]
    best = min(tied, key=lambda name: fits[name].aic)
    for name in near:
        if name not in tied:
            worse = float(scored[name].crps.mean() - scored[lowest].crps.mean())
            reasons[name] = f"holdout CRPS {worse:.4f} above the lowest"
        elif name != best:
            reasons[name] = f"ties in holdout CRPS, higher AIC than {best}"
    if len(near) == 1:
        reasons[best] = "the only candidate near the best AIC"
    elif len(tied) == 1:
        reasons[best] = "lowest holdout CRPS"
    else:
        reasons[best] = "lowest AIC among those that tie in holdout CRPS"
    return Choice(model=best, reasons=reasons, on_holdout=len(near) > 1)


def _ties(one: ModelScores, best: ModelScores) -> bool:
    difference = one.crps - best.crps
    error = float(difference.std(ddof=1)) / np.sqrt(difference.size)
    return one.model == best.model or float(difference.mean()) < error
