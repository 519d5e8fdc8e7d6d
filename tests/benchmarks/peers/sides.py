"""The sides of the comparison: how each is called, how it goes on after a crash."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.peers.work import shape

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("hydra-core>=1.3.8,<1.5", "hydra-joblib-launcher>=1.2", "mesa>=3.1", "pandas>=2.2")
_INFO = "cohortsweep_peers-1.0.dist-info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One way to run the work: whose, with which launcher, with how many workers."""

    name: str
    app: str
    workers: int
    python: Path
    launcher: str = ""

    def words(self, folder: Path, runs: int, loops: int) -> list[str]:
        """Return the command that runs the work in a folder."""
        module = [str(self.python), "-m", f"tests.benchmarks.peers.{self.app}"]
        if not self.launcher:
            return [*module, str(folder), str(runs), str(loops), str(self.workers)]
        levels, replicates = shape(runs)
        return [
            *module, "--multirun", f"x=range({levels})", f"replicate=range({replicates})",
            f"loops={loops}", f"hydra/launcher={self.launcher}",
            f"hydra.sweep.dir={folder / 'multirun'}", "hydra.sweep.subdir=${hydra.job.num}",
            *([f"hydra.launcher.n_jobs={self.workers}"] if self.launcher == "joblib" else []),
        ]  # fmt: skip

    def environment(
        self, folder: Path, packages: Path, calls: Path | None = None
    ) -> dict[str, str]:
        """Return the environment of the command; calls of the model are counted in `calls`."""
        path = os.pathsep.join([str(packages), str(ROOT)] if self.app == "ours" else [str(ROOT)])
        counted = {"PEERS_CALLS": str(calls)} if calls is not None else {}
        return {**os.environ, "PYTHONPATH": path, "PEERS_FOLDER": str(folder), **counted}

    def kept(self, folder: Path) -> int:
        """Return how many runs' results are on disk, whole and readable by the side's own means."""
        if self.app == "hydra_app":
            return sum(bool(f.read_text()) for f in folder.glob("multirun/*/outcome.json"))
        if self.app == "mesa_app":
            file = folder / "results.csv"
            return len(file.read_text().splitlines()) - 1 if file.exists() else 0
        return self._runs_done(folder)

    def _runs_done(self, folder: Path) -> int:
        from runner.store import Ledger

        return len(Ledger(folder / "outputs" / "peers" / "runs" / "ledger.jsonl").read())


def sides(peers: Path) -> list[Side]:
    """Return all sides; `peers` is the interpreter of the environment that has the peers."""
    here = Path(sys.executable)
    return [
        Side(name="cohortsweep, n_jobs=1", app="ours", workers=1, python=here),
        Side(name="cohortsweep, n_jobs=2", app="ours", workers=2, python=here),
        Side(name="Mesa batch_run, 1 process", app="mesa_app", workers=1, python=peers),
        Side(name="Mesa batch_run, 2 processes", app="mesa_app", workers=2, python=peers),
        Side(
            name="Hydra multirun, basic launcher", app="hydra_app", workers=1, python=peers,
            launcher="basic",
        ),
        Side(
            name="Hydra multirun, joblib launcher, n_jobs=2", app="hydra_app", workers=2,
            python=peers, launcher="joblib",
        ),
    ]  # fmt: skip


def install_peers(folder: Path) -> Path:
    """Make an environment with the peers in it; return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def versions(python: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the versions of packages in an environment."""
    code = "import sys, importlib.metadata as m; print(*[m.version(n) for n in sys.argv[1:]])"
    done = subprocess.run(
        [str(python), "-c", code, *names], check=True, capture_output=True, text=True
    )
    return dict(zip(names, done.stdout.split(), strict=True))


def install_engine(folder: Path) -> Path:
    """Write what makes the engine an installed package; return the folder for the path."""
    info = folder / _INFO
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cohortsweep-peers\nVersion: 1.0\n")
    line = "peer = tests.benchmarks.peers.engine:PEER\n"
    (info / "entry_points.txt").write_text(f"[cohortsweep.engines]\n{line}")
    return folder
