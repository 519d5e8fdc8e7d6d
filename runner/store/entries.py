"""Spell one line of the ledger: a part's files and its runs, with a check of its own text."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

from runner.store.records import PartFile, RunRecord

_CHECK = ', "check": "'
_PLAIN = re.compile(r"\w[\w.\-]*\Z")  # a file's name, never a path


class Entry(NamedTuple):
    """What a line tells: the files of its part by table, and the runs as they are written."""

    files: dict[str, PartFile]
    runs: list[dict[str, Any]]


def entry_line(part: str, records: Iterable[RunRecord], files: Mapping[str, PartFile]) -> bytes:
    """Return the line of one part, its end included."""
    entry = {
        "part": part,
        "files": {table: [f.size, f.digest] for table, f in files.items()},
        "runs": [_slim(record) for record in records],
    }
    text = json.dumps(entry)
    return f'{text[:-1]}{_CHECK}{_check_of(text)}"}}\n'.encode()


def read_entry(line: bytes) -> Entry | None:
    """Return what a line tells, None if it cannot be read."""
    told = parsed(line)
    if told is None:
        return None
    files = {table: PartFile(told["part"], *f) for table, f in told["files"].items()}
    return Entry(files, told["runs"])


def parsed(line: bytes) -> dict[str, Any] | None:
    """Return a line's entry, or None when it is not what was written."""
    head, mark, tail = line.decode(errors="replace").rpartition(_CHECK)
    text = head + "}"
    if not mark or tail != f'{_check_of(text)}"}}':
        return None
    entry: dict[str, Any] = json.loads(text)
    return entry if all(map(_PLAIN.match, (entry["part"], *entry["files"]))) else None


def _check_of(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _slim(record: RunRecord) -> dict[str, Any]:
    """Return a record without its empty fields."""
    return {key: value for key, value in asdict(record).items() if value not in ("", {}, [])}
