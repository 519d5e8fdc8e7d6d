"""Name the sources and variants of a run, in the order of their numbers in tables."""

from __future__ import annotations

from engines.idle_rpg.params import Params, enabled_tests
from engines.idle_rpg.rules import origin_sources


def source_names(params: Params) -> tuple[str, ...]:
    """Return the sources of all origins, those of events last."""
    return tuple(dict.fromkeys(origin_sources(params)))


def variant_names(params: Params) -> tuple[str, ...]:
    """Return the variants of all tests, in alphabetical order."""
    return tuple(sorted({v for test in enabled_tests(params).values() for v in test.variants}))
