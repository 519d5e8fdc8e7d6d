"""A user's configuration folder that holds what somebody else wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import Command, Ran

Attack = Callable[..., Ran]

HEAD = "# @package _global_\ndefaults: [{override /engine: linear_null}]\n"


@pytest.fixture
def mine(here: Path) -> Path:
    """An empty configuration folder outside the working directory."""
    folder = here.parent / "mine"
    (folder / "sweeps").mkdir(parents=True)
    return folder


@pytest.fixture
def attack(mine: Path, command: Command) -> Attack:
    """Return a function that writes a study file and gives a command to it."""

    def give(text: str, *words: str, head: str = HEAD, verb: str = "plan") -> Ran:
        (mine / "sweeps" / "theirs.yaml").write_text(head + text, encoding="utf-8")
        return command(verb, "--config-dir", str(mine), "sweeps=theirs", *words)

    return give
