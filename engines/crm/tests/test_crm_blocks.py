"""The size of the blocks in which a run is made changes nothing."""

import itertools

import numpy as np
import pytest

from engines.crm import ENGINE
from engines.crm.companies import FILLED_TOGETHER, draw_sizes
from engines.crm.layout import divide
from engines.crm.model import simulate_blocks
from engines.crm.preparation import prepare
from engines.crm.scenario import GroupSize
from runner.conformance.memory import MemorySink

from .support import OFF, UNLIMITED, draws, params

SIZE = {**OFF, "volume.base_records": 4000}
CASES = {
    "unlimited": ({**SIZE, **UNLIMITED}, "b2b"),
    "budgets that bind": (
        {
            **SIZE,
            "scenario.touch.budget.note": 700,
            "scenario.touch.budget.call": 100,
            "scenario.touch.budget.task": 0,
            "scenario.touch.budget.ticket": 3,
            "scenario.touch.cap_per_contact.note": 2,
        },
        "b2c",
    ),
    "calls cut, tasks not": ({**SIZE, **UNLIMITED, "scenario.touch.budget.call": 300}, "b2b"),
    "deferred, trickle": (
        {
            **SIZE,
            "intake.method": "trickle",
            "window.time_zone": "America/New_York",
            "touchpoints.defer_to_business_hours": ["note", "call", "task"],
            "touchpoints.defer_spread_min": 0.0,
        },
        "b2b",
    ),
    "all at once, so that times tie": (
        {
            **SIZE,
            "window.intake_days": 1 / 24,
            "scenario.pacing.jitter": 0.0,
            "touchpoints.defer_to_business_hours": ["note"],
            "touchpoints.defer_spread_min": 0.0,
            "window.start_time": "2026-01-03T00:00:00",
            "scenario.touch.budget.note": 1500,
        },
        "b2b",
    ),
}


def simulated(given, at_most):
    sink = MemorySink(ENGINE.table_schemas(given), None)
    ready = prepare(given, {}, 200)
    outcome = simulate_blocks(given, ready, draws(), 200, sink, at_most)
    return outcome, sink.tables()


def as_bytes(column):
    values = np.ma.getdata(column)
    known = ~np.ma.getmaskarray(column)
    text = repr(values.tolist()).encode() if values.dtype == object else values[known].tobytes()
    return text, known.tobytes()


@pytest.mark.parametrize("case", CASES)
def test_no_byte_depends_on_the_blocks(case):
    given = params(*CASES[case])
    outcome, tables = simulated(given, 10**9)
    assert len(tables["activities"]["at"]) > 1000 or case == "budgets that bind"
    for at_most in (1, 1000):
        other, again = simulated(given, at_most)
        assert other == outcome
        assert tables.keys() == again.keys()
        for name, table in tables.items():
            for column, values in table.items():
                assert as_bytes(values) == as_bytes(again[name][column]), (name, column)


@pytest.mark.parametrize("at_most", [1, 300, 10**9])
def test_blocks_cover_whole_groups_of_companies(at_most):
    sizes = draw_sizes(GroupSize(min=3, max=6), draws(), 5000)
    blocks = divide(sizes, at_most)
    assert blocks[0].companies.start == blocks[0].contacts.start == 0
    assert blocks[-1].companies.stop == sizes.size.size
    assert blocks[-1].contacts.stop == 5000
    for before, block in itertools.pairwise(blocks):
        assert before.companies.stop == block.companies.start
        assert before.contacts.stop == block.contacts.start
        assert block.companies.start % FILLED_TOGETHER == 0
    for block in blocks:
        n_contacts = block.contacts.stop - block.contacts.start
        assert sizes.size[block.companies].sum() == n_contacts
        assert n_contacts <= max(at_most, 6 * FILLED_TOGETHER)
