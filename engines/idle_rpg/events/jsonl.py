"""Export a run as JSON lines: all events in one file, each an envelope around its payload.

Events come by agent and time, whatever their type; their ids are texts, because many readers
round whole numbers beyond 2^53. The other tables get a file each, one row per
line. Files are gzip'd without name and time in their heads: equal runs give equal bytes.
"""

from __future__ import annotations

import datetime
import gzip
import heapq
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from engines.idle_rpg.events.envelope import ENVELOPE, PREFIX
from engines.idle_rpg.params import Params

EVENTS_FILE = "events.jsonl.gz"
Batch: TypeAlias = Mapping[str, Sequence[Any]]
_LEVEL = 4  # of compression
_ORDER = ("agent_id", "age_day", "event_order")
_HEAD = tuple(column.name for column in ENVELOPE)


def export_jsonl(params: Params, tables: Mapping[str, Iterable[Batch]], folder: Path) -> None:
    """Write `events.jsonl.gz` with all event tables that were asked for, and the other tables."""
    events = {name: rows for name, rows in tables.items() if name.startswith(PREFIX)}
    if events:
        lines = [_events(name.removeprefix(PREFIX), rows) for name, rows in events.items()]
        with _packed(folder / EVENTS_FILE) as file:
            file.writelines(line for _, line in heapq.merge(*lines, key=lambda one: one[0]))
    for name, rows in tables.items():
        if name not in events:
            with _packed(folder / f"{name}.jsonl.gz") as file:
                file.writelines(_rows(rows))


@contextmanager
def _packed(target: Path) -> Iterator[io.TextIOWrapper]:
    with (
        open(target, "wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="\n", write_through=False) as file,
    ):
        yield file


def _events(kind: str, rows: Iterable[Batch]) -> Iterator[tuple[tuple[int, int, int], str]]:
    """Give each event of a type as its place in time and its line."""
    for batch in rows:
        own = [name for name in batch if name not in _HEAD]
        head = ", ".join(f'"{name}": %s' for name in _HEAD)
        payload = ", ".join(f'"{name}": %s' for name in own)
        line = f'{{"type": {json.dumps(kind)}, {head}, "payload": {{{payload}}}}}\n'
        keys = zip(*(batch[name] for name in _ORDER), strict=True)
        ids = [f'"{number}"' for number in batch[_HEAD[0]]]
        texts = zip(ids, *(_texts(batch[name]) for name in (*_HEAD[1:], *own)), strict=True)
        for key, values in zip(keys, texts, strict=True):
            yield key, line % values


def _rows(rows: Iterable[Batch]) -> Iterator[str]:
    for batch in rows:
        line = "{" + ", ".join(f"{json.dumps(name)}: %s" for name in batch) + "}\n"
        for values in zip(*(_texts(column) for column in batch.values()), strict=True):
            yield line % values


def _texts(values: Sequence[Any]) -> Iterable[str]:
    """Return values as JSON; one kind of value in a column, or null."""
    known = next((value for value in values if value is not None), None)
    write = _writer(known)
    return ["null" if value is None else write(value) for value in values]


def _writer(value: Any) -> Callable[[Any], str]:
    if isinstance(value, bool):
        return lambda flag: "true" if flag else "false"
    if isinstance(value, int | float):
        return repr
    if isinstance(value, datetime.datetime):
        return _moment
    if isinstance(value, datetime.date):
        return lambda day: f'"{day.isoformat()}"'
    return json.dumps


def _moment(moment: datetime.datetime) -> str:
    text = moment.isoformat(timespec="milliseconds")
    return f'"{text.removesuffix("+00:00")}Z"'
