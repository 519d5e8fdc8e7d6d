"""The crash-safe record of runs: append-only lines, one per part; a torn last line is dropped."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from runner.contract import StoreError

Status = Literal["done", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What one execution of a run came to.

    `tables` maps each stored table to its content hash; `failed_checks` names broken invariants
    with what was found; `error` is empty for a done run.
    """

    run_id: str
    status: Status
    seconds: float
    metrics_hash: str = ""
    tables: dict[str, str] = field(default_factory=dict)
    failed_checks: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    error_type: str = ""
    error: str = ""
    traceback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """What the ledger says of a run: its newest record, and the part that holds each table."""

    record: RunRecord
    parts: dict[str, str]

    def has(self, tables: Iterable[str]) -> bool:
        """Tell whether the run is done and all these tables are stored."""
        return self.record.status == "done" and all(table in self.parts for table in tables)


class Ledger:
    """Reads and extends the ledger file of one study."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._is_clean = False

    def read(self) -> dict[str, RunState]:
        """Return the state of every run, newest record last to speak.

        Raises:
            StoreError: a line that is not the last cannot be read.
        """
        states: dict[str, RunState] = {}
        for part, records in self._lines():
            for record in records:
                known = states.get(record.run_id)
                states[record.run_id] = _merged(known, record, part)
        return states

    def append(self, part: str, records: Iterable[RunRecord]) -> None:
        """Add the runs of one part; on return they are on disk.

        Raises:
            StoreError: the file cannot be written.
        """
        line = json.dumps({"part": part, "runs": [_slim(r) for r in records]}) + "\n"
        try:
            if not self._is_clean:
                self._drop_torn_tail()
            with open(self._file, "ab") as stream:
                stream.write(line.encode())
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise StoreError(f"cannot write {self._file}: {error.strerror}") from error

    def _lines(self) -> Iterable[tuple[str, list[RunRecord]]]:
        if not self._file.exists():
            return
        lines = self._file.read_bytes().split(b"\n")
        for number, line in enumerate(lines[:-1], start=1):  # a line without its end is torn
            try:
                entry = json.loads(line)
                yield entry["part"], [RunRecord(**run) for run in entry["runs"]]
            except (ValueError, KeyError, TypeError) as error:
                raise StoreError(f"{self._file}:{number} cannot be read: {error}") from error

    def _drop_torn_tail(self) -> None:
        self._is_clean = True
        if not self._file.exists():
            return
        with open(self._file, "rb+") as stream:
            content = stream.read()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                stream.truncate(whole)


def _merged(known: RunState | None, record: RunRecord, part: str) -> RunState:
    parts = dict(known.parts) if known else {}
    tables = dict(known.record.tables) if known else {}
    if record.status == "done":
        parts |= dict.fromkeys([*record.tables, "metrics"], part)
        record = replace(record, tables={**tables, **record.tables})
    return RunState(record=record, parts=parts)


def _slim(record: RunRecord) -> dict[str, Any]:
    """Return a record without its empty fields."""
    return {key: value for key, value in asdict(record).items() if value not in ("", {}, [])}
