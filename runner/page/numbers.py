"""Numbers as people read them: as many digits as their uncertainty leaves meaning to."""

from __future__ import annotations

import math
import re
from typing import Any

NONE = "–"
_UNITLESS = ("", "1", "none", "count", "fraction")
_DIGITS = 4
_MOST_DECIMALS = 9
_NEGLIGIBLE = 1e-9
_HYPHEN = re.compile(r"(?<![\w.)\]-])-(?=[.]?\d)")


def is_number(value: Any) -> bool:
    """Tell whether there is a finite number; nulls of any kind are none."""
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def number(value: Any, near: Any = None) -> str:
    """Return a number with two digits of the uncertainty `near`, else four digits in all."""
    if not is_number(value):
        return NONE
    exact = float(value)
    size = abs(float(near)) if is_number(near) and float(near) else 0.0
    if size <= abs(exact) * _NEGLIGIBLE:
        return _plain(exact)
    places = 1 - math.floor(math.log10(size))
    if places > _MOST_DECIMALS:
        return f"{exact:.3g}".replace("-", "−")
    text = f"{exact:,.{max(places, 0)}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def _plain(exact: float) -> str:
    """Return a number with four digits in all, whole numbers in full."""
    is_whole = exact == int(exact) or abs(exact) >= 10**_DIGITS
    return (f"{exact:,.0f}" if is_whole else f"{exact:,.{_DIGITS}g}").replace("-", "−")


def interval(low: Any, high: Any) -> str:
    """Return both ends of an interval with digits by its width."""
    if not (is_number(low) and is_number(high)):
        return NONE
    near = (float(high) - float(low)) / 2
    if near == 0:
        return "no spread"
    return f"{number(low, near)} to {number(high, near)}"


def percent(share: Any, digits: int = 0) -> str:
    """Return a share as a percentage."""
    if not is_number(share):
        return NONE
    return f"{float(share):.{digits}%}".replace("%", " %").replace("-", "−")


def with_unit(text: str, unit: str) -> str:
    """Return a number with its unit, where it has one worth telling."""
    return text if unit in _UNITLESS or text == NONE else f"{text} {unit}"


def with_minus(text: str) -> str:
    """Return a text of the page with real minus signs before its numbers; names keep hyphens."""
    return _HYPHEN.sub("−", text)
