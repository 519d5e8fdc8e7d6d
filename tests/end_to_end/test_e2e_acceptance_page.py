"""docs/acceptance.md tells the truth: every example is run, every rate computed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from runner.accept import verdict_of
from tests.page_examples import examples_on, fenced_blocks_on, text_of
from tests.unit.accept.support import QUIET, tell

PAGE = "acceptance.md"
EXAMPLES = examples_on(PAGE)


def test_every_fenced_block_is_run() -> None:
    assert len(EXAMPLES) == fenced_blocks_on(PAGE)


@pytest.mark.parametrize("index", [i for i, e in enumerate(EXAMPLES) if not e.is_file])
def test_examples_do_what_the_page_says(
    index: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for example in (e for e in EXAMPLES if e.is_file):
        example.write()
    ran = tell(capsys, *EXAMPLES[index].words, *QUIET)
    EXAMPLES[index].check(ran.code, ran.out + ran.err)


RATES = re.findall(r"^\| (0\.\d+) \| (\d+) \| (.+) \|$", text_of(PAGE), re.MULTILINE)


def chance(verdict: str, n: int, true: float, pass_share: float) -> float:
    chances = stats.binom.pmf(np.arange(n + 1), n, true)
    counts = [verdict_of(k, n, pass_share, 0.1).verdict == verdict for k in range(n + 1)]
    return float(chances[np.array(counts)].sum())


@pytest.mark.parametrize(("share", "count", "told"), RATES)
def test_rates_are_exact(share: str, count: str, told: str) -> None:
    p, n = float(share), int(count)
    rates = (
        chance("fail", n, p, p), chance("pass", n, p - 0.1, p), chance("fail", n, p - 0.1, p),
        chance("pass", n, (1 + p) / 2, p),
    )  # fmt: skip
    assert told.split(" | ") == [f"{rate:.1%}" for rate in rates]


def test_fewest_replicates_that_can_pass() -> None:
    assert len(RATES) == 15
    for share, least in ((0.95, 22), (0.9, 16), (0.8, 9)):
        assert verdict_of(least, least, share, 0.1).verdict == "pass"
        assert verdict_of(least - 1, least - 1, share, 0.1).verdict != "pass"
    low = verdict_of(10, 10, 1.0, 0.1).low
    assert low == pytest.approx(0.722, abs=1e-3)
