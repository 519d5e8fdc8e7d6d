"""A dask cluster gives the numbers of one machine, and loses nothing when parts of it die."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.faults.clusters import Cluster, cluster_in
from tests.faults.support import (
    ENGINES,
    PATIENCE_S,
    answer,
    cli,
    environment,
    ledger_runs,
    orphans,
    started,
    study_words,
    wait_until,
)

SLOW = ("params.number=range(0,24)", "params.seconds=0.15")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster_in(tmp_path_factory.mktemp("cluster")) as found:
        yield found


def on(cluster: Cluster, name: str, *words: str) -> tuple[str, ...]:
    return tuple(w for w in study_words(name, *words, *cluster.words) if "n_jobs" not in w)


def test_a_cluster_gives_the_hash_of_one_machine(cluster: Cluster, tmp_path: Path) -> None:
    words = ("params.number=range(0,9)", "params.rows=5", "collect=all", "--json")
    threads = "execution.backend=threading"
    here = answer(cli("run", *study_words("here", *words, threads), folder=tmp_path))
    there = answer(cli("run", *on(cluster, "there", *words), folder=tmp_path))
    assert there["runs"] == {"planned": 9, "done": 9, "failed": 0, "timeout": 0, "executed": 9}
    assert there["results_hash"] == here["results_hash"]
    study = tmp_path / "outputs" / "there"
    assert orphans(study) == []
    again = answer(cli("run", *on(cluster, "there", *words), folder=tmp_path))
    assert again["runs"]["executed"] == 0
    verified = answer(cli("verify", "there", "--sample", "50%", "--json", folder=tmp_path))
    assert verified["problems"] == []


def test_one_worker_of_the_cluster_may_be_enough(cluster: Cluster, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    begun.mkdir()
    with cluster_in(tmp_path / "own", workers=2, FAULTY_BEGUN=str(begun)) as own:
        words = ("params.number=range(0,12)", "execution.n_jobs=1", "--json")
        done = answer(cli("run", *on(own, "few"), *words, folder=tmp_path))
    assert done["runs"]["done"] == 12
    assert len(list(begun.iterdir())) == 1


def test_a_run_that_kills_its_worker_is_given_up(cluster: Cluster, tmp_path: Path) -> None:
    killed = cluster.log().count("signal 9")
    words = ("params.number=range(0,8)", "params.guilty=5", "params.fault=kill")
    more = ("execution.part_runs=4", "execution.retries=1", "--json")
    done = cli("run", *on(cluster, "deadly", *words, *more), folder=tmp_path)
    assert done.returncode == 3
    told = answer(done)
    assert told["runs"] == {"planned": 8, "done": 7, "failed": 1, "timeout": 0, "executed": 8}
    runs = pd.read_parquet(Path(told["folder"]) / "runs.parquet")
    failed = runs[runs["status"] == "failed"]
    assert failed["grid_index"].tolist() == [5]
    assert failed["error_type"].tolist() == ["WorkerDied"]
    assert "died each time this run was tried, 2 times" in failed["error"].item()
    wait_until(lambda: cluster.log().count("signal 9") >= killed + 2, "the log of the deaths")
    assert cluster.log().count("signal 9") == killed + 2
    assert orphans(tmp_path / "outputs" / "deadly") == []


def test_a_killed_worker_s_part_goes_elsewhere(cluster: Cluster, tmp_path: Path) -> None:
    words = on(cluster, "struck", *SLOW, "--json")
    process = started("run", *words, folder=tmp_path)
    study = tmp_path / "outputs" / "struck"
    wait_until(lambda: ledger_runs(study) >= 4, "the first parts")
    cluster.workers()[0].send_signal(signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert '"done": 24' in out
    assert '"failed": 0' in out


def test_an_interrupted_command_leaves_the_cluster_free(cluster: Cluster, tmp_path: Path) -> None:
    process = started("run", *on(cluster, "night", *SLOW), folder=tmp_path)
    study = tmp_path / "outputs" / "night"
    wait_until(lambda: ledger_runs(study) >= 4, "the first parts")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert "Continue with: python -m runner resume night" in err
    wait_until(lambda: not list((study / "runs").glob(".*.tmp")), "the workers to notice")
    assert ledger_runs(study) < 24
    resumed = answer(cli("resume", "night", "--json", folder=tmp_path))
    assert resumed["runs"]["done"] == 24


def test_a_lost_scheduler_stops_the_study_which_goes_on_elsewhere(tmp_path: Path) -> None:
    with cluster_in(tmp_path / "cluster") as own:
        process = started("run", *on(own, "lost", *SLOW), folder=tmp_path)
        study = tmp_path / "outputs" / "lost"
        wait_until(lambda: ledger_runs(study) >= 4, "the first parts")
        own.scheduler.kill()
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, err
    assert "python -m runner resume lost execution=local" in err
    assert "Traceback" not in err
    assert 4 <= ledger_runs(study) < 24
    resumed = answer(
        cli("resume", "lost", "execution=local", "execution.n_jobs=2", "--json", folder=tmp_path)
    )
    words = (*SLOW, "execution.backend=threading", "--json")
    whole = answer(cli("run", *study_words("whole", *words), folder=tmp_path))
    assert resumed["runs"]["done"] == 24
    assert resumed["results_hash"] == whole["results_hash"]
    assert orphans(study) == []


def other_version(folder: Path) -> str:
    """Return a folder with which on its path a worker believes in another version of us."""
    place = folder / "version" / "cohortsweep-9.9.9.dist-info"
    place.mkdir(parents=True)
    text = "Metadata-Version: 2.1\nName: cohortsweep\nVersion: 9.9.9\n"
    (place / "METADATA").write_text(text, encoding="utf-8")
    return str(place.parent)


def other_engine(folder: Path) -> str:
    """Return a folder with a copy of the misbehaving engine in which one line is new."""
    shutil.copytree(ENGINES, folder / "engines")
    with open(folder / "engines" / "faulty_engine" / "faults.py", "a", encoding="utf-8") as stream:
        stream.write("\nNEW = 1\n")
    return str(folder / "engines")


def test_workers_that_are_not_alike_are_refused(tmp_path: Path) -> None:
    before = f"{ENGINES.parents[2]}"
    with cluster_in(tmp_path / "cluster", workers=0) as own:
        own.add(PYTHONPATH=f"{other_version(tmp_path)}:{ENGINES}:{before}")
        own.add(PYTHONPATH=f"{other_engine(tmp_path)}:{before}")
        own.add(NPY_DISABLE_CPU_FEATURES=some_feature())
        own.add(PYTHONPATH=f"{other_runner(tmp_path)}")
        refused = cli("run", *on(own, "picky", "--json"), folder=tmp_path)
        assert refused.returncode == 2, refused.stderr
        told = answer(refused)["error"]
        assert "4 problems, nothing has run" in told, told + own.log(3)
        for reason in (
            "cohortsweep 9.9.9 instead of",
            "its numbers may differ: other files of engine faulty",
            f"NumPy's CPU features: without {some_feature()}",
            "cannot import cohortsweep's package `runner`",
        ):
            assert reason in told
        own.add()
        done = cli("run", *on(own, "picky", "--json"), folder=tmp_path)
    assert answer(done)["runs"]["done"] == 1
    assert done.stderr.count("is refused: ") == 4


def other_runner(folder: Path) -> str:
    """Return a folder with which on its path a worker has no package of ours that it can import."""
    place = folder / "blocked" / "runner"
    place.mkdir(parents=True)
    text = "raise ModuleNotFoundError(\"No module named 'runner'\", name='runner')\n"
    (place / "__init__.py").write_text(text, encoding="utf-8")
    return str(place.parent)


def some_feature() -> str:
    """Return a feature of this processor that NumPy can do without."""
    import numpy as np

    found: list[str] = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    if not found:
        pytest.skip("NumPy uses no optional feature of this processor")
    return found[-1]


def test_a_wrong_address_is_told_before_anything_runs(tmp_path: Path) -> None:
    words = study_words("nowhere", "execution=dask", "execution.address=tcp://127.0.0.1:9")
    done = cli("run", *words, "execution.wait_s=1", folder=tmp_path)
    assert done.returncode == 2
    assert "no dask scheduler answers there" in done.stderr
    assert "or run here with execution=local" in done.stderr
    assert ledger_runs(tmp_path / "outputs" / "nowhere") == 0
    with cluster_in(tmp_path / "cluster", workers=0) as own:
        done = cli("run", *on(own, "nowhere", "execution.wait_s=1"), folder=tmp_path)
    assert done.returncode == 2
    assert "it has no workers, after 1 s (execution.wait_s)" in done.stderr


def test_planning_for_a_cluster_does_not_load_dask(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from runner.cli import run_command_line\n"
        "words = ['plan', 'engine=faulty', 'execution=dask', 'execution.address=tcp://h:1']\n"
        "assert run_command_line(words) == 0\n"
        "assert not {'dask', 'distributed'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
