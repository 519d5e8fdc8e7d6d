"""Read command-line words in Hydra's override grammar."""

from __future__ import annotations

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

WordKind = Literal["set", "sweep", "interval", "delete", "glob"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One override: `key=value` (set), several values (sweep), `interval(a,b)`, `~key`, glob."""

    text: str
    kind: WordKind
    key: str
    value: Any = None


def read_words(texts: Iterable[str]) -> tuple[list[Word], list[Problem]]:
    """Return the words that follow the grammar, and a problem for each that does not."""
    words, problems = [], []
    parser = OverridesParser.create()
    for text in texts:
        try:
            words.append(_word(text, parser.parse_override(text)))
        except HydraException as error:
            reason = " ".join(str(error).split())
            problems.append(
                Problem(
                    f"'{text}'", "", f"is not an override such as key=value or key=1,2 ({reason})"
                )
            )
    return words, problems


def read_levels(text: str) -> list[Any]:
    """Return the levels written as `1,2,3` or `range(6,25,6)`; one value gives one level.

    Raises:
        HydraException: the text does not follow the grammar.
    """
    word = _word(text, OverridesParser.create().parse_override(f"level={text}"))
    return word.value if word.kind == "sweep" else [word.value]


def _word(text: str, override: Override) -> Word:
    key = override.key_or_group
    if override.is_delete():
        return Word(text=text, kind="delete", key=key)
    if not override.is_sweep_override():
        return Word(text=text, kind="set", key=key, value=_plain(override.value()))
    sweep = override.value()
    if isinstance(sweep, IntervalSweep):
        return Word(text=text, kind="interval", key=key, value=(sweep.start, sweep.end))
    if isinstance(sweep, Glob):
        return Word(text=text, kind="glob", key=key, value=sweep)
    if isinstance(sweep, ChoiceSweep | RangeSweep) and sweep.shuffle:
        raise HydraException("shuffle() is random; list the levels in the order you want")
    levels = [_plain(v) for v in override.sweep_iterator(transformer=lambda value: value)]
    return Word(text=text, kind="sweep", key=key, value=levels)


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
    return [_plain(item) for item in value] if isinstance(value, list) else value
