"""Hold the events of one type as columns, joined and narrowed many calls at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.order import AGENT_SHIFT
from engines.idle_rpg.lookup import Ints

Values: TypeAlias = "NDArray[Any] | float | bool"
_ENOUGH = 16_384  # rows worth the calls of joining them
_ENVELOPE = ("event keys", "event seconds", "event marks")  # no column of a type is called so
_TIMES = "event times"
_INT8 = np.dtype(np.int8)
_LEAST, _MOST = np.iinfo(np.int32).min, np.iinfo(np.int32).max
_MANY = 256  # calls whose objects are better joined, however few their rows


class Part(NamedTuple):
    """Events (m,) of one call: rows of agents, place and moment, seconds, marks, own columns.

    `times`: how many events in a row each stands for, see `runs`; None where it is one.
    """

    who: Ints
    place: Ints | int
    when: Ints | int
    at: Ints
    marks: Ints
    columns: Mapping[str, Values]
    times: Ints | None = None


class Joined(NamedTuple):
    """Events (n,) of many calls.

    `keys`: int64, row * 2^30 + age * 2^21 + event_order; `at`: int32, seconds since midnight of
    the install day; `marks`: int64, see `EventLog.marks`; `columns`: the type's own; `times`:
    int8, how many events each stands for, None where all stand for one.
    """

    keys: Ints
    at: NDArray[np.int32]
    marks: Ints
    columns: dict[str, NDArray[Any]]
    times: NDArray[np.int8] | None = None

    def some(self, rows: Ints) -> Joined:
        """Return the events at `rows`, without what they stand for."""
        columns = {name: values.take(rows) for name, values in self.columns.items()}
        return Joined(self.keys.take(rows), self.at.take(rows), self.marks.take(rows), columns)


@dataclass(slots=True)
class Buffer:
    """Events of one type in the order they happened.

    `kinds` are the types of its own columns; if it `repeats`, one may stand for several.
    """

    kinds: Mapping[str, np.dtype[Any]]
    repeats: bool = False
    parts: list[Part] = field(default_factory=list)
    joined: list[dict[str, NDArray[Any]]] = field(default_factory=list)
    waiting: int = 0

    def append(self, part: Part) -> None:
        """Add events.

        Raises:
            OverflowError: a number does not fit its column.
        """
        self.parts.append(part)
        self.waiting += part.who.size
        if self.waiting >= _ENOUGH or len(self.parts) >= _MANY:
            self._join()

    def take(self) -> Joined | None:
        """Return all events and forget them; None without any.

        Raises:
            OverflowError: a number does not fit its column.
        """
        if self.parts:
            self._join()
        all_of, self.joined = self.joined, []
        if not all_of:
            return None
        names = list(all_of[0])  # pieces are given up column by column: memory peaks here
        whole = {name: np.concatenate([one.pop(name) for one in all_of]) for name in names}
        keys, at, marks = (whole.pop(name) for name in _ENVELOPE)
        times = whole.pop(_TIMES, None)
        return Joined(keys, at, marks, whole, times)

    def _join(self) -> None:
        parts, self.parts, self.waiting = self.parts, [], 0
        sizes = [part.who.size for part in parts]
        keys = np.concatenate([part.who for part in parts])
        keys <<= AGENT_SHIFT
        keys += _spread([part.place for part in parts], sizes, np.dtype(np.int64))
        keys += _spread([part.when for part in parts], sizes, np.dtype(np.int64))
        columns = {
            name: _narrow(name, _spread([part.columns[name] for part in parts], sizes, kind), kind)
            for name, kind in self.kinds.items()
        }
        at = np.concatenate([part.at for part in parts]).astype(np.int32)
        marks = np.concatenate([part.marks for part in parts])
        if self.repeats:
            times = [1 if part.times is None else part.times for part in parts]
            columns[_TIMES] = _narrow(_TIMES, _spread(times, sizes, _INT8), _INT8)
        self.joined.append(dict(zip(_ENVELOPE, (keys, at, marks), strict=True)) | columns)


def _spread(values: Sequence[Values], sizes: Sequence[int], kind: np.dtype[Any]) -> NDArray[Any]:
    """Return values of parts one after the other, numbers repeated to the size of their part.

    If all are numbers, the result is of the kind wanted.
    """
    if not any(isinstance(value, np.ndarray) for value in values):
        return np.repeat(np.asarray(values, dtype=kind), sizes)
    arrays = [
        value if isinstance(value, np.ndarray) else np.full(size, value)
        for value, size in zip(values, sizes, strict=True)
    ]
    return np.concatenate(arrays)


def _narrow(name: str, values: NDArray[Any], wanted: np.dtype[Any]) -> NDArray[Any]:
    """Return values in the type wanted, long whole numbers in half of it where all fit."""
    if values.dtype == wanted:
        return _halved(values) if wanted == np.int64 else values
    narrow = values.astype(wanted)
    if (narrow != values).any():
        low, high = values.min(), values.max()
        raise OverflowError(f"column {name}: {low} to {high} do not fit {wanted}")
    return narrow


def _halved(values: NDArray[np.int64]) -> NDArray[np.integer]:
    fits = _LEAST <= values.min() and values.max() <= _MOST
    return values.astype(np.int32) if fits else values
