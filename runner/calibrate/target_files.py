"""Read the observed numbers of a target from a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from runner.contract import Problem, shown

SPREADS = ("se", "tolerance")


class _Lines(Protocol):
    """The rows of a CSV file, and the line that the last one ended in."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


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
        text = file.read_text(encoding="utf-8-sig")
        header, rows, wrong = _split(file.name, csv.reader(io.StringIO(text, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return [], [Problem(where, named, f"must be a CSV file in UTF-8 ({error})")]
    return rows, [*_header_problems(file.name, header, columns, others), *wrong]


def _split(file: str, lines: _Lines) -> tuple[tuple[str, ...], list[FileRow], list[Problem]]:
    """Return header, rows and those rows that have more fields than the header."""
    header: tuple[str, ...] = ()
    rows: list[FileRow] = []
    wrong: list[Problem] = []
    for fields in filter(None, lines):
        where = f"{file}:{lines.line_num}"
        if not header:
            header = tuple(name.strip() for name in fields)
            continue
        if len(fields) > len(header):
            told = f"{len(fields)} fields, the header has {len(header)}"
            advice = "a field that holds a comma stands in double quotes"
            wrong.append(Problem(where, "", f"has {told}; {advice}"))
        named = zip(header, (text.strip() for text in fields), strict=False)
        rows.append(FileRow(where=where, fields={name: text for name, text in named if text}))
    return header, rows, wrong


def _header_problems(
    file: str, header: tuple[str, ...], columns: tuple[str, ...], others: Iterable[str]
) -> list[Problem]:
    known = (*columns, *others)
    if len(header) == 1 and ";" in header[0]:
        return [Problem(f"{file}:1", shown(header[0]), "export with commas, not semicolons")]
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
    found += [
        Problem(f"{file}:1", name, f"stands {header.count(name)} times; must be there once")
        for name in dict.fromkeys(header)
        if name in known and header.count(name) > 1
    ]
    return found
