"""Remark on what a study's own data say of its design."""

from __future__ import annotations

import pandas as pd

from runner.config import Comparison, Study
from runner.contract import EngineSpec

_LITTLE = 1.2


def watched_metrics(
    comparisons: tuple[Comparison, ...], spec: EngineSpec, known: list[str]
) -> list[str]:
    """Return the metrics a study is about: those of declared comparisons, or the headline's."""
    declared = list(dict.fromkeys(c.metric for c in comparisons))
    headline = [name for name in spec.headline if name in known]
    return declared or headline or known


def pairing_notes(study: Study, spec: EngineSpec, rows: pd.DataFrame) -> tuple[str, ...]:
    """Return a warning when meeting the same luck makes arms hardly easier to tell apart."""
    watched = watched_metrics(study.comparisons, spec, list(dict.fromkeys(rows["metric"])))
    is_seen = (rows["method"] == "paired") & rows["metric"].isin(watched)
    factors = rows.loc[is_seen.to_numpy(bool), "variance_reduction"].dropna()
    if factors.empty or factors.median() >= _LITTLE:
        return ()
    return (
        f"pairing helps little: half of the comparisons on {', '.join(watched)} have a variance "
        f"reduction of {factors.median():.2f} or less, so that arms need about as many replicates "
        "as independent ones would; more replicates (design.replicates) or larger populations "
        "make the intervals narrower, and an arm that changes the mix keeps more in common "
        "with the control when it changes fewer shares",
    )
