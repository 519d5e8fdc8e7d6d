"""docs/calibrating.md tells the truth: its examples are run, in order, in one folder."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import tests.calibrate_support  # noqa: F401 - imports change once what they change
from runner.cli import run_command_line

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "calibrating.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"^<!-- (?P<job>file|run \d): (?P<note>.+?) -->\n```\w+\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
EXAMPLES = list(BLOCK.finditer(PAGE))


def test_every_fenced_block_is_run() -> None:
    assert len(EXAMPLES) == PAGE.count("\n```") // 2


def test_examples_do_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for example in EXAMPLES:
        if example["job"] == "file":
            file = Path(example["note"])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(example["text"], encoding="utf-8")
            continue
        python, dash_m, runner, *words = shlex.split(example["text"])
        assert (python, dash_m, runner) == ("python", "-m", "runner")
        code = run_command_line([*words, "execution=sequential"])
        told = capsys.readouterr()
        said = told.out + told.err
        assert code == int(example["job"].split()[1]), said
        assert [text for text in example["note"].split(" | ") if text not in said] == [], said
