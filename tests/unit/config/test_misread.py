"""What YAML reads otherwise than it is written is refused with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.config import Study, StudyRequest, compose_study
from runner.contract import ConfigError

HEAD = "# @package _global_\ndefaults:\n  - override /engine: linear_null\n"


def study(folder: Path, text: str, *words: str) -> Study:
    file = folder / "sweeps" / "s.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return compose_study(StudyRequest(words=("sweeps=s", *words), config_dir=folder))


def refused(folder: Path, text: str, *words: str) -> str:
    with pytest.raises(ConfigError) as caught:
        study(folder, text, *words)
    return str(caught.value)


MISREAD = {
    "horizon: 012": "s.yaml:4 = '012': would be read as 10, a number with base 8; write 12",
    "params: {effect: -010}": "s.yaml:4 = '-010': would be read as -8",
    "params: {baseline: 1:30}": "s.yaml:4 = 1:30: would be read as 90, 60 to each colon",
    "params: {baseline: 1:30.5}": "would be read as 90.5",
    "design: {arms: {no: {}}}": "s.yaml:4 = no: would be read as a truth value",
    "design:\n  arms:\n    Yes: {}": "s.yaml:6 = Yes: would be read as a truth value",
    "design: {grid: {horizon: [6, 012]}}": "s.yaml:4 = '012'",
}


@pytest.mark.parametrize("line", list(MISREAD))
def test_a_value_that_would_be_another_is_refused(tmp_path: Path, line: str) -> None:
    assert MISREAD[line] in refused(tmp_path, f"{HEAD}{line}\n")


def test_all_of_a_file_are_told_together(tmp_path: Path) -> None:
    assert "2 problems" in refused(tmp_path, f"{HEAD}horizon: 012\nparams: {{baseline: 1:30}}\n")


def test_files_that_the_study_chooses_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "season").mkdir()
    (tmp_path / "season" / "odd.yaml").write_text("# @package params\nbaseline: 010\n")
    assert study(tmp_path, HEAD).document["params"]["baseline"] == 10.0
    assert "odd.yaml:2 = '010': would be read as 8" in refused(tmp_path, HEAD, "season=odd")
    listed = f"{HEAD}  - override /season: odd\n"
    assert "odd.yaml:2 = '010'" in refused(tmp_path, listed)


def test_what_is_read_as_it_is_written_stays(tmp_path: Path) -> None:
    text = (
        f"{HEAD}horizon: 07\nseed: 0x10\nstudy: {{question: 'at 1:30, 012 of them; no: yes'}}\n"
        "design: {arms: {'no': {params.effect: 0.5}, 2024: {params.effect: 1}}, control: 'no'}\n"
        "params: {baseline: &b 0.5, trend_per_period: *b}  # no: 012\n"
    )
    found = study(tmp_path, text)
    assert (found.document["horizon"], found.document["seed"]) == (7, 16)
    assert [arm.name for arm in found.arms] == ["no", "2024"]


def test_a_study_without_the_first_line_is_told_it(tmp_path: Path) -> None:
    first = "must begin with the line '# @package _global_'"
    assert first in refused(tmp_path, "defaults:\n  - override /engine: linear_null\n")
    assert first in refused(tmp_path, "horizon: 3\n# @package _global_\n", "engine=linear_null")
    assert first in refused(tmp_path, f"# mine\n{HEAD}")  # hydra stops at the first other line
    assert study(tmp_path, f"\n{HEAD}\n# mine\n").engine == "linear_null"
    assert first in refused(tmp_path, "# nothing yet\n", "engine=linear_null")


@pytest.mark.parametrize("head", ["# @package _global_  # mine", "# @package"])
def test_a_first_line_with_more_or_less_on_it_is_told(tmp_path: Path, head: str) -> None:
    said = f"s.yaml:1 = {head}: must be a line such as '# @package _global_' and nothing else"
    assert said in refused(tmp_path, f"{head}\nhorizon: 3\n", "engine=linear_null")
    (tmp_path / "season").mkdir()
    (tmp_path / "season" / "odd.yaml").write_text(f"{head}\nbaseline: 1\n")
    assert "odd.yaml:1" in refused(tmp_path, HEAD, "season=odd")


def test_a_byte_order_mark_is_told(tmp_path: Path) -> None:
    assert "s.yaml: begins with a byte-order mark" in refused(tmp_path, f"\ufeff{HEAD}")


def test_a_study_that_is_a_list_is_told_so(tmp_path: Path) -> None:
    assert "s.yaml: must map keys to values; it is a list" in refused(tmp_path, "- a\n- b\n")
