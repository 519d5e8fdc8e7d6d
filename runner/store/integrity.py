"""Find part files that are damaged, missing or left over, and take them out of the account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from runner.contract import StoreError
from runner.store.folder import METRICS, StudyFolder
from runner.store.ledger import PartFile, RunState
from runner.store.parts import file_digest


@dataclass(frozen=True, slots=True)
class Damage:
    """One part file that is not what the ledger says, and what is wrong with it."""

    table: str
    part: str
    what: str

    def __str__(self) -> str:
        return f"{self.table}/{self.part}.parquet: {self.what}"


def find_damage(folder: StudyFolder, states: Mapping[str, RunState], *, deep: bool) -> list[Damage]:
    """Return the part files that are missing or of another size; `deep` also reads their bytes."""
    found = []
    for table, file in _referenced(states):
        what = _what_is_wrong(folder.part_file(table, file.part), file, deep=deep)
        if what:
            found.append(Damage(table, file.part, what))
    return found


def _referenced(states: Mapping[str, RunState]) -> list[tuple[str, PartFile]]:
    pairs = {(table, file) for state in states.values() for table, file in state.parts.items()}
    return sorted(pairs, key=lambda pair: (pair[0], pair[1].part))


def _what_is_wrong(path: Path, file: PartFile, *, deep: bool) -> str:
    try:
        size = path.stat().st_size
        if size != file.size:
            return f"holds {size} bytes instead of {file.size}"
        if deep and file_digest(path)[1] != file.digest:
            return "its content has changed"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return ""


def without_damage(states: Mapping[str, RunState], damage: list[Damage]) -> dict[str, RunState]:
    """Return the states with damaged files taken out; done runs without metrics are missing."""
    bad = {(d.table, d.part) for d in damage}
    sound = {}
    for run_id, state in states.items():
        parts = {t: f for t, f in state.parts.items() if (t, f.part) not in bad}
        if state.record.status != "done" or METRICS in parts:
            sound[run_id] = replace(state, parts=parts) if len(parts) < len(state.parts) else state
    return sound


def remove_leftovers(folder: StudyFolder, states: Mapping[str, RunState]) -> int:
    """Delete temporary files and parts that the ledger does not know; return how many.

    Only safe while the study is locked: nobody else is writing.

    Raises:
        StoreError: a file cannot be deleted.
    """
    known = {folder.part_file(table, file.part) for table, file in _referenced(states)}
    leftovers = [f for f in folder.parts.glob("*/*") if f not in known]
    leftovers += list(folder.root.glob("plans/*/.*.tmp")) + list(folder.root.glob(".latest-*"))
    try:
        for file in leftovers:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"cannot delete left-over {error.filename}: {error.strerror}") from error
    return len(leftovers)


def wrong_checksums(place: Path) -> list[str]:
    """Return the plan folder's files that SHA256SUMS no longer describes."""
    import hashlib

    sums = place / "SHA256SUMS"
    if not sums.is_file():
        return ["SHA256SUMS is missing: the plan has not been finished"]
    found = []
    for line in sums.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        try:
            with open(place / name, "rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
                    found.append(f"{name}: its content has changed")
        except OSError:
            found.append(f"{name}: is missing")
    return found


def read_json(file: Path) -> dict[str, object]:
    """Return a JSON file's object, empty when the file is not there or not whole."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
