"""What is known of a run once it has been executed, and of the part files that hold its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from runner.store.folder import METRICS

Status = Literal["done", "failed", "timeout"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What one execution of a run came to.

    `seconds` passed on the clock, `cpu_seconds` of work in its thread (0 where nobody counted, as
    for a run whose worker died). `tables` maps each stored table to its content hash;
    `failed_checks` names broken invariants with what was found; `error` is empty for a done run.
    """

    run_id: str
    status: Status
    seconds: float
    cpu_seconds: float = 0.0
    metrics_hash: str = ""
    tables: dict[str, str] = field(default_factory=dict)
    failed_checks: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    error_type: str = ""
    error: str = ""
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class PartFile:
    """One table of one part on disk: the part's name, its size in bytes, its content's hash."""

    part: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """What the ledger says of a run: its newest record, and the part file that holds each table."""

    record: RunRecord
    parts: dict[str, PartFile]

    def has(self, tables: Iterable[str]) -> bool:
        """Tell whether the run is done and all these tables are stored."""
        needed = (*tables, METRICS)
        return self.record.status == "done" and all(table in self.parts for table in needed)


class NewestRecord(NamedTuple):
    """What was written of a run last, and the part file that holds each of its tables."""

    record: Mapping[str, Any]
    parts: dict[str, PartFile]
