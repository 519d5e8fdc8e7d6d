"""Read an acceptance rule on runs: on a metric, or on a table's column period by period."""

from __future__ import annotations

from typing import Any

from runner.config.named_metrics import hint
from runner.config.rule_fields import ABSENT, RuleFields
from runner.config.rules import MARGIN, STEPS, Kind, Rule, scope_of
from runner.contract import NUMBER_KINDS, WHOLE_KINDS, TableSchema

RUN_KINDS = ("between", "at_least", "at_most", "equals", "min_growth")


def read_run_rule(fields: RuleFields) -> Rule | None:
    """Return a rule that each run meets or not, None when something is wrong with it."""
    kind = _kind(fields)
    bounds = (0.0, 0.0) if kind is None else fields.bounds(kind)
    target = _target(fields, kind)
    share = fields.number("pass_share", 1.0, low=0.0, high=1.0, low_open=True)
    tolerance = fields.number("tolerance", 0.0, low=0.0)
    margin = fields.number("margin", MARGIN, low=0.0, high=1.0)
    if fields.problems or kind is None:
        return None
    return Rule(
        rule_id=fields.rule_id, kind=kind, bounds=bounds, **target, tolerance=tolerance,
        pass_share=share, margin=margin, source=fields.source,
    )  # fmt: skip


def _kind(fields: RuleFields) -> Kind | None:
    given = [key for key in RUN_KINDS if key in fields.written]
    if "rule" in fields.written:
        named = fields.written["rule"]
        given.append(str(named))
        if named != "non_decreasing":
            fields.wrong(".rule", named, "must be non_decreasing")
            return None
    return fields.one_of(given, f"{', '.join(RUN_KINDS)}, rule: non_decreasing")


def _target(fields: RuleFields, kind: Kind | None) -> dict[str, Any]:
    """Return the fields of a `Rule` that say what it is on."""
    written = fields.written
    if ("metric" in written) == ("table" in written):
        fields.wrong("", ABSENT, "needs either metric, or table and column")
        return {}
    if "metric" in written:
        return {"metric": fields.metric(kind)}
    name, schemas = str(written["table"]), fields.spec.table_schemas(fields.params)
    if name not in schemas:
        allowed = f"is no table of {fields.spec.name}{hint(name, schemas)}"
        fields.wrong(".table", written["table"], allowed)
        return {}
    return _table_target(fields, kind, schemas[name])


def _table_target(fields: RuleFields, kind: Kind | None, schema: TableSchema) -> dict[str, Any]:
    period = _period_of(schema)
    if kind in STEPS and period is None:
        allowed = f"{kind} compares periods, but no whole number orders the rows of this table"
        fields.wrong(".table", schema.name, allowed)
    target = {
        "table": schema.name,
        "period": period,
        "scope": scope_of(fields.spec, schema.name),
        "series": schema.key[:-1],
        "column": _column(fields, "column", schema),
    }
    if fields.written.get("previous") is not None:
        target["previous"] = _column(fields, "previous", schema)
        if kind is not None and kind not in STEPS:
            allowed = f"goes with {' and '.join(STEPS)} only"
            fields.wrong(".previous", target["previous"], allowed)
    return target


def _column(fields: RuleFields, key: str, schema: TableSchema) -> str:
    numeric = [c.name for c in schema.columns if c.kind in NUMBER_KINDS]
    name = fields.written.get(key, ABSENT)
    if name is ABSENT:
        fields.wrong(f".{key}", name, f"must be given; known: {', '.join(numeric)}")
    elif name not in numeric:
        allowed = f"is no number column of {schema.name}{hint(str(name), numeric)}"
        fields.wrong(f".{key}", name, allowed)
    return str(name)


def _period_of(schema: TableSchema) -> str | None:
    kinds = {column.name: column.kind for column in schema.columns}
    last = schema.key[-1]
    return last if kinds[last] in WHOLE_KINDS else None
