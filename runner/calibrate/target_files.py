"""Read the observed numbers of a target from a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.contract import Problem, shown

SPREADS = ("se", "tolerance")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A row's fields by column, empty ones left out, and its place (`file:line`)."""

    where: str
    fields: Mapping[str, str]

    def number(self, key: str) -> tuple[float | None, list[Problem]]:
        """Return a field as a number, None where it is empty."""
        text = self.fields.get(key)
        if text is None:
            return None, []
        try:
            return float(text), []
        except ValueError:
            return None, [Problem(f"{self.where}: {key}", shown(text), "must be a number")]


def read_rows(
    where: str, named: Any, folders: Iterable[str], columns: tuple[str, ...], others: Iterable[str]
) -> tuple[list[FileRow], list[Problem]]:
    """Return the rows of the file that a target names, which must have these columns.

    Relative paths start at the working directory, then at the folders of targets. `others` are
    columns that may stand there too.
    """
    if not isinstance(named, str):
        return [], [Problem(where, shown(named), "must be the name of a CSV file")]
    places = [Path.cwd() / named, *(Path(folder) / named for folder in folders)]
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        looked = ", ".join(str(place.parent) for place in dict.fromkeys(places))
        return [], [Problem(where, named, f"must be a readable file; looked in {looked}")]
    try:
        reader = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig")))
        header = tuple(reader.fieldnames or ())
        rows = [
            FileRow(
                where=f"{file.name}:{number}",
                fields={str(k): v.strip() for k, v in row.items() if isinstance(v, str) and v},
            )
            for number, row in enumerate(reader, start=2)
        ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return [], [Problem(where, named, f"must be a CSV file in UTF-8 ({error})")]
    return rows, _header_problems(file.name, header, columns, others)


def _header_problems(
    file: str, header: tuple[str, ...], columns: tuple[str, ...], others: Iterable[str]
) -> list[Problem]:
    known = (*columns, *others)
    found = [
        Problem(f"{file}:1", "", f"column {name} is missing; needed: {', '.join(columns)}")
        for name in columns
        if name not in header
    ]
    found += [
        Problem(f"{file}:1", shown(name), f"unknown column; known: {', '.join(known)}")
        for name in header
        if name not in known
    ]
    return found
