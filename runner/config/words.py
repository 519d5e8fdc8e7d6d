"""Read command-line words in Hydra's override grammar."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any, Literal

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    ChoiceSweep,
    Glob,
    IntervalSweep,
    Override,
    QuotedString,
    RangeSweep,
)
from hydra.errors import HydraException

from runner.contract import Problem

_MOST_LEVELS = 1_000_000
_SHUFFLE = re.compile(r"[=,(\s]shuffle\(")

WordKind = Literal["set", "sweep", "interval", "delete", "glob", "choose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One override: `key=value` (set), several values (sweep), `interval(a,b)`, `~key`, glob.

    Overlaying turns a group's option into `choose`, which ends an axis over that group.
    """

    text: str
    kind: WordKind
    key: str
    value: Any = None


def read_words(texts: Iterable[str]) -> tuple[list[Word], list[Problem]]:
    """Return the words that follow the grammar, and a problem for each that does not."""
    words, problems = [], []
    for text in texts:
        try:
            words.append(_word(text, _parsed(text)))
        except ValueError as error:
            reason = " ".join(str(error).split())
            problems.append(
                Problem(
                    f"'{text}'", "", f"is not an override such as key=value or key=1,2 ({reason})"
                )
            )
    return words, problems


def read_levels(text: str, options: Iterable[str] = ()) -> list[Any]:
    """Return the levels written as `1,2,3` or `range(6,25,6)`; one value gives one level.

    `glob(...)` chooses from `options`, those of the group that is the axis.

    Raises:
        ValueError: the text does not follow the grammar, or is no list of levels.
    """
    word = _word(text, _parsed(f"level={text}"))
    if word.kind == "interval":
        raise ValueError("interval() makes a random variable: declare it in design.variables")
    if word.kind == "glob":
        return matching(word.value, options)
    return list(word.value) if word.kind == "sweep" else [word.value]


def _parsed(text: str) -> Override:
    """Return a word as Hydra's parser reads it.

    Raises:
        ValueError: it does not follow the grammar, or its value would depend on chance.
    """
    if _SHUFFLE.search(text):
        raise ValueError("shuffle() is random; list the levels in the order you want")
    try:
        override = OverridesParser.create().parse_override(text)
    except RecursionError as error:
        raise ValueError("is nested too deep") from error
    except (HydraException, TypeError, ArithmeticError) as error:
        raise ValueError(" ".join(str(error).split())) from error
    if not override.key_or_group:
        raise ValueError("the key before = is missing")
    return override


def _word(text: str, override: Override) -> Word:
    key: str = override.key_or_group
    if override.is_delete():
        return Word(text=text, kind="delete", key=key)
    if not override.is_sweep_override():
        return Word(text=text, kind="set", key=key, value=_plain(override.value()))
    sweep: Any = override.value()
    if isinstance(sweep, IntervalSweep):
        return Word(text=text, kind="interval", key=key, value=(sweep.start, sweep.end))
    if isinstance(sweep, Glob):
        return Word(text=text, kind="glob", key=key, value=sweep)
    return Word(text=text, kind="sweep", key=key, value=_swept(sweep))


def _swept(sweep: ChoiceSweep | RangeSweep) -> list[Any]:
    """Return the levels of a sweep in order.

    Raises:
        ValueError: they are no numbers, or too many to list.
    """
    if isinstance(sweep, RangeSweep):
        return _range_levels(sweep)
    return [_plain(value) for value in sweep.list]


def _range_levels(sweep: RangeSweep) -> list[Any]:
    start, stop, step = sweep.start, sweep.stop, sweep.step
    if start is None or stop is None or not step:
        raise ValueError("range(start, stop, step) needs numbers and a step other than 0")
    count = (stop - start) / step
    if not count <= _MOST_LEVELS:
        raise ValueError(f"has {count:g} levels; at most {_MOST_LEVELS:,} can be listed")
    return list(sweep.range())


def matching(glob: Glob, options: Iterable[str]) -> list[str]:
    """Return the options a `glob(...)` names."""
    return [
        option
        for option in options
        if any(fnmatch(option, pattern) for pattern in glob.include)
        and not any(fnmatch(option, pattern) for pattern in glob.exclude)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, QuotedString):
        return value.text
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, ChoiceSweep | RangeSweep):
        return _swept(value)
    if isinstance(value, Glob | IntervalSweep):
        raise ValueError("glob() and interval() stand alone, as in key=interval(1,2)")
    return [_plain(item) for item in value] if isinstance(value, list) else value
