"""Cut what a run holds into calls that MLflow accepts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

MOST_METRICS, MOST_PARAMS, MOST_TAGS = 800, 100, 100  # MLflow takes 1000 together in one call

T = TypeVar("T")
Metric = TypeVar("Metric")
Param = TypeVar("Param")
Tag = TypeVar("Tag")


def batches(
    metrics: Sequence[Metric], params: Sequence[Param], tags: Sequence[Tag]
) -> Iterator[tuple[Sequence[Metric], Sequence[Param], Sequence[Tag]]]:
    """Yield calls within MLflow's limits; the last of each kind is in the last call."""
    metric_parts = _chunks(metrics, MOST_METRICS)
    param_parts = _chunks(params, MOST_PARAMS)
    tag_parts = _chunks(tags, MOST_TAGS)
    count = max(len(metric_parts), len(param_parts), len(tag_parts))
    for place in range(-count, 0):
        yield _at(metric_parts, place), _at(param_parts, place), _at(tag_parts, place)


def _chunks(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _at(parts: list[Sequence[T]], place: int) -> Sequence[T]:
    return parts[place] if -place <= len(parts) else ()
