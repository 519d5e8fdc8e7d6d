"""Read which runs a plan holds, without what planning needs."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from runner.contract import StoreError


def planned_runs(place: Path) -> tuple[str, list[str]]:
    """Return a plan's id and the ids of its runs, as written down.

    Raises:
        StoreError: `plan.parquet` is damaged or missing.
    """
    file = place / "plan.parquet"
    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as stored:
            planned = stored.read(columns=["run_id"])
        return planned.schema.metadata[b"plan_id"].decode(), planned["run_id"].to_pylist()
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{file} is damaged or missing ({error}); `python -m runner resume {place}` writes it "
            "anew"
        ) from error
