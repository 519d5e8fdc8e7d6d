"""A terminal or pipe whose code page lacks a letter shows another one, and ends no study."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STUDY = ("engine=linear_null", "params.entities=5", "design.replicates=2", "tracking=none")
QUESTION = 'study.question="is it Łódź"'


@pytest.mark.parametrize(("code_page", "question"), [("ascii", "?"), ("cp1252", "is it ?ód?")])
def test_what_a_code_page_lacks_is_replaced(tmp_path: Path, code_page: str, question: str) -> None:
    for command in ("plan", "run"):
        done = subprocess.run(
            [sys.executable, "-m", "runner", command, *STUDY, QUESTION],
            capture_output=True, cwd=tmp_path, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": code_page},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        if command == "plan":
            assert question in done.stdout.decode(code_page)
