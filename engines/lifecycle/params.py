"""Parameters of the subscription lifecycle, and the rules between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engines.lifecycle.motifs import MOTIFS
from engines.lifecycle.params_mechanisms import Billing, Health, Latents, Onboarding, Optional
from engines.lifecycle.params_motifs import Motif
from engines.lifecycle.params_observation import Snapshot, Targets
from engines.lifecycle.params_population import Population, Window
from engines.lifecycle.ranges import share_problems
from runner.contract import (
    ParamGroup,
    Problem,
    Share,
    complete_shares,
    group,
    groups,
    leaf_values,
    nearest,
    param,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleParams(ParamGroup):
    """Business customers with one subscription each, week by week."""

    motif: str = param(
        "product_led_retention", choices=lambda params: tuple(params.motifs),
        doc="the motif of all accounts",
    )  # fmt: skip
    motif_mix: Mapping[str, Share] | None = param(
        None, unit="fraction", low=0, high=1,
        doc="share of accounts by motif, one may be auto; null = all have `motif`",
    )  # fmt: skip
    population: Population = group(Population, doc="accounts and customers")
    window: Window = group(Window, doc="dates")
    latents: Latents = group(Latents, doc="hidden traits")
    hazard_cap: float = param(
        0.95, unit="probability", low=0, low_open=True, high=1, high_open=True,
        doc="no event is more likely than this in a week",
    )  # fmt: skip
    onboarding: Onboarding = group(Onboarding, doc="the first weeks")
    expansion_depth_offset: float = param(
        0.5, unit="ratio", low=0, high=5, doc="expansion rate at feature depth 0"
    )
    health: Health = group(Health, doc="weekly signals")
    billing: Billing = group(Billing, doc="invoices")
    snapshot: Snapshot = group(Snapshot, doc="observation")
    targets: Targets = group(Targets, doc="what lies after the observation")
    optional: Optional = group(Optional, doc="mechanisms that are off by default")
    motifs: Mapping[str, Motif] = groups(MOTIFS, doc="kinds of businesses")

    def problems(self) -> list[Problem]:
        """Return what is wrong between motifs, dates and snapshots."""
        return [*_motif_problems(self), *_snapshot_problems(self)]


def _motif_problems(params: LifecycleParams) -> Iterator[Problem]:
    if params.motif_mix is None:
        return
    unknown = [name for name in params.motif_mix if name not in params.motifs]
    for name in unknown:
        yield Problem(f"motif_mix.{name}", "", _known_motifs(params, name))
    if not unknown:
        yield from share_problems("motif_mix", params.motif_mix)


def _known_motifs(params: LifecycleParams, name: str) -> str:
    known = ", ".join(params.motifs)
    return f"must be one of the motifs {known}{nearest(name, params.motifs)}"


def _snapshot_problems(params: LifecycleParams) -> Iterator[Problem]:
    snapshot, observed = params.snapshot, params.window.observation_date
    cutoff = snapshot.calendar_cutoff
    if cutoff is not None and len(cutoff) == len(observed) and cutoff > observed:
        allowed = f"must not be after window.observation_date {observed}"
        yield Problem("snapshot.calendar_cutoff", cutoff, allowed)
    early = params.window.early_tenure_weeks
    if "early" not in snapshot.regimes:
        return
    if early == 0:
        allowed = "the regime early needs window.early_tenure_weeks >= 1, it is 0"
        yield Problem("snapshot.regimes", "", allowed)
    elif snapshot.early_cutoff_weeks is not None and snapshot.early_cutoff_weeks > early:
        allowed = f"must lie in 1..window.early_tenure_weeks, which is {early}"
        yield Problem("snapshot.early_cutoff_weeks", str(snapshot.early_cutoff_weeks), allowed)


def motif_shares(params: LifecycleParams) -> dict[str, float]:
    """Return the share of each motif of `motifs` in a run, `auto` completed; they sum to 1."""
    mix: Mapping[str, Share] = params.motif_mix or {params.motif: 1.0}
    return {**dict.fromkeys(params.motifs, 0.0), **complete_shares(mix)}


def inert_paths(params: LifecycleParams) -> list[str]:
    """Return what changes nothing: absent motifs, mechanisms that are off, unused cutoffs."""
    absent = [name for name, share in motif_shares(params).items() if share == 0]
    found = [
        f"motifs.{name}.{leaf}" for name in absent for leaf in leaf_values(params.motifs[name])
    ]
    if params.motif_mix is not None:
        found.append("motif")
    optional = params.optional
    mechanisms: dict[str, ParamGroup] = {
        name: mechanism
        for name, mechanism in (
            ("usage_decline", optional.usage_decline),
            ("downgrade", optional.downgrade),
            ("account_shock", optional.account_shock),
        )
        if not mechanism.enabled
    }
    for name, mechanism in mechanisms.items():
        found += [f"optional.{name}.{leaf}" for leaf in leaf_values(mechanism) if leaf != "enabled"]
    if "calendar" not in params.snapshot.regimes:
        found.append("snapshot.calendar_cutoff")
    if "early" not in params.snapshot.regimes:
        found.append("snapshot.early_cutoff_weeks")
    if not params.snapshot.regimes:
        found += ["snapshot.lookback_weeks", "snapshot.include_trap", "targets.churn_window_days"]
    return found
