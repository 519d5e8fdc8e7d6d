"""Open a file as a table of columns, and say why it is none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from runner.contract import Problem, nearest

if TYPE_CHECKING:
    import pandas as pd

_CHUNK_ROWS = 500_000


def read_table(
    file: Path, where: str, columns: Mapping[str, str] | None
) -> tuple[pd.DataFrame | None, list[Problem]]:
    """Return the named columns (None: all) of a file, CSV cells as text, and what is wrong.

    `where` is the parameter that names the file, `columns` the wanted columns with the parameters
    that name them. What the columns hold is not judged here.
    """
    try:
        is_parquet = file.name.lower().endswith(".parquet")
        found = _parquet_names(file) if is_parquet else _csv_names(file)
        wanted, problems = _wanted(columns, found, where)
        if problems:
            return None, problems
        return _read_parquet(file, wanted) if is_parquet else _read_csv(file, wanted), []
    except Exception as error:  # readers raise many types; each means: this is no such table
        allowed = f"cannot be read as a table: {_first_line(error)}{_advice(error)}"
        return None, [Problem(where, str(file), allowed)]


def _parquet_names(file: Path) -> list[str]:
    import pyarrow.parquet as pq

    return list(pq.read_schema(file).names)


def _csv_names(file: Path) -> list[str]:
    """Return the names of the header as they stand there, repeated ones too."""
    import pandas as pd

    first = pd.read_csv(file, nrows=1, header=None, dtype=str, keep_default_na=False)
    return [str(name) for name in first.iloc[0]]


def _read_parquet(file: Path, wanted: list[str] | None) -> pd.DataFrame:
    import pyarrow.parquet as pq

    table: pd.DataFrame = pq.read_table(file, columns=wanted).to_pandas()
    return table


def _read_csv(file: Path, wanted: list[str] | None) -> pd.DataFrame:
    """Return the wanted columns (None: all) as text.

    All columns are read, chunk by chunk: told to read some, pandas drops the surplus fields of a
    row in silence, and 1,234.50 without quotes would count as 1.

    Raises:
        ValueError: rows have more fields than the header.
    """
    import pandas as pd

    kept = []
    chunks = pd.read_csv(file, dtype=str, keep_default_na=False, chunksize=_CHUNK_ROWS)
    with chunks:
        for chunk in chunks:
            if not isinstance(chunk.index, pd.RangeIndex):  # pandas took them for row labels
                raise ValueError("rows have more fields than the header has names")
            kept.append(chunk if wanted is None else chunk[wanted])
    return pd.concat(kept, ignore_index=True) if len(kept) != 1 else kept[0]


def _wanted(
    columns: Mapping[str, str] | None, found: list[str], where: str
) -> tuple[list[str] | None, list[Problem]]:
    """Return the columns to read, and those that the file lacks or holds more than once."""
    places = dict.fromkeys(filter(None, found), where) if columns is None else columns
    problems = [p for name, place in places.items() for p in missing([name], found, place)]
    problems += [
        Problem(place, name, f"stands {found.count(name)} times in the header; must be there once")
        for name, place in places.items() if found.count(name) > 1
    ]  # fmt: skip
    return None if columns is None else list(places), problems


def missing(columns: list[str], found: list[str], where: str) -> list[Problem]:
    """Return a problem per column that the file lacks, with the columns it has."""
    is_one = len(found) == 1 and ";" in found[0]
    advice = "; export with commas, not semicolons" if is_one else ""
    return [
        Problem(where, name, f"is no column of the file{nearest(name, found)}; "
                f"columns found: {', '.join(map(str, found)) or 'none'}{advice}")
        for name in columns if name not in found
    ]  # fmt: skip


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].strip()


def _advice(error: Exception) -> str:
    is_about_fields = any(word in str(error) for word in ("fields", "EOF inside string"))
    return "; a field that holds a comma stands in double quotes" if is_about_fields else ""
