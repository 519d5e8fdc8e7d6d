"""Make the MLflow run of a plan: everything needed to find it, judge it and repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.contract import shown
from runner.store.finished import FinishedPlan
from runner.track.figures import figures_of
from runner.track.names import LONGEST_PARAM, clipped, safe_key
from runner.track.record import KIND, PLAN, PLAN_ID, Record, Status

_NOTE = "mlflow.note.content"
_TABLES = ".parquet"
JUDGED = ("verdict_", "exceptions_", "broken_checks")  # tags that may go when results change


def plan_record(plan: FinishedPlan) -> Record:
    """Return the record of a plan.

    Its artifacts are the plan folder's files but the tables, and the figures of its page.
    """
    return Record(
        name=f"plan {plan.summary['plan_id'][:12]}",
        status=_status(plan),
        seconds=float(plan.runs["seconds"].sum()),
        tags={safe_key(key): clipped(text) for key, text in _tags(plan).items()},
        params={safe_key(key): clipped(text, LONGEST_PARAM) for key, text in _params(plan).items()},
        files=_files(plan.place),
        texts=figures_of(plan.place / "report.html"),
    )


def _status(plan: FinishedPlan) -> Status:
    counts = plan.counts()
    if counts["failed"] or counts["timeout"]:
        return "FAILED"
    return "FINISHED" if counts["done"] == counts["planned"] else "KILLED"


def _tags(plan: FinishedPlan) -> dict[str, str]:
    summary, document = plan.summary, plan.study.document
    found = {
        KIND: PLAN,
        PLAN_ID: summary["plan_id"],
        "study": plan.study.name,
        "question": plan.study.question,
        "seed": str(document["seed"]),
        "results_hash": summary["results_hash"],
        "engine": plan.study.engine,
        "engine_version": str(document["engine_version"]),
        "git_commit": str(plan.environment.get("git_commit") or "unknown"),
        "command": shlex.join(plan.invocation.get("command", [])),
        "verdict": summary["verdict"],
        "cells": str(len(plan.cells)),
        **{f"runs_{name}": str(count) for name, count in plan.counts().items()},
        **_judged(summary.get("acceptance", {})),
    }
    commit = str(plan.environment.get("git_commit") or "").rstrip("+")
    return {
        **found,
        **({"mlflow.source.git.commit": commit} if commit else {}),
        "mlflow.source.name": "cohortsweep",
        "mlflow.source.type": "PROJECT",
        _NOTE: _note(plan, found),
    }


def _judged(acceptance: Mapping[str, Any]) -> dict[str, str]:
    """Return each rule's verdict, the exceptions with their motivations, and broken checks."""
    found = {f"verdict_{rule}": verdict for rule, verdict in acceptance.get("rules", {}).items()}
    for kind in ("exceptions_used", "exceptions_unused", "broken_checks"):
        named = acceptance.get(kind) or {}
        if named:
            found[kind] = "; ".join(f"{name}: {text}" for name, text in named.items())
    return found


def _note(plan: FinishedPlan, tags: Mapping[str, str]) -> str:
    counts = plan.counts()
    lines = [
        *([f"**{plan.study.question}**", ""] if plan.study.question else []),
        f"* verdict: **{tags['verdict']}**",
        f"* {counts['done']:,} of {counts['planned']:,} runs done in {tags['cells']} cells",
        f"* `{tags['command']}`",
        f"* results hash `{tags['results_hash']}`",
    ]
    return "\n".join(lines)


def _params(plan: FinishedPlan) -> dict[str, str]:
    """Return the design: its size and seeding, and the levels of each axis."""
    study = plan.study
    found = {
        "design.replicates": str(study.replicates),
        "design.mc": str(study.mc),
        "design.seeding": str(study.document["seeding"]["mode"]),
        "design.generator": str(study.document["draws"]["generator"]),
        "design.horizon": shown(study.document["horizon"]),
    }
    if study.arms:
        found["design.arms"] = ", ".join(arm.name for arm in study.arms)
        found["design.control"] = str(study.control)
    for axis in study.axes:
        found[f"design.{axis.key}"] = ", ".join(shown(level) for level in axis.levels)
    for variable in study.variables:
        if variable.treatment == "random":
            found[f"design.params.{variable.path}"] = (
                f"random {variable.distribution or ''}".strip()
            )
    return found


def _files(place: Path) -> dict[str, Path]:
    files = [p for p in place.rglob("*") if p.is_file() and not p.name.startswith(".")]
    return {p.relative_to(place).as_posix(): p for p in sorted(files) if p.suffix != _TABLES}
