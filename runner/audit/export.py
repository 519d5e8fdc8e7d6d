"""Write the tables of one run for people and other programs: ids as text, no run key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from runner.contract import EngineSpec, ParamGroup, StoreError
from runner.store.folder import RUN_ID
from runner.store.ids import with_ids

FORMATS = ("parquet", "csv")
_SHOWN = 4_096  # rows given to an exporter at once: it may read many tables side by side


def export_tables(
    spec: EngineSpec,
    params: ParamGroup,
    files: Mapping[str, Path],
    folder: Path,
    file_format: str,
) -> list[Path]:
    """Write tables, each out of its Parquet file, into a folder; return the files written.

    `file_format` is one of `FORMATS` or the name of one of the engine's exporters.

    Raises:
        StoreError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if file_format in spec.exports:
            before = set(folder.rglob("*"))
            tables = {name: _Rows(file) for name, file in files.items()}
            spec.exports[file_format](params, tables, folder)
            return sorted(f for f in set(folder.rglob("*")) - before if f.is_file())
        write = _write_parquet if file_format == "parquet" else _write_csv
        targets = {name: folder / f"{name}.{file_format}" for name in files}
        for name, target in targets.items():
            write(files[name], target)
        return list(targets.values())
    except OSError as error:
        raise StoreError(f"cannot export to {folder}: {error.strerror or error}") from error


@dataclass(frozen=True, slots=True)
class _Rows:
    """A table's rows in batches, columns by name, read anew by each loop over them."""

    file: Path

    def __iter__(self) -> Iterator[Mapping[str, Sequence[Any]]]:
        return (
            batch.slice(start, _SHOWN).to_pydict()
            for batch in _batches(self.file)
            for start in range(0, max(1, batch.num_rows), _SHOWN)
        )


def _write_parquet(file: Path, target: Path) -> None:
    batches = _batches(file)
    first = next(batches)
    with pq.ParquetWriter(target, first.schema, compression="zstd") as writer:
        for batch in (first, *batches):
            writer.write_batch(batch)


def _write_csv(file: Path, target: Path) -> None:
    with open(target, "w", encoding="utf-8", newline="") as stream:
        for number, batch in enumerate(_batches(file)):
            frame = batch.to_pandas(integer_object_nulls=True)
            for name in frame.select_dtypes("datetimetz"):
                frame[name] = _iso_8601(frame[name])
            frame.to_csv(stream, index=False, header=number == 0, lineterminator="\n")


def _iso_8601(moments: pd.Series[Any]) -> pd.Series[Any]:
    naive = moments.dt.tz_localize(None).to_numpy().astype("datetime64[ms]")
    texts = np.char.add(np.datetime_as_string(naive), "Z")
    return pd.Series(texts, index=moments.index, dtype=object).mask(moments.isna())


def _batches(file: Path) -> Iterator[pa.RecordBatch]:
    """Yield a table's rows in order, at least one batch, without the run's key."""
    with pq.ParquetFile(file) as stored:
        schema = stored.schema_arrow
        own = [name for name in schema.names if name != RUN_ID]
        if not stored.metadata.num_rows:
            shown = schema.remove(schema.get_field_index(RUN_ID))
            yield with_ids(pa.RecordBatch.from_pylist([], schema=shown))
        for batch in stored.iter_batches(columns=own):
            yield with_ids(batch.replace_schema_metadata(schema.metadata))


def formats_of(spec: EngineSpec) -> tuple[str, ...]:
    """Return the export formats that an engine's runs can be written in."""
    return (*FORMATS, *spec.exports)
