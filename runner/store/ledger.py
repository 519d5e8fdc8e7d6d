"""The crash-safe record of runs: append-only lines, one per part; a torn last line is dropped."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from runner.contract import StoreError, UnstoredError
from runner.store.folder import METRICS, replacing

Status = Literal["done", "failed", "timeout"]

_CHECK = ', "check": "'
_PLAIN = re.compile(r"\w[\w.\-]*\Z")  # a file's name, never a path


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


class _Entry(NamedTuple):
    """What a line tells: the files of its part by table, and the runs as they are written."""

    files: dict[str, PartFile]
    runs: list[dict[str, Any]]


class Ledger:
    """Reads and extends the ledger file of one study."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._is_clean = False
        self._told = 0
        self.unreadable_lines: tuple[int, ...] = ()
        self.is_torn = False

    def read(self) -> dict[str, RunState]:
        """Return the state of every run, newest record last to speak.

        A line whose check does not hold is skipped and noted in `unreadable_lines`: its runs
        count as missing. A last line without its end was torn by a crash (`is_torn`); it counts
        when nothing but the end is missing.

        Raises:
            StoreError: the file cannot be read.
        """
        states: dict[str, RunState] = {}
        with _uncollected():
            for entry in self._entries():
                _take(entry, states)
        return states

    def newest(self) -> dict[str, NewestRecord]:
        """Return every run's newest record as it is written, and where its tables are.

        The same as `read` for those who only count, in half of the time.

        Raises:
            StoreError: the file cannot be read.
        """
        found: dict[str, NewestRecord] = {}
        with _uncollected():
            for files, runs in self._entries():
                for run in runs:
                    known = found.get(run["run_id"])
                    parts = files if run["status"] == "done" else {}
                    if known is not None and known.parts:
                        parts = {**known.parts, **parts}
                    found[run["run_id"]] = NewestRecord(run, parts)
        return found

    def _entries(self) -> Iterator[_Entry]:
        """Yield the files and the runs of each line, noting what cannot be read."""
        unreadable = []
        content = self._content()
        *lines, tail = content.split(b"\n")
        self._told = len(content) - len(tail)
        self.is_torn = bool(tail)
        if _parsed(tail) is not None:
            lines.append(tail)
        for number, line in enumerate(lines, start=1):
            entry = _entry(line)
            if entry is None:
                unreadable.append(number)
            else:
                yield entry
        self.unreadable_lines = tuple(unreadable)

    def catch_up(self, states: dict[str, RunState]) -> None:
        """Enter into `states` the whole lines that came since this object last read.

        For the holder of the folder's lock, while the file is only appended to.

        Raises:
            StoreError: the file cannot be read.
        """
        content = self._content(self._told)
        whole = content.rfind(b"\n") + 1
        for line in content[:whole].split(b"\n")[:-1]:
            if (entry := _entry(line)) is not None:
                _take(entry, states)
        self._told += whole

    def append(
        self, part: str, records: Iterable[RunRecord], files: Mapping[str, PartFile]
    ) -> None:
        """Add the runs of one part; on return they are on disk.

        Raises:
            UnstoredError: the file cannot be written.
        """
        entry = {
            "part": part,
            "files": {table: [f.size, f.digest] for table, f in files.items()},
            "runs": [_slim(record) for record in records],
        }
        text = json.dumps(entry)
        line = f'{text[:-1]}{_CHECK}{_check_of(text)}"}}\n'
        try:
            if not self._is_clean:
                self._mend_tail()
            with open(self._file, "ab") as stream:
                stream.write(line.encode())
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise UnstoredError(f"cannot write {self._file} ({error.strerror})") from error

    def drop_unreadable(self) -> None:
        """Rewrite the file without what cannot be read, if there is anything of the kind.

        Raises:
            UnstoredError: the file cannot be written.
        """
        lines = self._content().split(b"\n")
        kept = [line for line in lines if _parsed(line) is not None]
        if kept != lines[:-1] or lines[-1]:
            with replacing(self._file) as temporary:
                temporary.write_bytes(b"".join(line + b"\n" for line in kept))

    def _content(self, start: int = 0) -> bytes:
        try:
            with open(self._file, "rb") as stream:
                stream.seek(start)
                return stream.read()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise StoreError(f"cannot read {self._file}: {error.strerror}") from error

    def _mend_tail(self) -> None:
        """End the last line if only its end is missing, drop it if more is."""
        self._is_clean = True
        if not self._file.exists():
            return
        with open(self._file, "rb+") as stream:
            content = stream.read()
            whole = content.rfind(b"\n") + 1
            if _parsed(content[whole:]) is not None:
                stream.write(b"\n")
            else:
                stream.truncate(whole)


def _check_of(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return a line's entry, or None when it is not what was written."""
    head, mark, tail = line.decode(errors="replace").rpartition(_CHECK)
    text = head + "}"
    if not mark or tail != f'{_check_of(text)}"}}':
        return None
    entry: dict[str, Any] = json.loads(text)
    return entry if all(map(_PLAIN.match, (entry["part"], *entry["files"]))) else None


def _entry(line: bytes) -> _Entry | None:
    """Return what a line tells, None if it cannot be read."""
    told = _parsed(line)
    if told is None:
        return None
    files = {table: PartFile(told["part"], *f) for table, f in told["files"].items()}
    return _Entry(files, told["runs"])


def _take(entry: _Entry, states: dict[str, RunState]) -> None:
    """Enter a line's runs into `states`."""
    for run in entry.runs:
        record = RunRecord(**run)
        states[record.run_id] = _merged(states.get(record.run_id), record, entry.files)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Spare the garbage collector: it would go through all states again and again, in vain."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _merged(known: RunState | None, record: RunRecord, files: dict[str, PartFile]) -> RunState:
    """Return a run's state after one more record; runs of one part share what is equal."""
    if record.status != "done":
        return RunState(record=record, parts=known.parts if known else {})
    if not known or not (known.parts or known.record.tables):
        if len(files) == len(record.tables) + 1:  # its tables and the metrics: the usual case
            return RunState(record=record, parts=files)
        known = None
    parts = dict(known.parts) if known else {}
    parts |= {table: files[table] for table in (*record.tables, METRICS)}
    tables = known.record.tables if known else {}
    record = replace(record, tables={**tables, **record.tables})
    return RunState(record=record, parts=parts)


def _slim(record: RunRecord) -> dict[str, Any]:
    """Return a record without its empty fields."""
    return {key: value for key, value in asdict(record).items() if value not in ("", {}, [])}
