"""A standard output that takes nothing ends no study, and no command in a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner import load_study

ROOT = Path(__file__).resolve().parents[2]
STUDY = "engine=linear_null params.entities=5 design.replicates=2 tracking=none report=none"
needs_dev_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line in which $CS stands for the command."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, cwd=folder,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CS": f"{sys.executable} -m runner"},
    )  # fmt: skip


@needs_dev_full
@pytest.mark.parametrize("how", ["", "--json"])
def test_a_full_device_is_told(tmp_path: Path, how: str) -> None:
    done = shell(f"$CS run {STUDY} {how} > /dev/full", tmp_path)
    assert done.returncode == 1
    assert "cannot write to standard output (No space left on device)" in done.stderr
    assert "what was stored is kept" in done.stderr
    assert "Traceback" not in done.stderr
    assert load_study(tmp_path / "outputs" / "linear_null").verdict == "not_evaluated"


def test_a_reader_that_leaves_is_no_news(tmp_path: Path) -> None:
    done = shell("$CS engines taps | true", tmp_path)
    assert (done.returncode, done.stderr) in [(1, ""), (0, "")]


def test_without_any_output_a_study_runs(tmp_path: Path) -> None:
    done = shell(f"$CS run {STUDY} >&- 2>&-", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert load_study(tmp_path / "outputs" / "linear_null").counts["done"] == 2
