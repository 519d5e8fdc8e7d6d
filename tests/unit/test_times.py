"""The table of the dearest tests counts what tests cost, in whatever process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.times import MARKS, Clock, replace_figures, tables

BURN = "import os\nwhile sum(os.times()[:2]) < {seconds}: pass"


def test_the_clock_counts_this_process_and_those_below_it() -> None:
    clock = Clock()
    clock.read()
    exec(BURN.format(seconds=sum(os.times()[:2]) + 0.2))  # noqa: S102
    assert clock.read() > 0.15
    subprocess.run([sys.executable, "-c", BURN.format(seconds=0.3)], check=True)
    assert clock.read() > 0.25
    assert clock.read() < 0.15


def test_a_process_that_still_runs_is_counted() -> None:
    clock = Clock()
    clock.read()
    words = BURN.format(seconds=0.3) + "\nprint(flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert clock.read() > 0.25
        child.communicate("\n")
    assert clock.read() < 0.15


def test_the_dearest_come_first() -> None:
    seconds = {
        "a.py::one": {"setup": 0.5, "call": 1.0, "teardown": 0.0},
        "b.py::two[x|y]": {"setup": 0.0, "call": 4.0},
        "a.py::three": {"call": 3.0},
    }
    assert tables(seconds) == [
        "3 tests, 8 CPU seconds.",
        "",
        "| file | tests | CPU seconds |",
        "| --- | --- | --- |",
        "| `a.py` | 2 | 4.5 |",
        "| `b.py` | 1 | 4.0 |",
        "",
        "| test | CPU seconds | of them set-up |",
        "| --- | --- | --- |",
        "| `b.py::two[x\\|y]` | 4.0 | 0.0 |",
        "| `a.py::three` | 3.0 | 0.0 |",
        "| `a.py::one` | 1.5 | 0.5 |",
    ]


def test_figures_take_the_place_of_the_old_ones(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{MARKS[0]}\nold\n{MARKS[1]}\nafter\n")
    replace_figures(page, "new")
    assert page.read_text() == f"before\n{MARKS[0]}\nnew\n{MARKS[1]}\nafter\n"
