"""docs/randomness.md points at files that exist, and its orderings are those of the battery."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "randomness.md").read_text(encoding="utf-8")
BATTERY = (ROOT / "tests" / "benchmarks" / "testu01" / "battery.c").read_text(encoding="utf-8")


def test_paths_on_the_page_exist() -> None:
    paths = set(re.findall(r"\b(?:tests|runner)/[\w/]+(?:\.py|\.c|\.sh)?", PAGE))
    assert len(paths) > 8
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_orderings_on_the_page_are_those_of_the_battery() -> None:
    table = PAGE.partition("| ordering | what the battery reads |")[2].partition("\n\n")[0]
    on_page = {name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line)}
    assert on_page == set(re.findall(r'\{"(\w+)", by_\w+\}', BATTERY))
