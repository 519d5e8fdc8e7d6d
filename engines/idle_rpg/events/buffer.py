"""Hold the events of one type as columns, joined and narrowed many calls at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.order import AGENT_SHIFT
from engines.idle_rpg.lookup import Ints

Values: TypeAlias = "NDArray[Any] | float | bool"
_ENOUGH = 32_768  # rows worth the calls of joining them
_INT64, _INT8 = np.dtype(np.int64), np.dtype(np.int8)
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
    """Events (n,) of many calls, in order of their keys unless said otherwise.

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
        """Return the events at `rows`."""
        return self._each(lambda values: values.take(rows))

    def cut(self, start: int, end: int) -> Joined:
        """Return the events at start, ..., end - 1, in the same memory."""
        return self._each(lambda values: values[start:end])

    def _each(self, act: Callable[[NDArray[Any]], NDArray[Any]]) -> Joined:
        return Joined(
            keys=act(self.keys), at=act(self.at), marks=act(self.marks),
            columns={name: act(values) for name, values in self.columns.items()},
            times=None if self.times is None else act(self.times),
        )  # fmt: skip


@dataclass(slots=True)
class Buffer:
    """Events of one type, as pieces of many calls each.

    `kinds` are the types of its own columns; if it `repeats`, one event may stand for several.
    `size` is the number of all that they stand for.
    """

    kinds: Mapping[str, np.dtype[Any]]
    repeats: bool = False
    parts: list[Part] = field(default_factory=list)
    waiting: int = 0
    pieces: list[Joined] = field(default_factory=list)
    size: int = 0

    def append(self, part: Part) -> None:
        """Add events.

        Raises:
            OverflowError: a number does not fit its column.
        """
        self.parts.append(part)
        self.waiting += part.who.size
        if self.waiting >= _ENOUGH or len(self.parts) >= _MANY:
            self.join()

    def join(self) -> None:
        """Put the calls that wait together into a piece.

        Raises:
            OverflowError: a number does not fit its column.
        """
        parts, self.parts, self.waiting = self.parts, [], 0
        if not parts:
            return
        piece = _joined(parts, self.kinds, self.repeats)
        self.pieces.append(piece)
        self.size += piece.keys.size if piece.times is None else int(piece.times.sum())

    def by_agents(self, edges: Ints) -> Iterator[Joined]:
        """Give the events of agents from row `edges[0]` up to `edges[1]`, and so on, if any."""
        cuts = [np.searchsorted(piece.keys, edges << AGENT_SHIFT).tolist() for piece in self.pieces]
        for index in range(edges.size - 1):
            some = [
                piece.cut(cut[index], cut[index + 1])
                for piece, cut in zip(self.pieces, cuts, strict=True)
                if cut[index] < cut[index + 1]
            ]
            if some:
                yield _whole(some)


def _joined(parts: list[Part], kinds: Mapping[str, np.dtype[Any]], repeats: bool) -> Joined:
    """Return the events of calls in order of their keys."""
    sizes = [part.who.size for part in parts]
    keys = np.concatenate([part.who for part in parts])
    keys <<= AGENT_SHIFT
    keys += _spread([part.place for part in parts], sizes, _INT64)
    keys += _spread([part.when for part in parts], sizes, _INT64)
    columns = {
        name: _narrow(name, _spread([part.columns[name] for part in parts], sizes, kind), kind)
        for name, kind in kinds.items()
    }
    at = np.concatenate([part.at for part in parts]).astype(np.int32)
    marks = np.concatenate([part.marks for part in parts])
    times = None
    if repeats:
        numbers = [1 if part.times is None else part.times for part in parts]
        times = _narrow("times", _spread(numbers, sizes, _INT8), _INT8)
    return Joined(keys, at, marks, columns, times).some(np.argsort(keys, kind="stable"))


def _whole(pieces: list[Joined]) -> Joined:
    """Return the events of all pieces one after the other."""
    first = pieces[0]
    return Joined(
        keys=np.concatenate([piece.keys for piece in pieces]),
        at=np.concatenate([piece.at for piece in pieces]),
        marks=np.concatenate([piece.marks for piece in pieces]),
        columns={
            name: np.concatenate([piece.columns[name] for piece in pieces])
            for name in first.columns
        },
        times=None if first.times is None else np.concatenate(
            [piece.times for piece in pieces if piece.times is not None]),
    )  # fmt: skip


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
    fits = values.min() >= _LEAST and values.max() <= _MOST
    return values.astype(np.int32) if fits else values
