"""What the recording process is asked and answers, as JSON on its standard input and output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Plan folders to record, and the MLflow address to record them at."""

    places: tuple[Path, ...]
    uri: str

    def as_json(self) -> dict[str, Any]:
        """Return the request as plain data."""
        return {"places": [str(place) for place in self.places], "uri": self.uri}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One plan as it now stands in MLflow.

    `written` cells were new or had changed, `unchanged` ones were left alone, `removed` counts
    outdated runs that were deleted.
    """

    plan_id: str
    folder: str
    experiment: str
    experiment_id: str
    run_id: str
    written: int
    unchanged: int
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was recorded, and why the rest was not (empty when all was)."""

    recorded: tuple[Recorded, ...]
    error: str = ""


def read_request(document: dict[str, Any]) -> Request:
    """Return the request in a JSON document."""
    return Request(places=tuple(map(Path, document["places"])), uri=document["uri"])


def read_reply(document: dict[str, Any]) -> Reply:
    """Return the reply in a JSON document."""
    recorded: Sequence[dict[str, Any]] = document["recorded"]
    return Reply(recorded=tuple(Recorded(**r) for r in recorded), error=document["error"])
