"""Export a run's tables as files in HubSpot's import conventions.

Source: HubSpot knowledge base, "Set up your import file" (required columns by object) and the
default deal pipeline, lifecycle stage and lead status labels of a new account.
"""

from __future__ import annotations

import csv
import datetime
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engines.crm.params import CrmParams
from runner.contract import EngineError

MOST_ROWS = 250_000
"""Rows per file, the header left out."""

Batches = Iterable[Mapping[str, Sequence[Any]]]
Row = Mapping[str, Any]

_OWN = ("Simulated ID", "Simulated created at")
HEADERS: Mapping[str, tuple[str, ...]] = {
    "companies": (
        "Company name", "Company domain name", "Company owner", "Lifecycle stage", *_OWN,
    ),
    "contacts": (
        "First name", "Last name", "Email", "Lifecycle stage", "Lead status", "Contact owner",
        "Company domain name", *_OWN,
    ),
    "deals": (
        "Deal name", "Pipeline", "Deal stage", "Amount", "Close date", "Deal owner", "Email",
        "Company domain name", *_OWN,
    ),
    "notes": ("Activity date", "Note body", "Email", *_OWN),
    "calls": ("Activity date", "Call notes", "Email", *_OWN),
    "tasks": ("Task title", "Due date", "Email", *_OWN),
    "tickets": ("Ticket name", "Pipeline", "Ticket status", "Email", *_OWN),
}  # fmt: skip
_STAGES = {
    "subscriber": ("Subscriber", "New"),
    "lead": ("Lead", "Open"),
    "mql": ("Marketing Qualified Lead", "In progress"),
    "sql": ("Sales Qualified Lead", "In progress"),
    "opportunity": ("Opportunity", "Open deal"),
    "customer": ("Customer", "Connected"),
    "nurture": ("Lead", "Bad timing"),
    "other": ("Other", "Unqualified"),
}
"""Lifecycle stage and lead status by stage."""
_DEAL_STAGES = {
    "appointment_scheduled": "Appointment scheduled",
    "qualified_to_buy": "Qualified to buy",
    "presentation_scheduled": "Presentation scheduled",
    "decision_maker_bought_in": "Decision maker bought-in",
    "contract_sent": "Contract sent",
    "closed_won": "Closed won",
    "closed_lost": "Closed lost",
}
_TEXTS = {
    "baseline": "Simulated touchpoint",
    "initial_note": "Contact created",
    "mql_call": "Call to a marketing qualified lead",
    "follow_up_task": "Follow up with a marketing qualified lead",
    "regression_note": "Moved to nurture",
    "won_note": "Deal won",
    "lost_ticket": "Deal lost",
}
_NEEDED = ("companies", "contacts", "deals", "activities")


def export_hubspot(params: CrmParams, tables: Mapping[str, Batches], folder: Path) -> None:
    """Write companies, contacts, deals, notes, calls, tasks and tickets as CSV files.

    Raises:
        EngineError: a table that the files are made of was not asked for.
    """
    missing = [name for name in _NEEDED if name not in tables]
    if missing:
        raise EngineError(f"the hubspot export also needs {', '.join(missing)}: use --tables all")
    book = _Book(zoneinfo.ZoneInfo(params.window.time_zone))
    _write(folder, "companies", (book.company(row) for row in _rows(tables["companies"])))
    _write(folder, "contacts", (book.contact(row) for row in _rows(tables["contacts"])))
    _write(folder, "deals", (book.deal(row) for row in _rows(tables["deals"])))
    _write_activities(folder, book, tables["activities"])


def _rows(batches: Batches) -> Iterator[Row]:
    for batch in batches:
        for values in zip(*batch.values(), strict=True):
            yield dict(zip(batch, values, strict=True))


@dataclass(slots=True)
class _Book:
    """Turns rows into records, and remembers domains, names and addresses for later ones."""

    zone: datetime.tzinfo
    domains: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)

    def company(self, row: Row) -> tuple[Any, ...]:
        """Return a record of companies."""
        self.domains.append(row["domain"])
        self.names.append(row["name"])
        stage, _ = _STAGES[row["highest_stage"]]
        own = _own(row["company_id"], row["created_at"])
        return row["name"], row["domain"], _owner(row), stage, *own

    def contact(self, row: Row) -> tuple[Any, ...]:
        """Return a record of contacts."""
        domain = self.domains[row["company_id"]]
        first, last = row["first_name"], row["last_name"]
        email = f"{first}.{last}.{row['contact_id']}@{domain}".lower()
        self.emails.append(email)
        stage, status = _STAGES[row["lifecycle_stage"]]
        own = _own(row["contact_id"], row["created_at"])
        return first, last, email, stage, status, _owner(row), domain, *own

    def deal(self, row: Row) -> tuple[Any, ...]:
        """Return a record of deals."""
        company = row["company_id"]
        closed = "" if row["closed_at"] is None else f"{self._local(row['closed_at']):%Y-%m-%d}"
        return (
            f"{self.names[company]} {row['deal_id']}",
            "Sales Pipeline",
            _DEAL_STAGES[row["stage"]],
            f"{row['amount']:.2f}",
            closed,
            _owner(row),
            self.emails[row["contact_id"]],
            self.domains[company],
            *_own(row["deal_id"], row["created_at"]),
        )

    def activity(self, row: Row) -> tuple[Any, ...]:
        """Return a record of notes, calls, tasks or tickets."""
        text, local = _TEXTS[row["trigger"]], self._local(row["at"])
        end = (self.emails[row["contact_id"]], *_own(row["activity_id"], row["at"]))
        if row["type"] == "task":
            return text, f"{local:%Y-%m-%d}", *end
        if row["type"] == "ticket":
            return text, "Support Pipeline", "New", *end
        return f"{local:%Y-%m-%d %H:%M}", text, *end

    def _local(self, at: datetime.datetime) -> datetime.datetime:
        return at.astimezone(self.zone)


def _owner(row: Row) -> str:
    return f"owner{row['owner_id']}@crm.example"


def _own(number: int, at: datetime.datetime) -> tuple[int, str]:
    moment = at.astimezone(datetime.UTC).replace(tzinfo=None)
    return number, f"{moment.isoformat(timespec='milliseconds')}Z"


class _Files:
    """Writes the records of one object into numbered files of at most `MOST_ROWS` rows."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._number = self._count = 0
        self._next()

    def _next(self) -> None:
        self._number, self._count = self._number + 1, 0
        path = self._folder / f"{self._name}_{self._number:03d}.csv"
        self._stream = open(path, "w", encoding="utf-8", newline="")  # noqa: SIM115 - closed below
        self._writer = csv.writer(self._stream)
        self._writer.writerow(HEADERS[self._name])

    def write(self, record: tuple[Any, ...]) -> None:
        """Append one record."""
        if self._count == MOST_ROWS:
            self.close()
            self._next()
        self._writer.writerow(record)
        self._count += 1

    def close(self) -> None:
        """Close the file in use."""
        self._stream.close()


def _write(folder: Path, name: str, records: Iterable[tuple[Any, ...]]) -> None:
    files = _Files(folder, name)
    try:
        for record in records:
            files.write(record)
    finally:
        files.close()


def _write_activities(folder: Path, book: _Book, batches: Batches) -> None:
    files = {kind: _Files(folder, f"{kind}s") for kind in ("note", "call", "task", "ticket")}
    try:
        for row in _rows(batches):
            files[row["type"]].write(book.activity(row))
    finally:
        for one in files.values():
            one.close()
