"""What a user asks for, before anything is composed: words of Hydra's grammar, or a mapping."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType
from typing import Any

from runner.contract import ConfigError, Problem, shown


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
    value chooses an option of that group. Numbers and arrays of numpy and pandas, ranges, paths
    and dates count as what a file would hold in their place.

    Raises:
        ConfigError: the study is no mapping.
    """
    if not isinstance(study, Mapping):
        allowed = "must be a mapping shaped like a study file, such as {'engine': 'taps'}"
        raise ConfigError([Problem("study", shown(study), allowed)])
    folder = Path(config_dir) if config_dir is not None else None
    return StudyRequest(data=_as_written(study), config_dir=folder)


def _as_written(value: Any) -> Any:
    """Return what a YAML file would hold for a value of Python."""
    if type(value) in (str, bool, int, float, NoneType):
        return value
    if isinstance(value, Mapping):
        return {key: _as_written(item) for key, item in value.items()}
    if isinstance(value, list | tuple | range):
        return [_as_written(item) for item in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    plain = getattr(value, "tolist", None)  # numbers, arrays and columns of numpy and pandas
    return _as_written(plain()) if callable(plain) else value
