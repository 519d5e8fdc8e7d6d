"""Read the files of `design.variables_csv` into rows; what their rows say is checked elsewhere."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from runner.contract import Problem

HEADER = (
    "variable_id", "scope", "path", "type", "unit", "min", "max", "step", "default", "treatment",
    "notes",
)  # fmt: skip
_LINE_FEED = b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row as written, with the file's name as given and the row's first physical line."""

    file: str
    line: int
    variable_id: str
    scope: str
    path: str
    type: str
    unit: str
    min: str
    max: str
    step: str
    default: str
    treatment: str
    notes: str

    @property
    def place(self) -> str:
        """Where the row stands: `file:line`."""
        return f"{self.file}:{self.line}"

    def problem(self, column: str, wrong: str, allowed: str, value: str | None = None) -> Problem:
        """Return a problem of one column; `value` is the column's text unless given."""
        text = str(getattr(self, column)) if value is None else value
        return sheet_problem(self.place, column, wrong, text, allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFile:
    """A file that could be read: its name as given, the SHA-256 of its bytes, its rows."""

    name: str
    sha256: str
    rows: tuple[SheetRow, ...]


def sheet_problem(place: str, column: str, wrong: str, value: str, allowed: str) -> Problem:
    """Return a problem that reads `file:line: column: what is wrong (value; what is allowed)`."""
    is_plain = value.isprintable() and value == value.strip() and value != ""
    return Problem(
        f"{place}: {column}", "", f"{wrong} ({value if is_plain else repr(value)}; {allowed})"
    )


def read_sheet_file(name: str, launch_dir: Path) -> tuple[SheetFile | None, list[Problem]]:
    """Return a file's rows, and what is wrong with the file or with the shape of a row.

    Blank rows and rows whose first field starts with `#` are skipped. A file without the header
    is one problem, and its rows are not read.
    """
    path = launch_dir / name
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        allowed = f"must be a readable file, relative to the working directory; looked at {path}"
        return None, [sheet_problem(name, "file", "cannot be read", error.strerror or "", allowed)]
    except UnicodeDecodeError as error:
        place = f"{name}:{content.count(_LINE_FEED, 0, error.start) + 1}"
        byte = f"byte {content[error.start]:#04x}"
        allowed = "must be UTF-8; export as CSV UTF-8"
        return None, [sheet_problem(place, "file", "is not UTF-8", byte, allowed)]
    records, problems = _records(name, text)
    line, head = records[0] if records else (1, [])
    if tuple(head) != HEADER:
        return None, [_header_problem(name, line, head)]
    rows, wrong = _rows(name, records[1:])
    digest = hashlib.sha256(content).hexdigest()
    return SheetFile(name=name, sha256=digest, rows=rows), [*wrong, *problems]


def _records(name: str, text: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """Return (first line, fields) of every row to be read, up to a fault in the quoting."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found, line = [], 1
    try:
        for fields in reader:
            if not _is_skipped(fields):
                found.append((line, fields))
            line = reader.line_num + 1
    except csv.Error as error:
        allowed = "commas between fields, double quotes around fields that need them"
        wrong = "is not CSV from here on"
        return found, [sheet_problem(f"{name}:{line}", "row", wrong, str(error), allowed)]
    return found, []


def _is_skipped(fields: list[str]) -> bool:
    return not any(field.strip() for field in fields) or fields[0].lstrip().startswith("#")


def _header_problem(name: str, line: int, head: list[str]) -> Problem:
    export = "export with commas, not semicolons: " if any(";" in field for field in head) else ""
    text = ",".join(head)
    allowed = f"{export}must be exactly {','.join(HEADER)}"
    return sheet_problem(f"{name}:{line}", "header", "is not the header", text, allowed)


def _rows(
    name: str, records: list[tuple[int, list[str]]]
) -> tuple[tuple[SheetRow, ...], list[Problem]]:
    rows, problems = [], []
    for line, fields in records:
        if len(fields) == len(HEADER):
            named = dict(zip(HEADER, fields, strict=True))
            rows.append(SheetRow(file=name, line=line, **named))
        else:
            count, allowed = str(len(fields)), f"{len(HEADER)}, as in the header"
            wrong = "has the wrong number of fields"
            problems.append(sheet_problem(f"{name}:{line}", "row", wrong, count, allowed))
    return tuple(rows), problems
