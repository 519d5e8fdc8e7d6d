"""Give cells, runs and plans names made of their content, equal on any machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runner.contract import Leaf

_BYTES = 16
_as_json = json.JSONEncoder(separators=(",", ":")).encode


def digest(*parts: Any) -> str:
    """Return the hash of plain data as 32 hexadecimal digits."""
    text = json.dumps(parts, separators=(",", ":"), allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=_BYTES).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamText:
    """A parameter set as canonical lines `path=value`, quick to change in a few places.

    Values of parameters that name input files are replaced by the content hash, so that where a
    file lies changes no id.
    """

    lines: tuple[str, ...]
    place: Mapping[str, int]

    def replaced(self, values: Mapping[str, Any]) -> str:
        """Return the canonical text with the given leaves replaced."""
        if not values:
            return "\n".join(self.lines)
        lines = list(self.lines)
        for path, value in values.items():
            lines[self.place[path]] = _line(path, value)
        return "\n".join(lines)


def param_text(leaves: Mapping[str, Leaf], digests: Mapping[str, str]) -> ParamText:
    """Return the canonical text of a parameter set, given by its leaves."""
    values = {path: leaf.value for path, leaf in leaves.items()}
    values |= {path: {"sha256": content} for path, content in digests.items()}
    lines = tuple(_line(path, value) for path, value in values.items())
    return ParamText(lines=lines, place={path: i for i, path in enumerate(values)})


def _line(path: str, value: Any) -> str:
    return f"{path}={_as_json(value)}"


def prepare_key(engine: str, version: str, horizon: int, params: str) -> str:
    """Return the name of a prepared parameter set."""
    return _hashed("prepare", engine, version, str(horizon), params)


def run_id(prepared: str, source_text: str, replicate: int, mc: int = 0) -> str:
    """Return the id of a run: its prepared parameters, its source of randomness, its replicate.

    `mc` counts the draws of chance that one replicate's variables meet.
    """
    return _hashed("run", prepared, source_text, str(replicate), *([f"mc {mc}"] if mc else []))


def _hashed(*texts: str) -> str:
    return hashlib.blake2b("\x00".join(texts).encode(), digest_size=_BYTES).hexdigest()


def plan_id(engine: str, control: str | None, rows: Iterable[Any]) -> str:
    """Return the id of a plan from its cells' labels and run ids, in order."""
    hasher = hashlib.blake2b(digest_size=_BYTES)
    hasher.update(json.dumps(["plan", engine, control]).encode())
    for row in rows:
        hasher.update(_as_json(row).encode())
    return hasher.hexdigest()
