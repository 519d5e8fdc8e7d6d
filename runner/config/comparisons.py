"""Read `comparisons`: which differences from the control matter, and how sure is sure enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.config.named_metrics import (
    NO_ARMS,
    SCALES,
    Scale,
    has_direction,
    hint,
    is_metric,
    no_direction,
)
from runner.config.written import is_name, is_number
from runner.contract import EngineSpec, ParamGroup, Problem, nearest, shown

COMPARISONS = "comparisons"
_FIELDS = ("metric", "arms", "width", "scale", "noninferior", "equivalent")
_POSITIVE = ("width", "noninferior", "equivalent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A difference from the control that the study is about.

    `arms` are compared on `metric`. `width` is the wanted full width of the interval of the
    difference; `noninferior` and `equivalent` are margins > 0. All three are in the metric's unit,
    or fractions of the control's mean with `scale` relative; None where not asked for.
    """

    name: str
    metric: str
    arms: tuple[str, ...]
    width: float | None = None
    scale: Scale = "difference"
    noninferior: float | None = None
    equivalent: float | None = None


def read_comparisons(
    tree: Any, spec: EngineSpec, params: ParamGroup, arms: tuple[str, ...]
) -> tuple[tuple[Comparison, ...], list[Problem]]:
    """Return the declared comparisons in order, and every problem found in them.

    `arms` are those besides the control.
    """
    if not isinstance(tree, Mapping):
        allowed = "must be a mapping from names to comparisons"
        return (), [Problem(COMPARISONS, shown(tree), allowed)]
    found: list[Comparison] = []
    problems: list[Problem] = []
    for name, written in tree.items():
        if written is None:
            continue  # a study switches an inherited comparison off with null
        where = f"{COMPARISONS}.{name}"
        wrong = _problems(where, str(name), written, spec, params, arms)
        problems += wrong
        if not wrong:
            made = _made(str(name), written, arms)
            problems += _repeats(where, made, found)
            found.append(made)
    return tuple(found), problems


def _made(name: str, written: Mapping[str, Any], arms: tuple[str, ...]) -> Comparison:
    chosen = written.get("arms")
    margins = {key: None if written.get(key) is None else float(written[key]) for key in _POSITIVE}
    return Comparison(
        name=name,
        metric=written["metric"],
        arms=arms if chosen is None else tuple(arm for arm in arms if arm in chosen),
        scale=written.get("scale") or "difference",
        **margins,
    )


def _problems(  # noqa: PLR0913, PLR0917 - what an entry is checked against
    where: str,
    name: str,
    written: Any,
    spec: EngineSpec,
    params: ParamGroup,
    arms: tuple[str, ...],
) -> list[Problem]:
    if not isinstance(written, Mapping):
        return [Problem(where, shown(written), "must be a mapping such as {metric: m, width: 1}")]
    found = [] if arms else [Problem(where, "", NO_ARMS)]
    if not is_name(name):
        allowed = "the name of a comparison must be letters, digits, _ and -"
        found.append(Problem(where, "", allowed))
    for key in (k for k in written if k not in _FIELDS):
        known = nearest(str(key), _FIELDS) or f"; known: {', '.join(_FIELDS)}"
        found.append(Problem(f"{where}.{key}", "", f"unknown field{known}"))
    found += _metric_problems(where, written, spec, params)
    found += _arm_problems(f"{where}.arms", written.get("arms"), arms) if arms else []
    for key in _POSITIVE:
        value = written.get(key)
        if value is not None and not (is_number(value) and value > 0):
            found.append(Problem(f"{where}.{key}", shown(value), "must be a number above 0"))
    if written.get("scale") not in (None, *SCALES):
        allowed = f"must be one of {', '.join(SCALES)}"
        found.append(Problem(f"{where}.scale", shown(written["scale"]), allowed))
    elif written.get("scale") and not any(written.get(key) is not None for key in _POSITIVE):
        allowed = f"would change nothing without one of {', '.join(_POSITIVE)}"
        found.append(Problem(f"{where}.scale", shown(written["scale"]), allowed))
    return found


def _metric_problems(
    where: str, written: Mapping[str, Any], spec: EngineSpec, params: ParamGroup
) -> list[Problem]:
    if "metric" not in written:
        return [
            Problem(f"{where}.metric", "", f"must be given{hint('', spec.metric_names(params))}")
        ]
    name = written["metric"]
    if not isinstance(name, str) or not is_metric(name, spec, params):
        allowed = f"is no metric of {spec.name}{hint(str(name), spec.metric_names(params))}"
        return [Problem(f"{where}.metric", shown(name), allowed)]
    if written.get("noninferior") is not None and not has_direction(name, spec):
        return [no_direction(f"{where}.noninferior", name, spec)]
    return []


def _arm_problems(where: str, written: Any, arms: tuple[str, ...]) -> list[Problem]:
    if written is None:
        return []
    if not isinstance(written, list | tuple) or not written:
        return [Problem(where, shown(written), f"must be a list of arms: {', '.join(arms)}")]
    return [
        Problem(where, shown(arm), f"is no arm besides the control{hint(str(arm), arms)}")
        for arm in written
        if arm not in arms
    ]


def _repeats(where: str, made: Comparison, others: list[Comparison]) -> list[Problem]:
    """Return the problem of an arm whose metric another comparison judges already."""
    return [
        Problem(
            where, "", f"arm {arm} is compared on {made.metric} by {COMPARISONS}.{other.name} "
            "already; keep one"
        )
        for other in others
        if other.metric == made.metric
        for arm in made.arms
        if arm in other.arms
    ]  # fmt: skip
