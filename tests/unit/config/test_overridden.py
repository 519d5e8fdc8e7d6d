"""A word or value that something else replaces is refused, never ignored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.config import Study, compose_study, request_from_mapping
from runner.config.request import StudyRequest
from runner.contract import ConfigError

HEAD = "# @package _global_\ndefaults:\n  - override /engine: linear_null\n"
ZIP = "design: {zip: {z: {mix: [light, heavy], horizon: [3, 6], params.effect: [0, 1]}}}\n"
FIXED = "design: {variables: {params.effect: {treatment: fixed, default: 2}}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "z.yaml").write_text(HEAD + ZIP)
    (tmp_path / "sweeps" / "f.yaml").write_text(HEAD + FIXED)
    return tmp_path


def by_words(folder: Path, *words: str) -> Study:
    return compose_study(StudyRequest(words=words, config_dir=folder))


def by_data(folder: Path, **data: Any) -> Study:
    return compose_study(request_from_mapping(data, config_dir=folder))


@pytest.mark.parametrize("word", ["horizon=9", "params.effect=5", "mix=balanced"])
def test_a_word_on_a_key_of_a_zip_is_refused(folder: Path, word: str) -> None:
    told = f"{word}: would change nothing: design.zip.z sets the value; remove it with ~design.zip"
    with pytest.raises(ConfigError, match=told):
        by_words(folder, "sweeps=z", word)
    assert len(by_words(folder, "sweeps=z", "~design.zip.z", word).axes) == 0


def test_a_word_on_a_key_of_a_zip_counts_for_cases(folder: Path) -> None:
    found = by_words(folder, "sweeps=z", "horizon=9", "design.cases=[{params.effect:3}]")
    assert found.document["horizon"] == 9


def test_a_word_on_a_key_that_all_cells_name_as_cases_is_refused(folder: Path) -> None:
    both = "design.cases=[{params.effect: 1, mix: light}, {params.effect: 2, mix: heavy}]"
    for word in ("params.effect=5", "mix=balanced"):
        told = f"{word}: would change nothing: design.cases sets the value"
        with pytest.raises(ConfigError, match=told):
            by_words(folder, "engine=linear_null", both, word)
    one = "design.cases=[{params.effect: 1}, {horizon: 3}]"
    assert by_words(folder, "engine=linear_null", one, "params.effect=5").axes == ()
    grid = by_words(folder, "engine=linear_null", both, "horizon=3,6", "params.effect=5")
    assert grid.document["params"]["effect"] == 5


@pytest.mark.parametrize(
    ("study", "key", "place"),
    [
        ("z", "horizon", "design.zip.z"),
        ("f", "params.effect", r"design.variables.params.effect \(treatment fixed\)"),
    ],
)
def test_a_value_of_data_that_a_file_replaces_is_refused(
    folder: Path, study: str, key: str, place: str
) -> None:
    with pytest.raises(ConfigError, match=f"{key} = 4: would change nothing: {place} sets"):
        by_data(folder, sweeps=study, **{key: 4})


def test_one_mapping_may_hold_a_value_and_what_replaces_it(folder: Path) -> None:
    fixed = {"params.effect": {"treatment": "fixed", "default": 2}}
    found = by_data(folder, engine="linear_null", **{"params.effect": 4, "design.variables": fixed})
    assert found.variables[0].default == 2


DRAWN = {"params.baseline": {"treatment": "random", "min": 5, "max": 15}}
SET = {"params.baseline": {"treatment": "fixed", "default": 15}}


@pytest.mark.parametrize("variables", [DRAWN, SET], ids=["random", "fixed"])
@pytest.mark.parametrize(
    ("key", "more"),
    [
        ("params.threshold", {"params.threshold": "${params.baseline}"}),
        ("params.threshold", {"params": {"threshold": "${.baseline}"}}),
        (
            "design.arms.a.params.effect",
            {"design.arms": {"a": {"params.effect": "${params.baseline}"}}},
        ),
    ],
)
def test_a_reference_to_what_a_variable_replaces_is_refused(
    folder: Path, variables: dict[str, Any], key: str, more: dict[str, Any]
) -> None:
    told = f"{key} = .*: would keep the configured value of params.baseline, which no run uses"
    with pytest.raises(ConfigError, match=told):
        by_data(folder, engine="linear_null", **{"design.variables": variables, **more})


def test_a_variable_may_refer_to_the_configured_value(folder: Path) -> None:
    own = {"treatment": "random", "min": 0, "max": "${params.baseline}"}
    axis = {"treatment": "low_to_high", "min": 0, "max": 1, "step": 1}
    found = by_data(
        folder,
        engine="linear_null",
        **{
            "design.variables": {"params.baseline": own, "params.effect": axis},
            "params.threshold": "${params.effect}",
        },
    )
    assert found.variables[0].high == 10
