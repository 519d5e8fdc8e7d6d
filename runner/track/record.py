"""What is to stand in MLflow: plain data, made from the study folder, with a hash of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Status = Literal["FINISHED", "FAILED", "KILLED"]

KIND, PLAN_ID, GRID_INDEX, SYNCED_HASH = "kind", "plan_id", "grid_index", "synced_hash"
PLAN, CELL = "plan", "cell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A metric with a history.

    `steps`: int64 (n,), replicate index or period; `values`: float64 (n,), all finite.
    """

    steps: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One MLflow run as it should be.

    `values` are metrics with one value, `series` those with a history; `files` maps the names of
    artifacts to files, `texts` to their content; `seconds` is what its runs took to compute.
    """

    name: str
    status: Status
    seconds: float
    tags: Mapping[str, str]
    params: Mapping[str, str]
    values: Mapping[str, float] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """Hash of everything but `seconds`, which no two machines agree on."""
        digests = {name: _digest(file) for name, file in sorted(self.files.items())}
        plain: list[Any] = [
            self.name, self.status, sorted(self.tags.items()), sorted(self.params.items()),
            sorted((key, value.hex()) for key, value in self.values.items()), digests,
        ]  # fmt: skip
        plain += [sorted(self.texts.items())] if self.texts else []
        hasher = hashlib.blake2b(json.dumps(plain).encode(), digest_size=16)
        for key, series in sorted(self.series.items()):
            hasher.update(f"\n{key} {len(series.steps)}\n".encode())
            hasher.update(np.ascontiguousarray(series.steps, "<i8").tobytes())
            hasher.update(np.ascontiguousarray(series.values, "<f8").tobytes())
        return hasher.hexdigest()


def _digest(file: Path) -> str:
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
