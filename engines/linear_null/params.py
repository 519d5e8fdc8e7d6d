"""Parameters of the linear outcome: who the entities are, what they yield, how much luck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.contract import ParamGroup, Problem, Share, complete_shares, groups, param

_LARGEST = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Archetype(ParamGroup):
    """A kind of entity: how common it is, and how far its outcomes lie from the baseline."""

    share: Share = param(
        "auto", unit="fraction", low=0, high=1, doc="share of entities; auto = the rest"
    )
    shift: float = param(
        0.0, unit="outcome", low=-_LARGEST, high=_LARGEST, doc="added to every outcome of its kind"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Params(ParamGroup):
    """Everything that determines an outcome; the defaults are a small A/A study."""

    entities: int = param(200, unit="count", low=1, high=10_000_000, doc="entities in one run")
    baseline: float = param(
        10.0, unit="outcome", low=-_LARGEST, high=_LARGEST, doc="outcome in period 1 without shift"
    )
    effect: float = param(
        0.0, unit="outcome", low=-_LARGEST, high=_LARGEST, sd="effect_sd",
        doc="mean effect of the treatment, in every period",
    )  # fmt: skip
    effect_sd: float = param(
        0.0, unit="outcome", low=0, high=_LARGEST, doc="spread of the effect between entities"
    )
    trend_per_period: float = param(
        0.1, unit="outcome_per_period", low=-_LARGEST, high=_LARGEST, doc="growth per period"
    )
    noise_sd: float = param(
        1.0, unit="outcome", low=0, high=_LARGEST, doc="luck of one entity in one period"
    )
    entity_sd: float = param(
        1.0, unit="outcome", low=0, high=_LARGEST, doc="spread of levels between entities"
    )
    replicate_sd: float = param(
        0.5, unit="outcome", low=0, high=_LARGEST, doc="luck that all entities of a run share"
    )
    threshold: float | None = param(
        12.0, unit="outcome", low=-_LARGEST, high=_LARGEST,
        doc="bar of share_above; null = the metric does not apply",
    )  # fmt: skip
    archetypes: Mapping[str, Archetype] = groups(
        {"light": Archetype(), "heavy": Archetype(share=0.5, shift=2.0)}, doc="kinds of entities"
    )

    def problems(self) -> list[Problem]:
        """Return what is wrong with the archetype mix as a whole."""
        if not self.archetypes:
            return [Problem("archetypes", "{}", "at least one archetype must be given")]
        try:
            complete_shares({name: kind.share for name, kind in self.archetypes.items()})
        except ValueError as error:
            return [Problem("archetypes", "", str(error))]
        return []


def shares(params: Params) -> dict[str, float]:
    """Return the share of each archetype, `auto` completed, in declared order."""
    return complete_shares({name: kind.share for name, kind in params.archetypes.items()})


def inert_paths(params: Params) -> list[str]:
    """Return the shifts of archetypes that no entity can have."""
    absent = [name for name, share in shares(params).items() if share == 0]
    return [f"archetypes.{name}.shift" for name in absent]


def plan_notes(params: Params) -> list[str]:
    """Return remarks on settings under which replicates or pairing tell nothing."""
    notes = []
    if not any((params.noise_sd, params.entity_sd, params.replicate_sd, params.effect_sd)):
        notes.append("all standard deviations are 0: only archetypes differ between replicates")
    if params.effect_sd == 0:
        notes.append("effect_sd is 0: paired differences in effect have no variance")
    return notes
