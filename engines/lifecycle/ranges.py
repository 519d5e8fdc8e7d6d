"""Check parameters that come in pairs or add up."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from runner.contract import Problem, Share, complete_shares, shown

EARLIEST, LATEST = "1000-01-01", "9000-01-01"


def share_problems(path: str, shares: Mapping[str, Share]) -> list[Problem]:
    """Return a problem when shares do not sum to 1 (tolerance 1e-9); one may be `auto`."""
    try:
        complete_shares(shares)
    except ValueError as error:
        return [Problem(path, "", str(error))]
    return []


def pair_problems(path: str, pair: tuple[float, ...], *, strict: bool) -> list[Problem]:
    """Return a problem when `pair` is not [low, high] with low < high, or low <= high."""
    sign = "<" if strict else "<="
    in_order = len(pair) == 2 and (pair[0] < pair[1] or (not strict and pair[0] == pair[1]))  # noqa: PLR2004
    allowed = f"must be [low, high] with low {sign} high"
    return [] if in_order else [Problem(path, shown(pair), allowed)]


def unique_problems(path: str, items: tuple[object, ...]) -> list[Problem]:
    """Return a problem when a list is empty or names something twice."""
    if items and len(set(items)) == len(items):
        return []
    return [Problem(path, shown(items), "must name at least one thing, and each only once")]


def date_problems(path: str, text: str) -> list[Problem]:
    """Return a problem when a text is no date in the form YYYY-MM-DD, or one too far away.

    Accounts are created up to two centuries before, and customers live on for decades: no date of
    a run may leave the years 1 to 9999, which is all that files and tables can show.
    """
    try:
        is_date = datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        is_date = False
    if not is_date:
        allowed = "must be a date in the form YYYY-MM-DD, such as 2025-01-27"
        return [Problem(path, f"'{text}'", allowed)]
    if EARLIEST <= text <= LATEST:
        return []
    return [Problem(path, text, f"must lie between {EARLIEST} and {LATEST}")]


def days_since_epoch(text: str) -> int:
    """Return an ISO date as days since 1970-01-01."""
    return (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days
