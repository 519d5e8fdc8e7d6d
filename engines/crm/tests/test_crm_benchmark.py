"""The benchmark measures what it says."""

from engines.crm import ENGINE

from .benchmark import CountingSink, measure, objects, reference_params, run_once, traced_peak
from .support import draws


def test_objects_are_the_rows_of_their_tables():
    params = reference_params(2000)
    outcome = run_once(params, draws())
    sink = CountingSink(ENGINE.table_schemas(params))
    ready = ENGINE.prepare(params, {}, 365)
    ENGINE.simulate(params, ready, draws(), 365, sink)
    counted = ("contacts", "companies", "deals", "activities")
    assert objects(outcome) == sum(sink.rows[name] for name in counted) > 8000
    assert all(count > 0 for count in sink.rows.values())


def test_budgets_are_lifted_unless_asked_for():
    assert reference_params(10).scenario.touch.budget.note is None
    assert reference_params(10, limited=True).scenario.touch.budget.note == 5000


def test_speed_and_memory_are_positive():
    params = reference_params(200)
    count, seconds = measure(params, draws(), 1)
    assert count > 500
    assert seconds > 0
    assert 10_000 < traced_peak(params, draws()) < 50_000_000
