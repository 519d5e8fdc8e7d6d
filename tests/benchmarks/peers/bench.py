"""Measure the peers on the same work and write their section of docs/benchmarks.md.

`make bench-peers`, or `python -m tests.benchmarks.peers.bench`. `--python FILE` uses an
environment that has the peers already; without it one is made in a temporary folder.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.figures import machine
from tests.benchmarks.peers.measure import Killed, Ran, killed, ran
from tests.benchmarks.peers.page import Facts, Measured, draw, section
from tests.benchmarks.peers.sides import (
    ROOT,
    Side,
    install_engine,
    install_peers,
    sides,
    versions,
)
from tests.benchmarks.peers.work import LOOPS_OF_BUSY
from tests.benchmarks.sections_of_page import with_block

PAGE = ROOT / "docs" / "benchmarks.md"
PICTURE = ROOT / "docs" / "images" / "peers.png"
FEW, MANY, VERY_MANY = 20, 100, 5_000
KILL_RUNS, KILL_AFTER = 100, 30
NAMES = ("hydra-core", "hydra-joblib-launcher", "joblib", "mesa", "pandas", "numpy")


def main() -> None:
    """Measure all sides in turn, some rounds over, and write section and picture."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", type=Path, help="interpreter of an environment with the peers")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cohortsweep-peers-") as name:
        python = asked.python or install_peers(Path(name) / "peers")
        packages = install_engine(Path(name) / "packages")
        every = sides(python)
        rounds = [measured_round(every, packages) for _ in range(asked.rounds)]
        ends = {side.name: killed_once(side, packages) for side in every}
        facts = Facts(
            rounds=asked.rounds, few=FEW, many=MANY, very_many=VERY_MANY, loops=LOOPS_OF_BUSY,
            machine=machine(), peers=versions(python, NAMES),
        )  # fmt: skip
    best = {side.name: _best([found[side.name] for found in rounds], side) for side in every}
    draw(best, PICTURE)
    PAGE.write_text(
        with_block(PAGE.read_text("utf-8"), "peers", section(best, ends, facts)), "utf-8"
    )
    print(f"written to {PAGE.relative_to(ROOT)}")


Round = dict[str, dict[tuple[int, int], Ran]]


def measured_round(every: list[Side], packages: Path) -> Round:
    """Run each side with few and with many runs of both models."""
    found: Round = {}
    for side in every:
        many = MANY if side.launcher else VERY_MANY
        shapes = [(FEW, 0), (many, 0), (FEW, LOOPS_OF_BUSY), (MANY, LOOPS_OF_BUSY)]
        found[side.name] = {shape: ran(side, packages, *shape) for shape in shapes}
        print(side.name, found[side.name], flush=True)
    _require_same_outcomes(found)
    return found


def killed_once(side: Side, packages: Path) -> Killed:
    """Kill a side in the middle of its work."""
    end = killed(side, packages, KILL_RUNS, LOOPS_OF_BUSY, KILL_AFTER)
    print(side.name, end, flush=True)
    return end


def _require_same_outcomes(found: Round) -> None:
    """Refuse to compare sides that did not do and keep the same work."""
    for shape in {shape for by_shape in found.values() for shape in by_shape}:
        told = {
            name: (by_shape[shape].runs, by_shape[shape].total)
            for name, by_shape in found.items()
            if shape in by_shape
        }
        if len(set(told.values())) != 1 or next(iter(told.values()))[0] != shape[0]:
            raise SystemExit(f"{shape}: the sides stored different outcomes: {told}")


def _best(found: list[Mapping[tuple[int, int], Ran]], side: Side) -> Measured:
    """Return the least of each figure over the rounds: other load can only add to it."""
    many = MANY if side.launcher else VERY_MANY

    def least(shape: tuple[int, int], what: str) -> float:
        return min(float(getattr(one[shape], what)) for one in found)

    def per_run(loops: int, runs: int, what: str) -> float:
        return (least((runs, loops), what) - least((FEW, loops), what)) / (runs - FEW)

    return Measured(
        start_cpu=least((FEW, 0), "cpu"),
        start_wall=least((FEW, 0), "wall"),
        trivial_cpu=per_run(0, many, "cpu"),
        trivial_wall=per_run(0, many, "wall"),
        busy_cpu=per_run(LOOPS_OF_BUSY, MANY, "cpu"),
        busy_wall=per_run(LOOPS_OF_BUSY, MANY, "wall"),
        peak_mb=least((MANY, LOOPS_OF_BUSY), "peak_mb"),
    )


if __name__ == "__main__":
    main()
