"""Declare the tables of a run."""

from __future__ import annotations

from typing import Any

from engines.crm.deals import DEAL_STAGES, STATUSES
from engines.crm.funnel import REASONS, STAGES
from engines.crm.names import FIRST_NAMES, LAST_NAMES
from engines.crm.params import CrmParams, archetypes
from engines.crm.reconciliation import OBJECTS
from engines.crm.scenario import TOUCH_TYPES
from engines.crm.touches import TRIGGERS
from runner.contract import Column, TableSchema

PREVIEWED = ("contact", "company", "deal", *TOUCH_TYPES)
HIGHEST = STAGES[:6]
RAIL_STATUSES = ("inside", "outside", "none")


def _column(name: str, kind: str, doc: str, unit: str = "", **more: Any) -> Column:
    return Column(name=name, kind=kind, doc=doc, unit=unit, **more)  # type: ignore[arg-type]


def _at(name: str, doc: str, *, nullable: bool = False) -> Column:
    return _column(name, "timestamp", doc, "UTC", nullable=nullable)


def _category(
    name: str, categories: tuple[str, ...], doc: str, *, nullable: bool = False
) -> Column:
    return _column(name, "category", doc, categories=categories, nullable=nullable)


_CONTACT = _column("contact_id", "int64", "0, 1, ...; no order of arrival")
_COMPANY = _column("company_id", "int64", "its company")
_OWNER = _column("owner_id", "int16", "the user who owns it")
_PASS = _column("pass_index", "int8", "0 = first walk through the funnel, p = p-th return")


def _contacts(params: CrmParams) -> TableSchema:
    return TableSchema(
        name="contacts",
        key=("contact_id",),
        doc="contacts as they are at the end of the window",
        columns=(
            _CONTACT,
            _COMPANY,
            _OWNER,
            _category("first_name", FIRST_NAMES, "invented"),
            _category("last_name", LAST_NAMES, "invented"),
            _category("archetype", tuple(archetypes(params)), "kind of contact"),
            _at("created_at", "creation"),
            _category("lifecycle_stage", STAGES, "stage at the end"),
            _category("highest_stage", HIGHEST, "furthest stage reached"),
            _column("nurture_cycles", "int8", "returns to lead so far", "count"),
            _at("last_event_at", "last lifecycle event"),
        ),
    )


_COMPANIES = TableSchema(
    name="companies",
    key=("company_id",),
    doc="companies; names and domains are unique",
    columns=(
        _column("company_id", "int64", "0, 1, ..."),
        _column("name", "str", "invented"),
        _column("domain", "str", "under the reserved .example"),
        _at("created_at", "creation of its earliest contact"),
        _column("contact_count", "int32", "its contacts", "contacts"),
        _column("owner_id", "int16", "owner of its earliest contact"),
        _category("highest_stage", HIGHEST, "furthest stage of its contacts"),
        _column("size_exempt", "bool", "outside the size range: no composition exists"),
    ),
)


def _lifecycle(stable: Any) -> TableSchema:
    return TableSchema(
        name="lifecycle_events",
        key=("contact_id", "seq"),
        prefix_stable=stable,
        doc="every change of lifecycle stage",
        columns=(
            _CONTACT,
            _column("seq", "int16", "0, 1, ... within the contact"),
            _at("at", "when"),
            _category("from_stage", STAGES, "null at creation", nullable=True),
            _category("to_stage", STAGES, "the new stage"),
            _category("reason", REASONS, "why"),
            _PASS,
        ),
    )


_DEALS = TableSchema(
    name="deals",
    key=("deal_id",),
    doc="deals created in the window, as they are at its end",
    columns=(
        _column("deal_id", "int64", "the contact's id: at most one deal each"),
        _CONTACT,
        _COMPANY,
        _OWNER,
        _PASS,
        _at("sql_at", "entry to SQL, where the sales cycle begins"),
        _at("created_at", "entry to opportunity"),
        _column("amount", "float64", "value of the deal", "currency"),
        _category("stage", DEAL_STAGES, "stage at the end"),
        _category("status", STATUSES, "open, won or lost"),
        _column("win_probability", "float64", "at close", "fraction", nullable=True),
        _at("closed_at", "null if open", nullable=True),
        _column("sales_cycle_days", "float64", "SQL to close", "days", nullable=True),
    ),
)


def _deal_stages(stable: Any) -> TableSchema:
    return TableSchema(
        name="deal_stage_events",
        key=("deal_id", "seq"),
        prefix_stable=stable,
        doc="every entry of a deal to a stage",
        columns=(
            _column("deal_id", "int64", "its deal"),
            _column("seq", "int8", "0, 1, ... within the deal"),
            _category("stage", DEAL_STAGES, "the stage"),
            _at("entered_at", "when"),
        ),
    )


def _activities(stable: Any) -> TableSchema:
    return TableSchema(
        name="activities",
        key=("activity_id",),
        prefix_stable=stable,
        doc="processed notes, calls, tasks and tickets in order of time",
        columns=(
            _column("activity_id", "int64", "0, 1, ... in order of time"),
            _category("type", TOUCH_TYPES, "note, call, task or ticket"),
            _category("trigger", TRIGGERS, "what led to it"),
            _CONTACT,
            _COMPANY,
            _column("deal_id", "int64", "for won and lost triggers", nullable=True),
            _PASS,
            _column("ordinal", "int16", "0, 1, ... within contact and type"),
            _at("at", "when"),
            _column(
                "delay_min", "float64", "minutes after its parent; null for baseline", "minutes",
                nullable=True,
            ),
            _OWNER,
        ),
    )  # fmt: skip


def _count(name: str, doc: str) -> Column:
    return _column(name, "int64", doc, "count")


_RECONCILIATION = TableSchema(
    name="reconciliation",
    key=("object_type",),
    doc="what should exist against what exists",
    columns=(
        _category("object_type", OBJECTS, "type of object"),
        _count("attempted", "declined + planned"),
        _count("declined", "probability draws that failed"),
        _count("planned", "should exist"),
        _count("processed", "exists in the window"),
        _count("skipped_record_cap", "refused by the cap per contact"),
        _count("skipped_global_budget", "refused by the budget of the run"),
        _count("pending", "due at or after the end"),
    ),
)
_PREVIEW = TableSchema(
    name="plan_preview",
    key=("object_type",),
    doc="expected planned objects, from the parameters alone",
    columns=(
        _category("object_type", PREVIEWED, "type of object"),
        _column("expected_planned", "float64", "expectation", "count"),
        _column("budget", "float64", "null = none", "count", nullable=True),
        _column("exceeds_budget", "bool", "more is expected than the budget allows"),
    ),
)
_DAILY = TableSchema(
    name="daily_summary",
    key=("date",),
    doc="the run day by day, local dates",
    columns=(
        _column("date", "date", "local date"),
        _column("day", "int64", "1, 2, ...: local days of the window", "days"),
        _count("contacts_created", "contacts"),
        _count("mql_entries", "entries to MQL"),
        _count("sql_entries", "entries to SQL"),
        _count("deals_created", "deals"),
        _count("deals_won", "won deals"),
        _count("deals_lost", "lost deals"),
        _count("activities", "processed activities"),
        _column("revenue_won", "float64", "amounts won on the day", "currency"),
        _column("pipeline_value_open", "float64", "open at the end of the day", "currency"),
    ),
)
_SNAPSHOT = TableSchema(
    name="parameter_snapshot",
    key=("path",),
    doc="every resolved parameter, and values derived from them",
    columns=(
        _column("path", "str", "below params; derived.* are computed"),
        _column("value_json", "str", "null where nothing reads the parameter", nullable=True),
        _column("unit", "str", "its unit"),
        _column("guardrail_low", "float64", "null = none", "unit_of_path", nullable=True),
        _column("guardrail_high", "float64", "null = none", "unit_of_path", nullable=True),
        _category("guardrail_status", RAIL_STATUSES, "against the scenario's rail"),
        _column("motivation", "str", "why the rail was left"),
    ),
)


def tables(params: CrmParams) -> tuple[TableSchema, ...]:
    """Return the tables of a run; what they are stable under depends on window and placement."""
    horizon = {"horizon"} if params.window.intake_days is not None else set()
    is_free = params.scenario.pacing.placement == "independent"
    is_free = is_free and params.intake.method != "trickle"
    stable = frozenset(horizon | ({"population"} if is_free else set()))
    return (
        _contacts(params),
        _COMPANIES,
        _lifecycle(stable),
        _DEALS,
        _deal_stages(stable),
        _activities(frozenset(horizon)),
        _RECONCILIATION,
        _PREVIEW,
        _DAILY,
        _SNAPSHOT,
    )
