"""docs/calibrating.md tells the truth: its examples are run, in order, in one folder."""

from __future__ import annotations

from pathlib import Path

import pytest

import tests.calibrate_support  # noqa: F401 - imports change once what they change
from runner.cli import run_command_line
from tests.page_examples import examples_on, fenced_blocks_on

PAGE = "calibrating.md"
EXAMPLES = examples_on(PAGE)


def test_every_fenced_block_is_run() -> None:
    assert len(EXAMPLES) == fenced_blocks_on(PAGE)


def test_examples_do_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for example in EXAMPLES:
        if example.is_file:
            example.write()
            continue
        code = run_command_line([*example.words, "execution=sequential"])
        told = capsys.readouterr()
        example.check(code, told.out + told.err)
