"""Write down every resolved parameter with its guard rail, and what follows from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from engines.crm.clock import utc_text
from engines.crm.params import CrmParams, volume
from engines.crm.planning import inert_paths
from engines.crm.preview import followup_days, mean_multiplier
from engines.crm.rails import is_inside, rails
from engines.crm.totals import Totals
from runner.contract import leaves

_SCENARIO = "scenario."


def snapshot(params: CrmParams, totals: Totals, horizon: int) -> Mapping[str, Any]:
    """Return one row per parameter and derived value, sorted by path.

    Parameters that nothing reads have no value here, so that tables show what matters only.
    """
    unread = set(inert_paths(params))
    held = rails(params.scenario)
    known = leaves(params.scenario)
    rows: dict[str, tuple[Any, ...]] = {}
    for path, leaf in leaves(params).items():
        below = path.removeprefix(_SCENARIO) if path.startswith(_SCENARIO) else ""
        rail = held.get(below)
        value = None if path in unread else json.dumps(leaf.value)
        if rail is None or path in unread:
            rows[path] = (value, leaf.info.unit, np.nan, np.nan, "none", "")
            continue
        inside = is_inside(known, below, rail)
        motivation = "" if inside else params.guardrails.motivation
        status = "inside" if inside else "outside"
        rows[path] = (value, leaf.info.unit, *rail, status, motivation)
    for name, (number, unit) in _derived(params, totals, horizon).items():
        rows[f"derived.{name}"] = (json.dumps(number), unit, np.nan, np.nan, "none", "")
    paths = sorted(rows)
    names = (
        "value_json", "unit", "guardrail_low", "guardrail_high", "guardrail_status", "motivation",
    )  # fmt: skip
    columns = zip(*(rows[path] for path in paths), strict=True)
    return {"path": paths, **{n: list(c) for n, c in zip(names, columns, strict=True)}}


def _derived(params: CrmParams, totals: Totals, horizon: int) -> dict[str, tuple[Any, str]]:
    return {
        "contacts": (volume(params), "contacts"),
        "window_start_utc": (utc_text(totals.prepared.start), "UTC"),
        "window_end_utc": (utc_text(totals.prepared.end), "UTC"),
        "intake_end_utc": (utc_text(params.window.intake_end(horizon)), "UTC"),
        "realised_volume_multiplier": (totals.n_contacts / params.volume.base_records, "factor"),
        "mean_win_multiplier": (mean_multiplier(params), "factor"),
        "sales_cycle_followup_days": (followup_days(params, totals.cycle_multiplier), "days"),
    }
