"""What a user asks for, before anything is composed: words of Hydra's grammar, or a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRequest:
    """Overrides from the command line, a study given as data, and the user's config folder."""

    words: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    config_dir: Path | None = None


def request_from_mapping(
    study: Mapping[str, Any], *, config_dir: Path | str | None = None
) -> StudyRequest:
    """Return the request for a study given as data, shaped like a file in `sweeps/`.

    Keys may be nested or dotted; the name of a configuration group (`engine`, `mix`) with a text
    value chooses an option of that group.
    """
    folder = Path(config_dir) if config_dir is not None else None
    return StudyRequest(data=dict(study), config_dir=folder)
