"""Print all active runs at an MLflow address as JSON: `dump.py URI [ARTIFACT ...]`."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import mlflow
from mlflow import MlflowClient


def main(uri: str, artifacts: list[str]) -> None:
    logging.disable(logging.WARNING)
    mlflow.set_tracking_uri(uri)
    client = MlflowClient(uri)
    found = {
        experiment.name: [
            described(client, run, artifacts)
            for run in client.search_runs([experiment.experiment_id], max_results=5000)
        ]
        for experiment in client.search_experiments()
        if experiment.name != "Default"
    }
    print(json.dumps(found))


def described(client: MlflowClient, run: Any, artifacts: list[str]) -> dict[str, Any]:
    run_id = run.info.run_id
    listed = {entry.path: "" for entry in client.list_artifacts(run_id)}
    for name in artifacts:
        if name in listed:
            local = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=name)
            listed[name] = Path(local).read_text()
    return {
        "run_id": run_id,
        "name": run.info.run_name,
        "status": run.info.status,
        "start_time": run.info.start_time,
        "tags": dict(run.data.tags),
        "params": dict(run.data.params),
        "metrics": dict(run.data.metrics),
        "history": {
            key: len(client.get_metric_history(run_id, key))
            for key in run.data.metrics
            if "/" in key
        },
        "artifacts": listed,
    }


main(sys.argv[1], sys.argv[2:])
