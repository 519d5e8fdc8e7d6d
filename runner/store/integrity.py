"""Find part files that are damaged, missing or left over, and take them out of the account."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from runner.contract import StoreError
from runner.store.folder import METRICS, StudyFolder, write_text
from runner.store.records import PartFile, RunState
from runner.store.table_file import file_digest

SUMS = "SHA256SUMS"
CHANGED = "its content has changed"
UNLISTED = f"is not listed in {SUMS}"


@dataclass(frozen=True, slots=True)
class Damage:
    """One part file that is not what the ledger says, and what is wrong with it."""

    table: str
    part: str
    what: str

    def __str__(self) -> str:
        return f"{self.table}/{self.part}.parquet: {self.what}"


class InParts(Protocol):
    """Something that lies in part files, by table."""

    @property
    def parts(self) -> dict[str, PartFile]:
        """The file of each table."""


def find_damage(folder: StudyFolder, states: Mapping[str, InParts], *, deep: bool) -> list[Damage]:
    """Return the part files that are missing or of another size; `deep` also reads their bytes."""
    found = []
    for table, file in _referenced(states):
        what = _what_is_wrong(folder.part_file(table, file.part), file, deep=deep)
        if what:
            found.append(Damage(table, file.part, what))
    return found


def _referenced(states: Mapping[str, InParts]) -> list[tuple[str, PartFile]]:
    distinct = {id(state.parts): state.parts for state in states.values()}  # runs share them
    pairs = {(table, file) for parts in distinct.values() for table, file in parts.items()}
    return sorted(pairs, key=lambda pair: (pair[0], pair[1].part))


def _what_is_wrong(path: Path, file: PartFile, *, deep: bool) -> str:
    try:
        size = path.stat().st_size
        if size != file.size:
            return f"holds {size} bytes instead of {file.size}"
        if deep and file_digest(path)[1] != file.digest:
            return CHANGED
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return ""


def without_damage(states: Mapping[str, RunState], damage: list[Damage]) -> dict[str, RunState]:
    """Return the states with damaged files taken out; done runs without metrics are missing."""
    bad = {(d.table, d.part) for d in damage}
    if not bad:
        return dict(states)
    sound = {}
    for run_id, state in states.items():
        parts = {t: f for t, f in state.parts.items() if (t, f.part) not in bad}
        if state.record.status != "done" or METRICS in parts:
            sound[run_id] = replace(state, parts=parts) if len(parts) < len(state.parts) else state
    return sound


def remove_leftovers(
    folder: StudyFolder, states: Mapping[str, RunState], damage: Sequence[Damage] = ()
) -> int:
    """Delete temporary files, damaged parts and those the ledger does not know; return how many.

    `states` are those of all plans. Only safe while the study is locked: nobody else is writing.

    Raises:
        StoreError: a file cannot be deleted.
    """
    known = {folder.part_file(table, file.part) for table, file in _referenced(states)}
    known -= {folder.part_file(d.table, d.part) for d in damage}
    leftovers = [f for f in folder.parts.glob("*/*") if f not in known]
    for pattern in ("runs/.*.tmp", "plans/*/.*.tmp", ".latest-*"):
        leftovers += folder.root.glob(pattern)
    try:
        for file in leftovers:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"cannot delete left-over {error.filename}: {error.strerror}") from error
    return len(leftovers)


def wrong_checksums(place: Path) -> dict[str, str]:
    """Return the plan folder's files that SHA256SUMS does not describe, and what is wrong."""
    sums = _checksums(place)
    if sums is None:
        return {SUMS: "is missing: the plan has not been finished"}
    present = [f.name for f in place.iterdir() if f.is_file() and not f.name.startswith(".")]
    wrong = {name: UNLISTED for name in present if name not in (*sums, SUMS)}
    for name, digest in sums.items():
        try:
            if sha256(place / name) != digest:
                wrong[name] = CHANGED
        except OSError:
            wrong[name] = "is missing"
    if not wrong and _sums_text(sums) != (place / SUMS).read_text(encoding="utf-8"):
        return {SUMS: CHANGED}
    return wrong


def _checksums(place: Path) -> dict[str, str] | None:
    try:
        lines = (place / SUMS).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def write_checksums(place: Path) -> None:
    """Write SHA256SUMS over the plan folder's files, in the format of `sha256sum`."""
    names = sorted(p.name for p in place.iterdir() if p.is_file() and not p.name.startswith("."))
    write_text(place / SUMS, _sums_text({n: sha256(place / n) for n in names if n != SUMS}))


def replace_checksum(place: Path, name: str) -> None:
    """Bring one file's line of SHA256SUMS up to date; the other lines stay as they are.

    A file that is gone loses its line. Without SHA256SUMS nothing happens: the plan is not
    finished.
    """
    sums = _checksums(place)
    if sums is None:
        return
    others = {known: digest for known, digest in sums.items() if known != name}
    own = {name: sha256(place / name)} if (place / name).is_file() else {}
    write_text(place / SUMS, _sums_text(dict(sorted({**others, **own}.items()))))


def _sums_text(sums: Mapping[str, str]) -> str:
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


def sha256(file: Path) -> str:
    """Return the hash of a file's content that `sha256sum` shows."""
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_json(file: Path) -> dict[str, object]:
    """Return a JSON file's object, empty when the file is not there or not whole."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
