"""The comparison with peers runs on our side, and its page says what was found."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.benchmarks.peers.measure import Killed, ran
from tests.benchmarks.peers.page import Facts, Measured, section
from tests.benchmarks.peers.sides import install_engine, sides
from tests.benchmarks.peers.work import outcome, shape
from tests.benchmarks.sections_of_page import with_block, with_blocks_of


def test_our_side_does_and_keeps_the_same_work(tmp_path: Path) -> None:
    packages = install_engine(tmp_path / "packages")
    found = ran(sides(Path(sys.executable))[0], packages, 20, 10)
    levels, replicates = shape(20)
    assert found.runs == 20
    assert found.total == replicates * sum(outcome(level, 10) for level in range(levels))
    assert found.cpu > 0


def test_the_section_names_each_side_and_who_is_better() -> None:
    def one(size: float) -> Measured:
        return Measured(
            start_cpu=size, start_wall=size, trivial_cpu=size, trivial_wall=size, busy_cpu=size,
            busy_wall=size, peak_mb=size,
        )  # fmt: skip

    killed = Killed(planned=9, called=3, kept=2, orphans=0, late=0, again=7, runs=9)
    orphaned = Killed(planned=9, called=3, kept=2, orphans=4, late=1, again=9, runs=9)
    facts = Facts(
        rounds=1, few=2, many=3, very_many=4, loops=5, peers={"mesa": "3"},
        machine=dict.fromkeys(
            ("processor", "system", "Python", "versions", "load at the end (1, 5, 15 min)"), "x"
        ),
    )  # fmt: skip
    text = section({"A": one(2), "B": one(1)}, {"A": killed, "B": orphaned}, facts)
    assert "Least per trivial run: B. Least memory: B. Least for few runs: B." in text
    assert "run again by: A." in text
    assert "left behind by: B." in text
    assert "| A | 3 | 2 | 0 | 0 | 7 |" in text


def test_blocks_of_other_commands_stay() -> None:
    page = with_block("# Page\n", "peers", "old")
    assert with_block(page, "peers", "new") == page.replace("old", "new")
    both = with_block(page, "scale", "more")
    assert "old" in both
    assert "more" in both
    assert with_blocks_of("# New\n", both).startswith("# New\n")
    assert "old" in with_blocks_of("# New\n", both)
    assert "more" in with_blocks_of("# New\n", both)
