"""Mesa's side: `batch_run`, results as a table written at the end, as Mesa's manual has it.

`mesa_app.py FOLDER RUNS LOOPS WORKERS`
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
from mesa import DataCollector, Model
from mesa.batchrunner import batch_run

from tests.benchmarks.peers.work import outcome, shape, tell


class Peer(Model):
    """The work as a model of one step."""

    def __init__(self, x: float = 0.0, loops: int = 0, seed: int | None = None) -> None:
        super().__init__(seed=seed)
        self.x, self.loops, self.value = x, loops, 0.0
        self.datacollector = DataCollector(model_reporters={"value": "value"})

    def step(self) -> None:
        """Run the model once and be done."""
        self.value = outcome(self.x, self.loops)
        self.datacollector.collect(self)
        self.running = False


def main(folder: Path, runs: int, loops: int, workers: int) -> None:
    """Run all and write the table."""
    levels, replicates = shape(runs)
    rows: list[dict[str, Any]] = batch_run(
        Peer,
        {"x": [float(level) for level in range(levels)], "loops": loops},
        number_processes=workers,
        iterations=replicates,
        data_collection_period=-1,
        display_progress=False,
    )
    pd.DataFrame(rows).to_csv(folder / "results.csv", index=False)
    stored = pd.read_csv(folder / "results.csv")
    tell(folder / "told.json", len(stored), float(stored["value"].sum()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:5]))
