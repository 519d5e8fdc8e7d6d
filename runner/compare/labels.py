"""Name dotted paths by as little of them as tells them apart."""

from __future__ import annotations

from collections.abc import Sequence


def short_labels(paths: Sequence[str]) -> dict[str, str]:
    """Return for each dotted path its shortest ending that no other path shares."""
    return {path: _shortest_ending(path, paths) for path in paths}


def _shortest_ending(path: str, paths: Sequence[str]) -> str:
    segments = path.split(".")
    for count in range(1, len(segments)):
        ending = ".".join(segments[-count:])
        if not any(p != path and f".{p}".endswith(f".{ending}") for p in paths):
            return ending
    return path
