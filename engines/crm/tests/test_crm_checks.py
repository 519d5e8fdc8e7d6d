"""Every check finds the fault it is meant for."""

from dataclasses import replace

import numpy as np
import pytest

from engines.crm.checks import block_faults
from engines.crm.layout import Block
from engines.crm.reconciliation import Balance
from engines.crm.run_checks import (
    CHECKS,
    arrivals_follow_shape,
    budgets_kept,
    reconciliation,
    volume_exact,
)
from engines.crm.totals import Totals
from engines.crm.touches import FOLLOW_UP_TASK, MQL_CALL, TASK
from engines.crm.world import World

from .support import world


@pytest.fixture(scope="module")
def made():
    return world({"volume.base_records": 500}, horizon=200)


def faults(given, ready, w: World, rows=None):
    """Return all checks of a run that is this block."""
    found = block_faults(given, w)
    totals = Totals(ready)
    is_sound = not any(found.values())  # what is not cannot be summed up
    if is_sound:
        totals.add(given, w)
    return {
        **found,
        "reconciliation": reconciliation(totals, rows or {}) if is_sound else None,
        "limits_kept": found["limits_kept"] or budgets_kept(given, totals),
        "arrivals_follow_shape": arrivals_follow_shape(ready.shape, w.intake, w.created.copy()),
        "volume_exact": volume_exact(given, w.n_contacts),
    }


def changed(part, name, index, value):
    array = getattr(part, name).copy()
    array[index] = value
    return replace(part, **{name: array})


def late_event(w: World) -> World:
    return replace(w, lifecycle=changed(w.lifecycle, "at", -1, w.end))


def late_contact(w: World) -> World:
    return replace(w, created=w.created + w.intake.span)


def lost_note(w: World) -> World:
    wrong = {**w.reconciliation, "note": Balance(planned=2, processed=1)}
    return replace(w, reconciliation=wrong)


def same_contact_everywhere(w: World) -> World:
    contact = np.zeros_like(w.activities.contact)
    return replace(w, activities=replace(w.activities, contact=contact))


def skipped_stage(w: World) -> World:
    return replace(w, lifecycle=changed(w.lifecycle, "target", 1, 4))


def wrong_seq(w: World) -> World:
    return replace(w, lifecycle=changed(w.lifecycle, "seq", 1, 7))


def huge_amount(w: World) -> World:
    return replace(w, deals=changed(w.deals, "amount", 0, 1e9))


def nan_amount(w: World) -> World:
    return replace(w, deals=changed(w.deals, "amount", 0, np.nan))


def other_outcome(w: World) -> World:
    closed = int(np.flatnonzero(w.deals.closed < w.end)[0])
    return replace(w, deals=changed(w.deals, "won", closed, not w.deals.won[closed]))


def huge_company(w: World) -> World:
    return replace(w, companies=changed(w.companies, "size", 0, 99))


def early_activity(w: World) -> World:
    row = int(np.flatnonzero(w.activities.trigger == MQL_CALL)[0])
    at = w.activities.parent[row] - 1
    return replace(w, activities=changed(w.activities, "at", row, at))


def task_beside_call(w: World) -> World:
    tasks = w.touches[TASK]
    call = int(np.flatnonzero(w.activities.trigger == MQL_CALL)[0])
    row = int(np.flatnonzero(tasks.candidates.trigger == FOLLOW_UP_TASK)[0])
    wrong = changed(tasks.candidates, "contact", row, w.activities.contact[call])
    wrong = changed(wrong, "pass_index", row, w.activities.pass_index[call])
    proposal = replace(tasks.proposal, candidates=wrong)
    return replace(w, touches={**w.touches, TASK: replace(tasks, proposal=proposal)})


def bunched_arrivals(w: World) -> World:
    return replace(w, created=np.full_like(w.created, w.intake.start))


def lost_contact(w: World) -> World:
    return replace(w, created=w.created[:-1])


def unknown_owner(w: World) -> World:
    return replace(w, owner=np.full_like(w.owner, 99))


FAULTS = {
    late_event: ("times_in_window", "lifecycle event"),
    late_contact: ("times_in_window", "contact 0 created at"),
    lost_note: ("reconciliation", "note: 2 planned, 1 accounted for"),
    same_contact_everywhere: ("limits_kept", "contact 0 has"),
    skipped_stage: ("lifecycle_legal", "contact 0, event 1"),
    wrong_seq: ("lifecycle_legal", "contact 0, event 7"),
    huge_amount: ("deals_legal", "deal "),
    nan_amount: ("deals_legal", "deal "),
    other_outcome: ("deals_legal", "deal "),
    huge_company: ("companies_legal", "company 0 of 99 contacts"),
    early_activity: ("activities_legal", "is before its parent"),
    task_beside_call: ("activities_legal", "has a call and a follow-up task"),
    bunched_arrivals: ("arrivals_follow_shape", "exceeds"),
    lost_contact: ("volume_exact", "399 contacts, not 400"),
    unknown_owner: ("keys_resolve", "owner: 99 to 99, there are 5"),
}


def test_sound_run_passes_every_check(made):
    assert faults(*made) == {check.name: None for check in CHECKS}


@pytest.mark.parametrize("spoil", FAULTS)
def test_fault_is_found_by_its_check(spoil, made):
    given, ready, happened = made
    name, text = FAULTS[spoil]
    if spoil is lost_contact:
        assert text in volume_exact(given, spoil(happened).n_contacts)
        return
    assert text in faults(given, ready, spoil(happened))[name]


def test_rows_of_written_tables_are_counted(made):
    found = faults(*made, {"contacts": 399})
    assert found["reconciliation"] == "table contacts has 399 rows, 400 objects were processed"


def test_budgets_are_checked_over_all_blocks(made):
    given, ready, happened = made
    totals = Totals(ready)
    for _ in range(6):
        totals.add(given, happened)
    assert budgets_kept(given, totals).endswith("notes exceed the budget of 5000")


def test_faults_name_contacts_and_companies_of_the_run(made):
    given, _, happened = made
    later = replace(happened, block=Block(slice(50, 150), slice(200, 600)))
    assert "contact 200, event 1" in block_faults(given, skipped_stage(later))["lifecycle_legal"]
    assert "company 50 of 99" in block_faults(given, huge_company(later))["companies_legal"]


def test_every_check_has_a_fault():
    assert {name for name, _ in FAULTS.values()} == {check.name for check in CHECKS}
