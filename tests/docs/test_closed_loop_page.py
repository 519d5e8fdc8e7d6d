"""docs/closed-loop.md does what it says: simulate, export, estimate, judge."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pandas as pd

from tests.commands import Command

PAGE = Path(__file__).resolve().parents[2] / "docs" / "closed-loop.md"
STEP = re.compile(r"^<!-- run -->\n```sh\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def words_of(text: str) -> list[str]:
    python, option, module, *words = shlex.split(text)
    assert (python, option, module) == ("python", "-m", "runner")
    return words


def test_a_known_future_judges_the_model(command: Command) -> None:
    simulate, export, estimate = (
        words_of(step["text"]) for step in STEP.finditer(PAGE.read_text())
    )
    players = command(*simulate, "--json", "execution=sequential")
    assert players.code == 0, players.err
    run_id = str(pd.read_parquet(players.folder / "plan.parquet")["run_id"].iloc[0])
    exported = command(*(run_id if word == "RUN_ID" else word for word in export))
    assert exported.code == 0, exported.err
    ran = command(*estimate, "--json", "execution=sequential")
    found = ran.document
    assert found["runs"]["done"] == 1, found["errors"]
    assert any("spend_frequency_dependence" in text for text in found["warnings"])
    metrics = pd.read_parquet(ran.folder / "metrics.parquet").set_index("metric")["value"]
    purchases = pd.read_parquet("exported/purchases.parquet")
    spend = purchases.groupby("agent_id")["price_usd"].agg(["count", "mean"])
    assert len(spend) > 100
    assert metrics["corr_spend_frequency"] > 0.3
    assert metrics["abs_holdout_total_bias_pct"] < 10
    assert found["verdict"] == "fail"
    assert metrics["gg_q_low"] < 1
