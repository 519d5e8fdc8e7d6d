"""Whether another process gives the same numbers is told from what decides them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from runner.execute import alike
from runner.execute.alike import differences, facts_of_this_process

HERE: dict[str, Any] = {
    "python": "CPython 3.11.7",
    "packages": {"numpy": "2.4.6", "scipy": "1.17.1"},
    "features": ["AVX2", "SSE", "SSE2", "SSE3", "SSE41", "SSE42"],
    "files of engine taps": "aa",
}


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ({}, []),
        ({"python": "CPython 3.12.1"}, ["python CPython 3.12.1 instead of CPython 3.11.7"]),
        ({"packages": {"numpy": "2.3.0"}}, [
            "numpy 2.3.0 instead of 2.4.6", "scipy missing instead of 1.17.1",
        ]),
        ({"features": ["AVX2", "AVX512F", "SSE"]}, [
            "NumPy's CPU features: without SSE2 SSE3 SSE41 SSE42, with AVX512F",
        ]),
        ({"features": []}, ["NumPy's CPU features: without AVX2 SSE SSE2 SSE3 and 2 more"]),
        ({"files of engine taps": "bb"}, ["other files of engine taps"]),
    ],
)  # fmt: skip
def test_differences_are_named(there: dict[str, Any], told: list[str]) -> None:
    assert differences(HERE, {**HERE, **there}) == told


def test_this_process_is_like_itself() -> None:
    facts = facts_of_this_process("linear_null")
    assert differences(facts, facts) == []
    assert differences({**facts, "engine version": "9"}, facts) == [
        f"engine version {facts['engine version']} instead of 9"
    ]


def test_an_edited_engine_is_another_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "edited_engine"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "data.csv").write_text("1\n", encoding="utf-8")
    (package / "README.md").write_text("a\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()

    def digest() -> str:
        return alike._digest(alike._files("edited_engine", only_python=False))

    before = digest()
    (package / "README.md").write_text("b\n", encoding="utf-8")
    assert digest() == before
    (package / "data.csv").write_text("2\n", encoding="utf-8")
    assert digest() != before
