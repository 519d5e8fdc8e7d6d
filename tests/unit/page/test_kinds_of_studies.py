"""Pages of studies whose replicates, seeding or chance are not the usual ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

import engines.linear_null
from runner.page.source import read_source
from runner.page.write import page_html
from tests.unit.page.conftest import Make
from tests.unit.page.test_page import Reader, page_of

ARMS = {
    "control": {},
    "card": {"params.effect": 0.5, "params.effect_sd": 1.0},
    "voucher": {"params.effect_sd": 1.0},
}


def told(page: str) -> str:
    return " ".join(Reader(page).text.split())


def test_resamples_are_called_so_and_the_estimate_is_none_of_them(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    resampling = replace(engines.linear_null.ENGINE, replicates=lambda params: "bootstrap")
    monkeypatch.setattr("engines.linear_null.ENGINE", resampling)
    found = make(**{"design.replicates": 12, "design.arms": ARMS})
    text = told(page_of(found))
    assert "Replicate 0 is the estimate from the data as they are" in text
    assert "(method: percentile, n 11)" in text
    assert "Lines are means over resamples" in text
    assert "dots are single resamples" in text
    assert "independent arms would have needed" not in text
    assert "estimates: control → arm" in text
    assert "the arm's estimate is the better one" in text
    assert "means: control → arm" not in text


def test_estimates_over_a_grid_are_not_called_means(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = {"design.grid": {"params.trend_per_period": [0.1, 0.2], "horizon": [3, 6]}}
    design = {"design.replicates": 3, "params.baseline": 12.0, **grid}
    plain = told(page_of(make(**design)))
    assert "means of the 4 cells go from" in plain
    assert "Means over replicates: " in plain
    resampling = replace(engines.linear_null.ENGINE, replicates=lambda params: "bootstrap")
    monkeypatch.setattr("engines.linear_null.ENGINE", resampling)
    text = told(page_of(make(**design, **{"study.name": "resampled"})))
    assert "estimates of the 4 cells go from" in text
    assert "Estimates from the data: " in text
    assert "eans over replicates" not in text


def test_several_draws_of_chance_are_told_apart_from_variables(make: Make) -> None:
    trend = {"treatment": "random", "distribution": "uniform", "min": 0, "max": 0.2}
    found = make(**{
        "design.replicates": 6, "design.mc": 3, "design.arms": ARMS,
        "design.variables": {"params.trend_per_period": trend},
    })  # fmt: skip
    text = told(page_of(found))
    assert "3 cells × 6 replicates, with 3 draws of chance each: 54 runs" in text
    assert "(method: paired, n 6)" in text
    assert "mean_outcome variables " in text
    assert "mean_outcome chance " in text


def test_independent_cells_are_not_called_paired(make: Make) -> None:
    found = make(**{"design.replicates": 6, "seeding": "per_cell", "design.arms": ARMS})
    text = told(page_of(found))
    assert "(seeding per_cell), so nothing is paired" in text
    assert "(method: welch, n 6)" in text
    assert "Pairing with the control" not in text
    assert "Arms met the same people" not in text


def test_a_study_that_grew_tells_how_far(make: Make) -> None:
    found = make(**{
        "design.replicates": "auto", "design.budget": 64, "design.arms": ARMS,
        "comparisons": {"gain": {"metric": "mean_outcome", "width": 0.5}},
    })  # fmt: skip
    text = told(page_of(found))
    assert "card: mean_outcome" in text
    assert "as narrow as wanted" in text
    assert "replicates are enough for every declared width" in text
    assert f"3 cells × {found.counts['planned'] // 3} replicates" in text


def test_arms_in_several_cells_are_summed_up_without_a_winner_where_zero_is_inside(
    make: Make,
) -> None:
    found = make(**{
        "design.replicates": 8, "design.arms": {"control": {}, "voucher": ARMS["voucher"]},
        "design.grid": {"mix": ["light", "heavy"]}, "seed": 3,
        "comparisons": {"gain": {"metric": "mean_outcome", "noninferior": 5}},
    })  # fmt: skip
    text = told(page_of(found))
    assert (
        "voucher: mean_outcome no difference shown in all 2 cells (intervals reach from −" in text
    )
    assert "not inferior: pass in all 2 cells" in text
    assert "better" not in text.split("Effects of the arms")[0]


def test_negative_numbers_have_one_minus_sign_and_names_keep_their_hyphens(make: Make) -> None:
    found = make(**{
        "design.replicates": 3, "params.baseline": -12.0, "study.question": "Is a-1 below -2?",
        "design.grid": {"params.trend_per_period": [-0.2, 0.1], "horizon": [3, 6]},
    })  # fmt: skip
    text = told(page_of(found))
    assert "Is a-1 below −2?" in text
    assert "means of the 4 cells go from −1" in text
    before, _, commands = text.partition("Provenance The study")
    assert commands
    assert " -" not in before


def test_axes_of_many_levels_are_cut_evenly_and_it_is_said(make: Make) -> None:
    found = make(**{
        "design.replicates": 2, "params.entities": 2, "horizon": 2,
        "design.grid": {"params.baseline": [float(x) for x in range(31)], "params.effect": [0, 1]},
    })  # fmt: skip
    assert "Of baseline, 15 levels each are shown, evenly over all." in told(page_of(found))


def test_notes_of_a_kind_are_told_once_and_all_of_them_at_the_end(make: Make) -> None:
    source = read_source(make().folder)
    source.plan.summary["notes"] = [f"design.arms.a.params.x{i} does nothing" for i in range(7)]
    page = Reader(page_html(source))
    text = " ".join(page.text.split())
    assert "Note. design.arms.a.params.x0 does nothing (6 more like it stand under Notes)" in text
    assert text.count("does nothing") == 1 + 7
    assert page.headings[-2:] == ["Notes", "Provenance"]
    source.plan.summary["notes"] = ["one", "two"]
    assert "Notes" not in Reader(page_html(source)).headings


def test_narrow_screens_get_pictures_and_rows_of_their_own(make: Make) -> None:
    page = page_of(make(**{"design.replicates": 4, "design.arms": ARMS}))
    assert page.count('<source media="(max-width: 640px)" srcset="data:image/svg+xml') == 2
    assert 'data-head="difference"' in page
    assert "tbody tr:nth-child(n+13) { display: none; }" in page


def test_a_passing_verdict_does_not_pass_for_a_winning_arm(make: Make) -> None:
    rule = {"metric": "mean_outcome", "at_least": 0}
    own = {"design.replicates": 8, "design.arms": ARMS, "acceptance": {"alive": rule}}
    text = told(page_of(make(**own)))
    assert "Verdict: pass. The acceptance rule is kept; 3 cells checked. The rules judge" in text
    versus = {"metric": "mean_outcome", "versus": "control", "noninferior": 9}
    compared = told(page_of(make(**{**own, "acceptance": {"alive": rule, "as_good": versus}})))
    assert "All 2 acceptance rules are kept" in compared
    assert "The rules judge each arm by itself" not in compared


def test_the_design_names_levels_of_cases_and_how_many_combinations_there_are(make: Make) -> None:
    grid = {"params.trend_per_period": [0.1, 0.2], "horizon": [3, 6], "mix": ["null", "heavy"]}
    dropped = [{"horizon": 6, "params.trend_per_period": 0.2}]
    found = make(**{"design.grid": grid, "design.exclude": dropped})
    text = told(page_of(found))
    assert "Grid: 6 of 8 combinations are part of the study" in text
    assert "horizon 2 3, 6" in text
    assert "mix 2 'null', heavy" in text
    case = {"horizon": 9, "mix": "light"}
    text = told(page_of(make(**{"design.grid": grid, "design.cases": [case]})))
    assert "Grid: 9 of 18 combinations are part of the study" in text
    assert "horizon 3 3, 6, 9" in text
    assert "mix 3 'null', heavy, light" in text
    assert "combinations are part" not in told(page_of(make(**{"design.grid": grid})))


def test_the_design_of_cases_without_a_grid_has_their_levels(make: Make) -> None:
    cases = [{"params.baseline": 11, "horizon": 3}, {"params.baseline": 12, "horizon": 6}]
    text = told(page_of(make(**{"design.cases": cases})))
    assert "Grid: 2 of 4 combinations are part of the study" in text
    assert "horizon 2 3, 6" in text
