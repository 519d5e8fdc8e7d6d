"""Simulate one run block by block: draft, admit, cut at the end, write, sum up."""

from __future__ import annotations

import numpy as np

from engines.crm.admission import Gates, admit_touches
from engines.crm.agenda import Agenda
from engines.crm.budgets import find_cutoffs
from engines.crm.checks import block_faults
from engines.crm.draft import Draft, make_drafts
from engines.crm.layout import BLOCK
from engines.crm.metrics import run_metrics
from engines.crm.params import CrmParams
from engines.crm.preparation import Prepared
from engines.crm.reconciliation import reconcile
from engines.crm.run_checks import CHECKS, budgets_kept, run_faults
from engines.crm.timeline import cut_lifecycle, line_up
from engines.crm.totals import Totals
from engines.crm.world import World
from engines.crm.writing import Writer
from runner.contract import Draws, Outcome, TableSink

STREAMS = (
    "crm.intake.position",
    "crm.intake.gap",
    "crm.intake.burst_count",
    "crm.intake.burst_center",
    "crm.intake.burst_weight",
    "crm.company.size",
    "crm.company.slot",
    "crm.contact.owner",
    "crm.contact.first_name",
    "crm.contact.last_name",
    "crm.contact.archetype.<archetype>",
    "crm.funnel.dwell",
    "crm.funnel.drop",
    "crm.funnel.nurture",
    "crm.funnel.nurture_dwell",
    "crm.cycle.total",
    "crm.deal.amount",
    "crm.deal.outcome",
    "crm.touch.baseline_count",
    "crm.touch.baseline_position",
    "crm.touch.<trigger>.fire",
    "crm.touch.<trigger>.delay",
    "crm.touch.defer",
)


def simulate(
    params: CrmParams, prepared: Prepared, draws: Draws, horizon: int, out: TableSink
) -> Outcome:
    """Simulate one replicate of `horizon` days, and write the tables that are asked for."""
    return simulate_blocks(params, prepared, draws, horizon, out, BLOCK)


def simulate_blocks(  # noqa: PLR0913, PLR0917 - a run, and the size of its blocks
    params: CrmParams,
    prepared: Prepared,
    draws: Draws,
    horizon: int,
    out: TableSink,
    at_most: int,
) -> Outcome:
    """Simulate in blocks of `at_most` contacts, which changes no result.

    All but the activities of a block is written while it is there; they wait, packed, for those of
    all others.
    """
    drafts = make_drafts(params, prepared, draws, at_most)
    gates = Gates(find_cutoffs(drafts))
    totals = Totals(prepared)
    agenda = Agenda(params, prepared.start, prepared.end)
    writer = Writer(params, draws, out, drafts.n_contacts)
    faults: dict[str, str | None] = {}
    for block in drafts.blocks:
        world = make_world(params, prepared, drafts.of(block), gates)
        writer.write_block(world)
        if out.wants("activities"):
            agenda.add(world)
        totals.add(params, world)
        for name, fault in block_faults(params, world).items():
            faults[name] = faults.get(name) or fault
        del world
    drafts.forget()
    writer.write_activities(agenda)
    writer.write_run(totals, horizon)
    faults |= run_faults(params, totals, drafts, writer.rows)
    faults["limits_kept"] = faults["limits_kept"] or budgets_kept(params, totals)
    return Outcome(
        metrics=run_metrics(params, totals),
        checks={check.name: faults[check.name] for check in CHECKS},
    )


def make_world(params: CrmParams, prepared: Prepared, draft: Draft, gates: Gates) -> World:
    """Return everything that happens in one block; blocks come in order, as the gates count."""
    end = prepared.end
    touches = admit_touches(params, draft.proposer, end, gates)
    lifecycle = cut_lifecycle(draft.paths.steps, draft.created.size, end)
    return World(
        start=prepared.start,
        end=end,
        intake=prepared.intake,
        block=draft.block,
        created=draft.created,
        lead_at=draft.paths.lead_at,
        owner=draft.owner,
        kinds=draft.kinds.of_contact.astype(np.int16),
        cycle_multiplier=float(draft.kinds.cycle[np.unique(draft.kinds.of_contact)].max()),
        companies=draft.companies,
        lifecycle=lifecycle,
        deals=draft.deals,
        activities=line_up(touches),
        touches=touches,
        reconciliation=reconcile(draft.companies, lifecycle, draft.deals, touches, end),
    )
