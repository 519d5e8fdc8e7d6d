"""The crash-safe record of runs: append-only lines, one per part; a torn last line is dropped."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from runner.contract import StoreError, UnstoredError
from runner.store.entries import Entry, entry_line, parsed, read_entry
from runner.store.folder import METRICS, replacing
from runner.store.records import NewestRecord, PartFile, RunRecord, RunState


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

    def _entries(self) -> Iterator[Entry]:
        """Yield the files and the runs of each line, noting what cannot be read."""
        unreadable = []
        content = self._content()
        *lines, tail = content.split(b"\n")
        self._told = len(content) - len(tail)
        self.is_torn = bool(tail)
        if parsed(tail) is not None:
            lines.append(tail)
        for number, line in enumerate(lines, start=1):
            entry = read_entry(line)
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
            if (entry := read_entry(line)) is not None:
                _take(entry, states)
        self._told += whole

    def append(
        self, part: str, records: Iterable[RunRecord], files: Mapping[str, PartFile]
    ) -> None:
        """Add the runs of one part; on return they are on disk.

        Raises:
            UnstoredError: the file cannot be written.
        """
        line = entry_line(part, records, files)
        try:
            if not self._is_clean:
                self._mend_tail()
            with open(self._file, "ab") as stream:
                stream.write(line)
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
        kept = [line for line in lines if parsed(line) is not None]
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
            if parsed(content[whole:]) is not None:
                stream.write(b"\n")
            else:
                stream.truncate(whole)


def _take(entry: Entry, states: dict[str, RunState]) -> None:
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
