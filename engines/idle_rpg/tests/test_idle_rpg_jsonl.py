"""The event log as JSON lines, through the command line."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engines.idle_rpg.events.envelope import ENVELOPE, PREFIX

PROJECT_ROOT = Path(__file__).parents[3]
_STUDY = (
    "engine=idle_rpg", "study.name=log", "horizon=6", "params.population.n_agents=60",
    "params.population.install_window_days=3", "tracking=none", "execution=sequential",
    "acceptance=none", "report=none",
)  # fmt: skip


def runner(*words: str) -> str:
    """Return what a command prints."""
    command = [sys.executable, "-m", "runner", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT_ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which one run is exported twice as JSON lines and once as Parquet."""
    folder = tmp_path_factory.mktemp("log")
    told = json.loads(runner("run", "--json", *_STUDY, f"paths.outputs={folder}"))
    run_id = pd.read_parquet(Path(told["folder"]) / "plan.parquet")["run_id"].iloc[0]
    for target, form in (("one", "jsonl"), ("two", "jsonl"), ("columns", "parquet")):
        runner(
            "rerun", run_id, "--outputs", str(folder), "--tables", "all",
            "--export", str(folder / target), "--format", form,
        )  # fmt: skip
    return folder


def events(exports: Path) -> list[dict[str, Any]]:
    with gzip.open(exports / "one" / "events.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_equal_runs_give_equal_bytes(exports: Path) -> None:
    files = sorted(path.name for path in (exports / "one").iterdir())
    assert "events.jsonl.gz" in files
    assert "agents.jsonl.gz" in files
    assert not [name for name in files if name.startswith(PREFIX)]
    for name in files:
        assert (exports / "one" / name).read_bytes() == (exports / "two" / name).read_bytes()


def test_events_of_all_types_come_by_agent_and_time(exports: Path) -> None:
    found = events(exports)
    places = [(e["agent_id"], e["age_day"], e["event_order"]) for e in found]
    assert places == sorted(set(places))
    assert len({e["event_id"] for e in found}) == len(found)
    head = {"type", "payload", *(column.name for column in ENVELOPE)}
    assert all(set(event) == head for event in found)


def test_they_are_the_rows_of_the_tables(exports: Path) -> None:
    found = events(exports)
    for file in sorted((exports / "columns").glob(f"{PREFIX}*.parquet")):
        table = pd.read_parquet(file)
        kind = file.stem.removeprefix(PREFIX)
        mine = [event for event in found if event["type"] == kind]
        assert [int(event["event_id"]) for event in mine] == table["event_id"].tolist()
        own = [name for name in table if name not in mine[0]] if mine else []
        for name in own:
            values = [event["payload"][name] for event in mine]
            stored = [None if pd.isna(value) else value for value in table[name].tolist()]
            assert values == stored, (kind, name)
