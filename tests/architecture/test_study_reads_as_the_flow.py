"""`run_study` calls the stages in the order that ARCHITECTURE.md tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.test_architecture_page import CODE, rows_of

FLOW = Path(__file__).resolve().parents[2] / "runner" / "study.py"


def calls_in(node: ast.AST, own: dict[str, ast.FunctionDef]) -> Iterator[str]:
    """Yield the functions called, arguments before their call; `study.py`'s own are entered."""
    for child in ast.iter_child_nodes(node):
        yield from calls_in(child, own)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in own:
            yield from calls_in(own[node.func.id], own)
        else:
            yield node.func.id


def test_run_study_reads_as_the_flow() -> None:
    tree = ast.parse(FLOW.read_text(encoding="utf-8"))
    own = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    documented = [name for row in rows_of("The flow") for name in CODE.findall(row[2])]
    called = [name for name in calls_in(own["run_study"], own) if name in documented]
    assert list(dict.fromkeys(called)) == documented
