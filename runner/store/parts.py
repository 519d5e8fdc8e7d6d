"""Write the tables of consecutive runs as one part."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from runner.contract import ColumnData, TableHasher, TableSchema, UnstoredError
from runner.store.records import PartFile
from runner.store.table_file import TableFile


def part_id(run_ids: Iterable[str], tables: Iterable[str]) -> str:
    """Return the name of a part: the hash of the runs it holds and the tables asked for."""
    text = json.dumps([list(run_ids), list(tables)])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


class PartWriter:
    """Writes one file per table for one part; files appear whole when `close` returns.

    Call `begin(run_id)`, then `write` any number of times, then `keep` or `drop`. Rows of a
    dropped run never reach the finished files. Used as a context manager it removes its
    temporary files when something goes wrong.
    """

    def __init__(self, folder: Path, part: str, schemas: Mapping[str, TableSchema]) -> None:
        self._files = {
            name: TableFile(folder / name / f"{part}.parquet", schema)
            for name, schema in schemas.items()
        }
        self._part = part
        self._run_id = ""
        self._hashers: dict[str, TableHasher] = {}

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        for file in self._files.values():
            file.abandon()

    def begin(self, run_id: str) -> None:
        """Start the next run."""
        self._run_id = run_id
        self._hashers = {name: TableHasher(f.schema) for name, f in self._files.items()}

    def write(self, table: str, data: Mapping[str, ColumnData]) -> None:
        """Add rows of the current run.

        Raises:
            UnstoredError: the disk is full, or the file cannot be written.
        """
        self._hashers[table].update(data)
        with _as_store_error():
            self._files[table].add(self._run_id, data)

    def keep(self) -> dict[str, str]:
        """Finish the current run; return the content hash of each of its tables."""
        for file in self._files.values():
            file.keep()
        return {name: hasher.hexdigest() for name, hasher in self._hashers.items()}

    def drop(self) -> None:
        """Forget the current run's rows."""
        for file in self._files.values():
            file.drop(self._run_id)

    def close(self) -> dict[str, PartFile]:
        """Write what is buffered, sync, name the files; return what was written, by table.

        Raises:
            UnstoredError: the disk is full, or a file cannot be written.
        """
        with _as_store_error():
            return {name: PartFile(self._part, *file.close()) for name, file in self._files.items()}


@contextmanager
def _as_store_error() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnstoredError(f"cannot store results ({error.strerror or error})") from error
