"""Write a composed study as plain data, and read it back without composing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runner.config.comparisons import Comparison
from runner.config.exceptions import PolicyException
from runner.config.rules import Rule
from runner.config.study import (
    Arm,
    Axis,
    Calibration,
    Case,
    CompareSettings,
    Execution,
    Study,
    Tracking,
    Variable,
)


def study_to_data(study: Study) -> dict[str, Any]:
    """Return everything a study holds as JSON-ready data."""
    data = asdict(study)
    data["bases"] = [[list(map(list, key)), tree] for key, tree in study.bases.items()]
    data["outputs"] = str(study.outputs)
    data["launch_dir"] = str(study.launch_dir)
    for rule in data["rules"]:
        rule["bounds"] = [str(end) for end in rule["bounds"]]  # JSON has no infinity
    return data


def study_from_data(data: Mapping[str, Any]) -> Study:
    """Return the study that `study_to_data` wrote."""
    collect = data["collect"]
    return Study(
        **{
            **data,
            "bases": {_choices(key): tree for key, tree in data["bases"]},
            "axes": tuple(Axis(**{**a, "levels": tuple(a["levels"])}) for a in data["axes"]),
            "arms": tuple(Arm(**arm) for arm in data["arms"]),
            "cases": tuple(Case(**case) for case in data.get("cases", ())),
            "notes": tuple(data.get("notes", ())),
            "excluded": tuple(data["excluded"]),
            "variables": tuple(
                Variable(**{**v, "values": tuple(v["values"])}) for v in data["variables"]
            ),
            "rules": tuple(_rule(rule) for rule in data["rules"]),
            "exceptions": tuple(
                PolicyException(**{**e, "periods": tuple(e["periods"])}) for e in data["exceptions"]
            ),
            "collect": collect if isinstance(collect, str) else tuple(collect),
            "execution": Execution(**data["execution"]),
            "comparisons": tuple(
                Comparison(**{**c, "arms": tuple(c["arms"])}) for c in data.get("comparisons", ())
            ),
            "compare": CompareSettings(**data.get("compare", {})),
            "tracking": Tracking(**data.get("tracking", {})),
            "calibration": _calibration(data.get("calibration", {})),
            "outputs": Path(data["outputs"]),
            "words": tuple(data["words"]),
            "launch_dir": Path(data["launch_dir"]),
        }
    )


def _calibration(data: Mapping[str, Any]) -> Calibration:
    return Calibration(**{**data, "folders": tuple(data.get("folders", ()))})


def _rule(data: Mapping[str, Any]) -> Rule:
    low, high = data["bounds"]
    series = tuple(data.get("series", ()))
    return Rule(**{**data, "bounds": (float(low), float(high)), "series": series})


def _choices(key: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((group, option) for group, option in key)
