"""What tests of the command line share: what a command came to, and a package with an engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BRITTLE = Path(__file__).parent / "end_to_end" / "brittle_package"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def folder(self) -> Path:
        return Path(self.document["folder"])


Command = Callable[..., Ran]
