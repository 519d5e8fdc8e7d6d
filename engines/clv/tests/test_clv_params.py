"""What a parameter set may not say, and how the refusal reads."""

from __future__ import annotations

import pytest

from engines.clv.params import candidates, is_recoverable
from engines.clv.planning import files, inert_paths, replicates
from engines.clv.tests.support import params, problems

SYNTHETIC = {"data": {"source": "synthetic"}}
CASES = [
    ({"model": {"name": "bg_nb"}}, "model.name = bg_nb", "did you mean bg_nbd?"),
    ({"modle": {}}, "modle: unknown parameter", "did you mean model?"),
    ({"data": {"path": "cdnov"}}, "data.path = cdnov", "did you mean cdnow?"),
    ({"data": {"path": "a.xlsx"}}, "a.xlsx", "a packaged data set (cdnow) or a file"),
    ({"data": {"timezone": "Mars/Base"}}, "data.timezone", "IANA name"),
    ({"data": {"columns": {"revenue": "order_date"}}}, "data.columns", "distinct columns"),
    ({"data": {"refund_policy": "nett"}}, "data.refund_policy = nett", "did you mean net?"),
    ({"window": {"calibration_end": "1997-9-30"}}, "window.calibration_end", "YYYY-MM-DD"),
    ({"window": {"acquisition_start": "2024-02-01", "acquisition_end": "2024-01-01"}},
     "window.acquisition_end = 2024-01-01", "acquisition_start = 2024-02-01"),
    ({"model": {"candidates": ["bg_nbd", "bg_nbd"]}}, "model.candidates", "each model once"),
    ({"model": {"name": "nbd", "candidates": ["bg_nbd"]}}, "model.candidates", "model.name = nbd"),
    ({"lists": {"model": "nbd"}}, "lists.model = nbd", "a candidate: bg_nbd, mbg_nbd, pareto_nbd"),
    ({"drift": {"null_samples": 1000}}, "drift.null_samples = 1000", "false_alarm_rate = 2000"),
    ({"drift": {"bins": 30}}, "drift.min_baseline = 200", "10 * bins = 300"),
    ({"drift": {"cohort_by": "day"}}, "drift.cohort_by = day", "week, month, quarter"),
    ({"drift": {"cohort_by": "column"}}, "drift.cohort_by = column", "data.columns.cohort"),
    ({"drift": {"cohort_by": "crm.kind"}}, "drift.cohort_by = crm.kind", "no feature table"),
    ({"drift": {"cohort_by": "archetype"}}, "drift.cohort_by", "data.source: synthetic"),
    ({**SYNTHETIC, "window": {"calibration_end": "2024-05-01"}},
     "window.calibration_end = 2024-05-01", "window.calibration_units"),
    ({**SYNTHETIC, "window": {"calibration_units": 90}}, "observation_units = 78", ">= wind"),
    ({"data": {"source": "synthetic", "synthetic": {"origin_date": "9999-12-01"}}},
     "data.synthetic.origin_date = 9999-12-01", "must not be after the year 9000"),
    ({"data": {"source": "synthetic", "synthetic": {"acquisition_units": 40}}},
     "data.synthetic.acquisition_units = 40", "<= window.calibration_units = 39"),
    ({"data": {"source": "synthetic", "synthetic": {"archetypes": {"standard": {"share": 0.5}}}}},
     "data.synthetic.archetypes = standard", "sum to 0.5"),
    ({"data": {"source": "synthetic", "synthetic": {"archetypes": {
        "standard": {"share": "auto"}, "late": {"share": "auto"}}}}},
     "data.synthetic.archetypes", "only one share may be auto: standard, late"),
    ({"data": {"source": "synthetic", "synthetic": {"archetypes": {
        "standard": {"acquisition_window": [5, 4]}}}}}, "acquisition_window", "low <= high"),
    ({"data": {"synthetic": {"spend": {"q": 1}}}}, "data.synthetic.spend.q = 1", "must be > 1"),
    ({"data": {"feature_tables": {"crm": {"path": "crm.txt"}}}}, "crm.path = crm.txt", ".csv.gz"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "where", "allowed"), CASES, ids=[c[1] for c in CASES])
def test_refusal_names_path_value_and_what_is_allowed(tree, where, allowed):
    said = "\n".join(problems(tree))
    assert where in said
    assert allowed in said


def test_source_decides_files_and_replicates():
    given = params({"data": {"feature_tables": {"crm": {"path": "crm.csv"}}}})
    assert files(given)["data.path"].endswith("engines/clv/data/cdnow.csv")
    assert files(given)["data.feature_tables.crm.path"] == "crm.csv"
    assert replicates(given) == "bootstrap"
    assert (files(params(SYNTHETIC)), replicates(params(SYNTHETIC))) == ({}, "simulation")


def test_inert_paths_follow_the_source():
    file, synthetic = set(inert_paths(params())), set(inert_paths(params(SYNTHETIC)))
    assert {"data.synthetic.n_customers", "window.observation_units"} <= file
    assert {"data.path", "data.columns.revenue", "data.refund_policy", "data.synthetic.bg.a",
            "window.observation_end"} <= synthetic  # fmt: skip
    assert "data.synthetic.pareto.s" not in synthetic
    bg = params(SYNTHETIC, {"data": {"synthetic": {"process": "mbg_nbd"}}})
    assert "data.synthetic.pareto.s" in inert_paths(bg)
    assert "selection.rule" not in file
    named = params({"model": {"name": "bg_nbd"}, "drift": {"enabled": False},
                    "window": {"calibration_end": "1997-09-30"}})  # fmt: skip
    assert {"selection.rule", "drift.bins", "window.calibration_units"} <= set(inert_paths(named))


def test_candidates_come_in_a_fixed_order():
    assert candidates(params()) == ("bg_nbd", "mbg_nbd", "pareto_nbd")
    assert candidates(params({"model": {"name": "nbd"}})) == ("nbd",)
    listed = params({"model": {"candidates": ["nbd", "bg_nbd"]}})
    assert candidates(listed) == ("bg_nbd", "nbd")


def test_estimates_have_a_truth_for_one_plain_archetype_only():
    assert is_recoverable(params(SYNTHETIC))
    assert not is_recoverable(params())
    scaled = {"data": {"synthetic": {"archetypes": {"standard": {"rate_scale": 2.0}}}}}
    assert not is_recoverable(params(SYNTHETIC, scaled))
