"""docs/notebooks.md does what it says: its blocks run in one notebook, in order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "notebooks.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_notebook_runs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    printed = ""
    for kind, text in BLOCK.findall(PAGE):
        if kind == "python":
            exec(compile(text, "docs/notebooks.md", "exec"), names)  # noqa: S102
            printed = capsys.readouterr().out
        else:
            assert printed == text
    assert names["effects"]["finding"].tolist() == ["better", "better"]
    listed = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert [name for name in listed if len(getattr(names["study"], name)) == 0] == [
        "acceptance",
        "draws",
    ]
