"""Write the golden rows anew: `python -m engines.crm.tests.golden`; only when numbers should move.

Of the default runs (seed 1, replicate 0): whole small tables, and rows spread over the large ones.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from .support import rows, run

FOLDER = Path(__file__).parents[1] / "reference"
SPREAD = {
    "contacts": 40, "companies": 40, "lifecycle_events": 100, "deals": 10,
    "deal_stage_events": 50, "activities": 150, "daily_summary": 15,
}  # fmt: skip
WHOLE = ("reconciliation", "plan_preview")


def golden_rows(scenario: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows to store, by table."""
    ran = run({"archetypes.standard.share": 1.0}, scenario)
    every = {**SPREAD, **dict.fromkeys(WHOLE, 1)}
    found = {table: rows(ran, table)[::step] for table, step in every.items()}
    return json.loads(json.dumps(found, default=str))


def main() -> None:
    """Write one file per scenario."""
    for scenario in ("b2b", "b2c"):
        text = json.dumps(golden_rows(scenario), indent=0)
        (FOLDER / f"default_{scenario}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
