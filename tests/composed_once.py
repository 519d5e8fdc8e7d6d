"""Compose each configuration once per test process."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from runner.config import hydra_compose
from runner.config.sources import Sources

Composed = tuple[dict[str, Any], dict[str, str]]
Compose = Callable[..., Composed]


def composed_once(compose: Compose) -> Compose:
    """Return `compose` with a memory; it forgets nothing and takes nothing for something else.

    What Hydra composes is decided by the choices and by the bytes of the files it may read, and
    those are the key. What is refused is not remembered.
    """
    known: dict[Any, Composed] = {}

    def remembered(
        sources: Sources, choices: Mapping[str, str], listed: Collection[str] = ()
    ) -> Composed:
        defaults = str(hydra_compose.DEFAULT_OPTIONS)
        key = (tuple(choices.items()), tuple(listed), defaults, _contents(sources))
        if key not in known:
            known[key] = compose(sources, choices, listed)
        return deepcopy(known[key])

    return remembered


def _contents(sources: Sources) -> tuple[tuple[Path, bytes], ...]:
    """Return every file of the sources' folders and groups with its bytes."""
    files = [
        root / group / f"{option}.yaml"
        for root in sources.roots
        for group, options in sources.groups.items()
        for option in options
    ]
    files += [file for root in sources.roots for file in root.glob("*.yaml")]
    return (
        *((r, b"") for r in sources.roots),
        *((f, f.read_bytes()) for f in files if f.is_file()),
    )
