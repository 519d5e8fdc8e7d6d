"""Arms meet the same luck under common seeding, and their own under per_cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from runner import run_study


def outcomes(seeding: str, **params: float) -> pd.DataFrame:
    results = run_study(
        {
            "engine": "linear_null",
            "execution": "sequential",
            "seeding": seeding,
            "params": {"entities": 40, **params},
            "horizon": 3,
            "design": {
                "replicates": 40,
                "arms": {"treated": {"params.effect": 0.7}, "also": {"params.effect": 0.7}},
            },
        }
    )
    metrics = results.metrics
    mean = metrics[metrics["metric"] == "mean_outcome"]
    wide: pd.DataFrame = mean.pivot(index="replicate_index", columns="arm", values="value")
    return wide


def test_paired_arms_differ_by_the_effect_alone(here: Path) -> None:
    wide = outcomes("common")
    assert wide["control"].std() > 0.2
    assert np.allclose(wide["treated"] - wide["control"], 0.7, rtol=0, atol=1e-9)


def test_unpaired_arms_have_luck_of_their_own(here: Path) -> None:
    wide = outcomes("per_cell")
    difference = wide["treated"] - wide["control"]
    assert difference.std() > 0.5 * wide["control"].std()
    # false alarm 1 in 15,000 at 40 replicates: |r| of independent arms stays below 0.6
    assert abs(np.corrcoef(wide["treated"], wide["control"])[0, 1]) < 0.6
    # equal content is one cell, whatever its arm is called
    assert wide["also"].equals(wide["treated"])
