"""docs/comparing.md tells the truth: every example is run, every column and finding is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from runner.compare import findings
from tests.commands import Command
from tests.unit.compare.support import planned

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "comparing.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"^<!-- (?P<job>file|run \d|python)(?:: (?P<note>.+?))? -->\n```\w+\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
EXAMPLES = list(BLOCK.finditer(PAGE))
RUNS = [index for index, example in enumerate(EXAMPLES) if example["job"].startswith("run")]


def test_every_fenced_block_is_run() -> None:
    assert len(EXAMPLES) == PAGE.count("\n```") // 2


@pytest.mark.parametrize("index", RUNS)
def test_commands_say_what_the_page_says(index: int, command: Command) -> None:
    for file in (e for e in EXAMPLES if e["job"] == "file"):
        place = Path(file["note"])
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(file["text"], encoding="utf-8")
    example = EXAMPLES[index]
    for line in example["text"].splitlines():
        python, dash_m, runner, *words = shlex.split(line)
        assert (python, dash_m, runner) == ("python", "-m", "runner")
        quiet = ["execution=sequential"] if words[0] == "run" else []
        ran = command(*words, *quiet)
    assert ran.code == int(example["job"].split()[1]), ran.err
    said = ran.out + ran.err
    assert [text for text in example["note"].split(" | ") if text not in said] == [], said


@pytest.mark.usefixtures("here")
def test_python() -> None:
    (example,) = (e for e in EXAMPLES if e["job"] == "python")
    exec(compile(example["text"], "docs/comparing.md", "exec"), {})  # noqa: S102


def test_every_column_has_a_row_in_order() -> None:
    section = PAGE.partition("## Where it is stored")[2].partition("`variance_budget.parquet`")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    study = planned(design={"replicates": 2})
    values = {(c, "mean_outcome"): [1.0, 2.0] for c in range(3)}
    assert named == list(study.compare(values).rows.columns)


def test_every_finding_has_a_row() -> None:
    section = PAGE.partition("## Findings")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert named == {
        findings.BETTER, findings.WORSE, findings.HIGHER, findings.LOWER,
        findings.NO_DIFFERENCE_SHOWN, findings.SAME, findings.NOT_COMPARED,
    }  # fmt: skip
