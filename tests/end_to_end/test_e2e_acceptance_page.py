"""docs/acceptance.md tells the truth: every example is run, every rate computed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from runner.accept import verdict_of
from tests.unit.accept.support import QUIET, tell

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "acceptance.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"^<!-- (?P<job>file|run \d): (?P<note>.+?) -->\n```\w+\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
EXAMPLES = list(BLOCK.finditer(PAGE))


def test_every_fenced_block_is_run() -> None:
    assert len(EXAMPLES) == PAGE.count("\n```") // 2


@pytest.mark.parametrize("index", [i for i, e in enumerate(EXAMPLES) if e["job"] != "file"])
def test_examples_do_what_the_page_says(
    index: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for example in (e for e in EXAMPLES if e["job"] == "file"):
        file = Path(example["note"])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(example["text"], encoding="utf-8")
    example = EXAMPLES[index]
    python, dash_m, runner, *words = shlex.split(example["text"])
    assert (python, dash_m, runner) == ("python", "-m", "runner")
    ran = tell(capsys, *words, *QUIET)
    assert ran.code == int(example["job"].split()[1]), ran.err
    said = ran.out + ran.err
    assert [text for text in example["note"].split(" | ") if text not in said] == [], said


RATES = re.findall(r"^\| (0\.\d+) \| (\d+) \| (.+) \|$", PAGE, re.MULTILINE)


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
