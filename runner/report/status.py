"""Tell how far a study is, from its folder alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.contract import StoreError, nearest
from runner.store import Ledger, StudyFolder
from runner.store.calibrations import calibrations_in, is_finished, unfinished_calibration
from runner.store.folder import METRICS
from runner.store.integrity import find_damage, read_json
from runner.store.records import NewestRecord

Records = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyStatus:
    """Counts of one plan: planned, done, failed and remaining runs; failures by error.

    `calibrations` counts those of the study, finished and unfinished. Runs of their trials belong
    to no plan, but for those of the best one.
    """

    study: str
    plan_id: str
    folder: Path
    runs: Mapping[str, int]
    errors: Mapping[str, int]
    verdict: str
    results_hash: str | None
    cpu_seconds_left: float
    damaged_files: int
    calibrations: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return the status as plain data."""
        return {
            "study": self.study,
            "plan_id": self.plan_id,
            "folder": str(self.folder),
            "runs": dict(self.runs),
            "errors": dict(self.errors),
            "verdict": self.verdict,
            "results_hash": self.results_hash,
            "cpu_seconds_left": self.cpu_seconds_left,
            "damaged_files": self.damaged_files,
            "calibrations": dict(self.calibrations),
        }


def find_plan(outputs: Path, named: str) -> Path:
    """Return the folder of a plan named by study, plan id, path, or `latest`.

    Raises:
        StoreError: nothing of that name exists; the known studies are listed.
    """
    candidates = [Path(named), outputs / named]
    if named == "latest":
        links = sorted(outputs.glob("*/latest"), key=lambda link: link.lstat().st_mtime)
        candidates = links[-1:]
    else:
        candidates += sorted(outputs.glob(f"*/plans/{named[:12]}"))
    for candidate in candidates:
        for place in (candidate / "latest", candidate):
            if any((place / name).is_file() for name in ("study.json", "plan.parquet")):
                return place.resolve()
    if (begun := unfinished_calibration(outputs, named)) is not None:
        study = begun.parent.parent.name
        raise StoreError(
            f"study {study} has no plan yet, only calibration {begun.name}, "
            f"which was not finished: `python -m runner resume {named}` finishes it"
        )
    known = sorted(link.parent.name for link in outputs.glob("*/latest"))
    hint = nearest(named, known) or (f"; studies there: {', '.join(known)}" if known else "")
    raise StoreError(f"no study or plan '{named}' in {outputs.absolute()}{hint}")


def read_status(place: Path) -> StudyStatus:
    """Return the status of the plan in a folder.

    Raises:
        StoreError: the ledger or the plan cannot be read.
    """
    from runner.store.planned import planned_runs

    folder = StudyFolder(root=place.parent.parent)
    plan_id, run_ids = planned_runs(place)
    every = Ledger(folder.ledger_file).newest()
    own = {run_id: every[run_id] for run_id in run_ids if run_id in every}
    damage = find_damage(folder, own, deep=False)
    lost = {d.part for d in damage if d.table == METRICS}
    states = {i: run.record for i, run in own.items() if not _is_lost(run, lost)}
    summary: dict[str, Any] = read_json(place / "run_summary.json")
    status = [states[r]["status"] if r in states else "remaining" for r in run_ids]
    counts = Counter(status)
    is_complete = not counts["remaining"] and bool(summary)
    return StudyStatus(
        study=folder.root.name,
        plan_id=plan_id,
        folder=place,
        runs={
            "planned": len(run_ids), "done": counts["done"], "failed": counts["failed"],
            "timeout": counts["timeout"], "remaining": counts["remaining"],
        },
        damaged_files=len(damage),
        errors=_errors(run_ids, states),
        verdict=summary.get("verdict", "not_evaluated") if is_complete else "not_evaluated",
        results_hash=summary.get("results_hash") if is_complete else None,
        cpu_seconds_left=_cpu_seconds_left(run_ids, states),
        calibrations=_calibrations(folder.root),
    )  # fmt: skip


def _calibrations(root: Path) -> dict[str, int]:
    ended = [is_finished(place) for place in calibrations_in(root)]
    return {"finished": sum(ended), "unfinished": len(ended) - sum(ended)}


def _is_lost(run: NewestRecord, lost: set[str]) -> bool:
    """Tell whether a run that was done has lost its metrics, and has to be done again."""
    return run.record["status"] == "done" and run.parts[METRICS].part in lost


def _errors(run_ids: list[str], states: Records) -> dict[str, int]:
    failed = [states[r] for r in run_ids if r in states and states[r]["status"] != "done"]
    texts = Counter(f"{r.get('error_type', '')}: {r.get('error', '')}" for r in failed)
    return dict(texts.most_common())


def _cpu_seconds_left(run_ids: list[str], states: Records) -> float:
    """Return CPU seconds left, from the mean of the runs that have ended; 0 where none has."""
    ended = [states[r].get("cpu_seconds", 0.0) for r in run_ids if r in states]
    counted_ones = [seconds for seconds in ended if seconds > 0]
    left = len(run_ids) - len(ended)
    return round(left * sum(counted_ones) / len(counted_ones), 3) if counted_ones else 0.0
