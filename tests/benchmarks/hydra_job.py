"""The trivial job of `tiny_engines` as a Hydra application, to be run with --multirun.

It writes its CPU seconds, those of its workers included, to the file named by BENCH_HYDRA_OUT.
"""

from __future__ import annotations

import atexit
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import hydra
from hydra.core.config_store import ConfigStore


@dataclass
class Config:
    """As many keys as the no-op engine has."""

    x: float = 0.0
    replicate: int = 0


ConfigStore.instance().store(name="config", node=Config)


@hydra.main(version_base=None, config_name="config")
def main(config: Config) -> float:
    """Report a constant."""
    return 1.0


def _tell() -> None:
    from tests.benchmarks.jobs import cpu_seconds, end_workers

    if "hydra/launcher=joblib" in sys.argv:
        end_workers()
    Path(os.environ["BENCH_HYDRA_OUT"]).write_text(str(cpu_seconds()))


if __name__ == "__main__":
    atexit.register(_tell)
    main()
