"""What wins when several places set a value, and what a study looks like when it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.config import Study, StudyRequest, cell_tree, compose_study, request_from_mapping
from runner.contract import ConfigError


def study(*words: str, config_dir: Path | None = None) -> Study:
    return compose_study(StudyRequest(words=words, config_dir=config_dir))


def params(found: Study) -> dict[str, Any]:
    tree: dict[str, Any] = found.document["params"]
    return tree


def own(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        file = folder / f"{name.replace('__', '/')}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def test_a_word_beats_the_study_beats_the_engine_file_beats_the_default(tmp_path: Path) -> None:
    folder = own(
        tmp_path,
        engine__linear_null="# @package _global_\nengine: linear_null\n"
        "params: {noise_sd: 2, trend_per_period: 2, effect: 2}\n",
        sweeps__s="# @package _global_\ndefaults:\n  - override /engine: linear_null\n"
        "params: {trend_per_period: 3, effect: 3}\n",
    )
    found = params(study("sweeps=s", "params.effect=4", config_dir=folder))
    assert [found[k] for k in ("baseline", "noise_sd", "trend_per_period", "effect")] == [
        10.0, 2.0, 3.0, 4.0,
    ]  # fmt: skip


def test_the_last_word_wins() -> None:
    assert params(study("engine=linear_null", "params.effect=1", "params.effect=2"))["effect"] == 2
    assert study("engine=linear_null", "engine=taps").engine == "taps"
    one = study("engine=linear_null", "horizon=2,3", "horizon=4")
    assert (one.axes, one.document["horizon"]) == ((), 4)
    assert study("engine=linear_null", "horizon=4", "horizon=2,3").axes[0].levels == (2, 3)


def test_a_chosen_option_ends_the_axis_over_its_group() -> None:
    for word in ("mix=uniform", "mix/linear_null=uniform"):
        found = study("engine=linear_null", "design.grid.mix=[heavy,light]", word)
        assert found.axes == ()
        assert params(found)["archetypes"]["heavy"]["share"] == 0.0


def test_null_takes_nothing_of_a_group(tmp_path: Path) -> None:
    option = "# @package _global_\nparams: {effect: 3}\n"
    folder = own(tmp_path, calibrated__linear_null__fitted=option)
    plain = params(study("engine=linear_null", config_dir=folder))
    none = study("engine=linear_null", "calibrated=null", config_dir=folder)
    assert params(none) == plain
    assert params(study("engine=linear_null", "calibrated=fitted", config_dir=folder)) != plain
    assert study("engine=taps", "acceptance=null").rules == ()
    assert study("engine=taps").rules != ()


def test_null_is_a_level_and_part_of_an_arm(tmp_path: Path) -> None:
    option = "# @package _global_\nparams: {effect: 3}\n"
    folder = own(tmp_path, calibrated__linear_null__fitted=option)
    axis = study("engine=linear_null", "calibrated=null,fitted", config_dir=folder)
    arms = study(
        "engine=linear_null", "calibrated=fitted", "design.arms.plain.calibrated=null",
        config_dir=folder,
    )  # fmt: skip
    assert axis.axes[0].levels == (None, "fitted")
    for found in (axis, arms):
        effects = [tree["params"].get("effect", 0.0) for tree in found.bases.values()]
        assert sorted(effects) == [0.0, 3.0]


def test_null_of_a_group_that_only_other_engines_have_changes_nothing() -> None:
    plain = study("engine=linear_null")
    assert study("engine=linear_null", "traffic=null", "calibrated=null").document == plain.document


@pytest.mark.parametrize("word", ["engine=null", "sweeps=null"])
def test_a_study_has_an_engine(word: str) -> None:
    with pytest.raises(ConfigError, match=f"'null': is no option of {word.split('=')[0]}"):
        study(*(["engine=linear_null"] if word != "engine=null" else []), word)


def test_a_value_beats_a_group() -> None:
    found = study("engine=linear_null", "params.archetypes.heavy.share=0.3", "mix=heavy")
    assert params(found)["archetypes"]["heavy"]["share"] == 0.3


def test_deleting_returns_to_the_default() -> None:
    found = study("sweeps=taps_plan", "~params.public_tap.tokens_per_conversion_mean")
    assert params(found)["public_tap"]["tokens_per_conversion_mean"] == 50000.0
    assert study("sweeps=taps_plan", "~design.arms").arms == ()
    keys = [axis.key for axis in study("sweeps=taps_plan", "~design.grid.horizon").axes]
    assert "horizon" not in keys
    without = study("sweeps=taps_grid", "~design.variables.params.private_tap.churn_rate_mom")
    assert "private_tap.churn_rate_mom" not in [v.path for v in without.variables]


def test_axes_stand_in_the_order_given_and_variables_after_them() -> None:
    found = study(
        "engine=taps", "horizon=12,18", "params.public_tap.cac_base_eur=40,50",
        "design.variables.params.public_tap.churn_rate_mom="
        "{treatment:low_to_high,min:0.01,max:0.03,step:0.01}",
        "params.private_tap.markup_pct=30,40",
    )  # fmt: skip
    assert [axis.key for axis in found.axes] == [
        "horizon", "params.public_tap.cac_base_eur", "params.private_tap.markup_pct",
        "params.public_tap.churn_rate_mom",
    ]  # fmt: skip
    assert found.axes[-1].levels == (0.01, 0.02, 0.03)


def test_interval_is_a_uniform_variable() -> None:
    (variable,) = study("engine=linear_null", "params.effect=interval(0.5,2)").variables
    assert (variable.path, variable.treatment, variable.distribution) == (
        "effect", "random", "uniform",
    )  # fmt: skip
    assert (variable.low, variable.high, variable.step) == (0.5, 2.0, None)


def test_the_control_is_implied_and_first() -> None:
    found = study("engine=linear_null", "design.arms={a:{params.effect:1},b:{params.effect:2}}")
    assert [arm.name for arm in found.arms] == ["control", "a", "b"]
    assert found.control == "control"
    named = study(
        "engine=linear_null", "design.arms={a:{params.effect:1},b:null}", "design.control=b"
    )
    assert ([arm.name for arm in named.arms], named.control) == (["a", "b"], "b")


def test_groups_compose_once_per_combination(monkeypatch: pytest.MonkeyPatch) -> None:
    from runner.config import draft

    made: list[dict[str, str]] = []
    real = draft.compose_groups

    def counting(sources: Any, choices: Any, *listed: Any) -> Any:
        made.append(dict(choices))
        return real(sources, choices, *listed)

    monkeypatch.setattr(draft, "compose_groups", counting)
    found = study(
        "engine=linear_null", "mix=heavy,light", "params.effect=1,2,3", "horizon=2,3",
        "design.arms={a:{params.baseline:1},b:{seeding:per_cell}}",
    )  # fmt: skip
    assert len(found.bases) == 4
    assert len(made) == 1 + 4
    assert len({tuple(sorted(m.items())) for m in made}) == len(made)


def test_interpolations_follow_each_cell() -> None:
    found = study("engine=linear_null", "params.effect=${params.baseline}", "params.baseline=5,6")
    for level in (5, 6):
        tree = cell_tree(found, (), {"params.baseline": level})
        assert tree["params"]["effect"] == level


def test_a_mapping_is_a_study_too() -> None:
    nested = {"engine": "linear_null", "design": {"grid": {"horizon": [2, 3]}, "replicates": 4}}
    dotted = {"engine": "linear_null", "design.grid.horizon": [2, 3], "design.replicates": 4}
    chosen = {"engine": "linear_null", "mix": "heavy", "seeding": "per_cell"}
    first, second = (compose_study(request_from_mapping(m)) for m in (nested, dotted))
    assert first == second
    assert first.axes[0].levels == (2, 3)
    third = compose_study(request_from_mapping(chosen))
    assert third.document["seeding"] == {"mode": "per_cell"}
    assert params(third)["archetypes"]["heavy"]["share"] == 0.8


def test_a_mapping_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"design\.replicates: lies below a single value"):
        compose_study(request_from_mapping({"design": 1, "design.replicates": 2}))


def test_the_name_defaults_to_the_engine() -> None:
    assert study("engine=linear_null").name == "linear_null"
    assert study("sweeps=taps_plan").name == "taps_plan"
    assert study("engine=taps", "study.name=x-1_y").name == "x-1_y"


def test_the_document_holds_what_can_change_numbers() -> None:
    document = study("engine=linear_null", "execution.n_jobs=3", "seed=12").document
    assert document["seed"] == 12
    assert document["horizon"] == 6
    assert {"execution", "paths"}.isdisjoint(document)
    assert document["params"]["archetypes"]["heavy"] == {"share": 0.5, "shift": 2.0}


def test_several_files_of_a_group_can_be_chosen_together(tmp_path: Path) -> None:
    folder = own(
        tmp_path,
        season__linear_null__hot="# @package params\ntrend_per_period: 5\n",
        season__linear_null__wild="# @package params\nnoise_sd: 7\n",
    )
    found = params(study("engine=linear_null", "season=[hot,wild]", config_dir=folder))
    assert (found["trend_per_period"], found["noise_sd"]) == (5, 7)
    with pytest.raises(ConfigError, match="season/linear_null = wet: is no option"):
        study("engine=linear_null", "season=[hot,wet]", config_dir=folder)
