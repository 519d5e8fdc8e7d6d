"""Read an acceptance rule on the difference of each arm from the control."""

from __future__ import annotations

import math

from runner.config.named_metrics import NO_ARMS, SCALES, has_direction, is_metric, no_direction
from runner.config.rule_fields import ABSENT, RuleFields
from runner.config.rules import CONTROL, Kind, Rule

_MARGINS = ("noninferior", "equivalent")
_KINDS = ("between", "at_least", "at_most", *_MARGINS)
ONLY_VERSUS = (*_MARGINS, "scale")
_NEVER_VERSUS = (
    "table", "column", "previous", "rule", "equals", "min_growth", "tolerance", "pass_share",
    "margin",
)  # fmt: skip


def read_control_rule(fields: RuleFields, *, has_arms: bool) -> Rule | None:
    """Return a rule with `versus: control`, None when something is wrong with it."""
    _check_versus(fields, has_arms=has_arms)
    scale = fields.written.get("scale", SCALES[0])
    if scale not in SCALES:
        fields.wrong(".scale", scale, f"must be one of {', '.join(SCALES)}")
    metric = None
    if "metric" in fields.written:
        metric = fields.metric(None)
    else:
        fields.wrong(".metric", ABSENT, "must be given")
    kind = fields.one_of([k for k in _KINDS if k in fields.written], ", ".join(_KINDS))
    if kind is None:
        return None
    bounds = _margin(fields, kind) if kind in _MARGINS else fields.bounds(kind)
    if fields.problems:
        return None
    return Rule(
        rule_id=fields.rule_id, kind=kind, bounds=bounds, metric=metric, versus=CONTROL,
        scale=scale, source=fields.source,
    )  # fmt: skip


def _check_versus(fields: RuleFields, *, has_arms: bool) -> None:
    """Note what does not go with `versus`."""
    if fields.written["versus"] != CONTROL:
        fields.wrong(".versus", fields.written["versus"], f"must be {CONTROL}")
    elif not has_arms:
        fields.wrong(".versus", ABSENT, NO_ARMS)
    for key in (k for k in _NEVER_VERSUS if k in fields.written):
        fields.wrong(f".{key}", ABSENT, "goes with rules on runs, not with versus")


def _margin(fields: RuleFields, kind: Kind) -> tuple[float, float]:
    """Return the band of the difference that a margin stands for."""
    margin = fields.number(kind, 1.0, low=0.0, low_open=True)
    name, spec = str(fields.written.get("metric")), fields.spec
    if kind == "equivalent" or not is_metric(name, spec, fields.params):
        return -margin, margin
    if not has_direction(name, spec):
        fields.problems.append(no_direction(f"{fields.where}.{kind}", name, spec))
    if spec.metric(name).better == "lower":
        return -math.inf, margin
    return -margin, math.inf
