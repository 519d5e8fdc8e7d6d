"""`run_study` calls the stages in the order that ARCHITECTURE.md tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.test_architecture_page import CODE, rows_of

FLOW = Path(__file__).resolve().parents[2] / "runner" / "study.py"


def calls_of(function: ast.FunctionDef, own: dict[str, ast.FunctionDef]) -> Iterator[str]:
    """Yield the functions that are called, as the text stands; `study.py`'s own are entered."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        if not isinstance(call.func, ast.Name):
            continue
        if call.func.id in own:
            yield from calls_of(own[call.func.id], own)
        else:
            yield call.func.id


def test_run_study_reads_as_the_flow() -> None:
    tree = ast.parse(FLOW.read_text(encoding="utf-8"))
    own = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    documented = [name for row in rows_of("The flow") for name in CODE.findall(row[2])]
    called = [name for name in calls_of(own["run_study"], own) if name in documented]
    assert list(dict.fromkeys(called)) == documented
