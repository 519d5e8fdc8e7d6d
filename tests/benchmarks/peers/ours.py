"""This side: a study of the busy engine. `ours.py FOLDER RUNS LOOPS WORKERS`."""

from __future__ import annotations

import sys
from pathlib import Path

from runner.study import run_study
from tests.benchmarks.peers.work import end_joblib_workers, shape, tell


def main(folder: Path, runs: int, loops: int, workers: int) -> None:
    """Run the study; what its folder holds is not run again."""
    levels, replicates = shape(runs)
    results = run_study(
        {
            "engine": "peer",
            "study.name": "peers",
            "params.loops": loops,
            "design.grid": {"params.x": list(range(levels))},
            "design.replicates": replicates,
            "execution.n_jobs": workers,
            "paths.outputs": str(folder / "outputs"),
            "tracking": "none",
            "report": "none",
        }
    )
    if workers > 1:
        end_joblib_workers()
    tell(folder / "told.json", len(results.metrics), float(results.metrics["value"].sum()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:5]))
