"""docs/variables-csv.md tells the truth: its files are written and its commands are run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from runner.cli import run_command_line
from runner.config.sheet_files import HEADER

PAGE = (Path(__file__).parents[2] / "docs" / "variables-csv.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"^<!-- (file|run|refused): (.+?) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
USAGE = 2


def test_every_fenced_block_is_run() -> None:
    assert len(BLOCK.findall(PAGE)) == PAGE.count("\n```") // 2


def test_the_page_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["python -m runner"])
    plans = {}
    for job, note, text in BLOCK.findall(PAGE):
        if job == "file":
            Path(note).parent.mkdir(parents=True, exist_ok=True)
            Path(note).write_text(text, encoding="utf-8")
            continue
        code = run_command_line(shlex.split(text)[3:])
        told = capsys.readouterr()
        assert code == (0 if job == "run" else USAGE), told.err
        said = told.out if job == "run" else told.err
        assert [part for part in note.split(" | ") if part not in said] == [], said
        plans[text] = re.findall(r"^plan (\w+)", said, re.MULTILINE)
    assert len({plan for found in plans.values() for plan in found}) == 1, plans


def test_every_column_has_a_row() -> None:
    table = PAGE.partition("## The columns\n")[2].partition("\n\n|")[0]
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)))
    assert sorted(named) == sorted(HEADER)
