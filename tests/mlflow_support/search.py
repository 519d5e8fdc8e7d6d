"""Print how many runs filters find in the one experiment at an address: `search.py URI`.

The filters come as a JSON list on standard input.
"""

from __future__ import annotations

import json
import sys

from mlflow import MlflowClient


def main(uri: str, filters: list[str]) -> None:
    client = MlflowClient(uri)
    (only,) = [e for e in client.search_experiments() if e.name != "Default"]
    found = [client.search_runs([only.experiment_id], text) for text in filters]
    print(json.dumps([len(runs) for runs in found]))


main(sys.argv[1], json.load(sys.stdin))
