"""Name what changed between two plans of a study: configuration, code, inputs, environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from runner.config.tree import flat
from runner.contract import shown
from runner.store.environment import ENVIRONMENT, environment_record
from runner.store.integrity import Damage, read_json
from runner.store.ledger import Ledger
from runner.store.records import RunState

_MOST = 12
_UNIMPORTANT = ("executable", "cpu_count", "git_commit", "platform", "later")


def changes_between(old: Path, new: Path) -> list[str]:
    """Return one line per difference between two plan folders, `key: before -> after`.

    Folders that cannot be read have no differences to tell.
    """
    if not (old / "study.yaml").is_file() or old.resolve() == new.resolve():
        return []
    return _lines(_facts(old), _facts(new))


def _lines(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    keys = [k for k in dict.fromkeys([*before, *after]) if before.get(k) != after.get(k)]
    lines = [f"{key}: {_value(before, key)} -> {_value(after, key)}" for key in keys[:_MOST]]
    if len(keys) > _MOST:
        lines.append(f"and {len(keys) - _MOST} more")
    return lines


def change_notes(previous: Path, place: Path) -> tuple[str, ...]:
    """Return one remark that names the changes since the previous plan, if there are any."""
    changes = changes_between(previous, place)
    return (f"since plan {previous.name}: {'; '.join(changes)}",) if changes else ()


def environment_notes(place: Path) -> tuple[str, ...]:
    """Return one remark that names what is no longer as it was when a plan was first written."""
    known = read_json(place / ENVIRONMENT)
    changes = _lines(_environment(known), _environment(environment_record())) if known else []
    return (f"since this plan was made: {'; '.join(changes)}",) if changes else ()


def repair_notes(
    ledger: Ledger,
    damage: list[Damage],
    before: Mapping[str, RunState],
    after: Mapping[str, RunState],
) -> tuple[str, ...]:
    """Return remarks on what was damaged and on runs that now give other numbers."""
    notes = []
    if damage:
        files = "; ".join(str(d) for d in damage[:3]) + ("; ..." if len(damage) > 3 else "")  # noqa: PLR2004
        notes.append(f"{len(damage)} damaged part files, their runs were recomputed: {files}")
    if ledger.unreadable_lines:
        lines = ", ".join(map(str, ledger.unreadable_lines))
        notes.append(f"ledger lines {lines} were unreadable; their runs were recomputed")
    changed = [r for r, old in before.items() if _gives_other_numbers(old, after.get(r))]
    if changed:
        notes.append(
            f"{len(changed)} recomputed runs gave other numbers than before: the environment or "
            "an engine changed without a new version"
        )
    return tuple(notes)


def _gives_other_numbers(old: RunState, new: RunState | None) -> bool:
    if new is None or old.record.status != "done" or new.record.status != "done":
        return False
    return old.record.metrics_hash != new.record.metrics_hash


def _facts(place: Path) -> dict[str, Any]:
    """Return what can change numbers as flat keys: the study, then the environment."""
    try:
        study = yaml.safe_load((place / "study.yaml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        study = {}
    found = dict(flat(study)) if isinstance(study, Mapping) else {}
    return {**found, **_environment(read_json(place / ENVIRONMENT))}


def _environment(record: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in record.items() if key not in _UNIMPORTANT}
    return dict(flat({"environment": kept}))


def _value(facts: Mapping[str, Any], key: str) -> str:
    return shown(facts[key]) if key in facts else "(not set)"
