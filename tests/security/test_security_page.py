"""docs/security.md names every test in this folder, and each test it names exists."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = (HERE.parents[1] / "docs" / "security.md").read_text(encoding="utf-8")


def test_page_and_tests_correspond() -> None:
    named = Counter(re.findall(r"`(test_\w+)`", PAGE))
    written = {
        node.name
        for file in HERE.glob("test_*.py")
        if file != Path(__file__).resolve()
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    assert set(named) == written
    assert set(named.values()) == {1}


def test_every_promise_has_a_test() -> None:
    promised = PAGE.partition("## What is promised")[2].partition("## What is not promised")[0]
    rows = [line for line in promised.splitlines() if line.startswith("| ")]
    claims = [row for row in rows if not row.startswith("| promise")]
    assert claims
    assert all("`test_" in row for row in claims)
