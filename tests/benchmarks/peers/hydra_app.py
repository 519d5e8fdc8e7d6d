"""Hydra's side: a job per run; each stores its outcome in its own folder, as Hydra's manual has it.

`hydra_app.py --multirun x=range(N) replicate=range(R) loops=L`, with PEERS_FOLDER in the
environment.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig

from tests.benchmarks.peers.work import end_joblib_workers, outcome, tell


@dataclass
class Config:
    """What a run is given."""

    x: float = 0.0
    replicate: int = 0
    loops: int = 0


ConfigStore.instance().store(name="config", node=Config)


@hydra.main(version_base=None, config_name="config")
def main(config: Config) -> float:
    """Run the model and store what it returns."""
    value = outcome(config.x, config.loops)
    folder = Path(HydraConfig.get().runtime.output_dir)
    (folder / "outcome.json").write_text(json.dumps({"x": config.x, "value": value}))
    return value


def _tell() -> None:
    folder = Path(os.environ["PEERS_FOLDER"])
    if "hydra/launcher=joblib" in sys.argv:
        end_joblib_workers()
    stored = [json.loads(f.read_text()) for f in folder.glob("multirun/*/outcome.json")]
    tell(folder / "told.json", len(stored), sum(one["value"] for one in stored))


if __name__ == "__main__":
    atexit.register(_tell)
    main()
