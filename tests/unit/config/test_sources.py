"""Groups and options by the files that are there."""

from __future__ import annotations

from pathlib import Path

from runner.config.sources import find_sources


def test_ours_are_found() -> None:
    groups = find_sources(None).groups
    assert set(groups["engine"]) >= {"taps", "linear_null"}
    assert set(groups["sweeps"]) >= {"taps_plan", "taps_grid"}
    assert groups["seeding"] == ("common", "per_cell")
    assert set(groups["mix/linear_null"]) == {"balanced", "heavy", "light", "uniform"}


def test_users_files_come_first_and_add_options(tmp_path: Path) -> None:
    for name in ("engine/taps.yaml", "sweeps/mine.yaml", "mix/taps/odd.yaml", "readme.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    sources = find_sources(tmp_path)
    assert sources.roots[0] == tmp_path.resolve()
    assert "mine" in sources.groups["sweeps"]
    assert "taps_plan" in sources.groups["sweeps"]
    assert sources.groups["mix/taps"] == ("odd",)
    assert "." not in sources.groups


def test_an_engines_own_group_has_a_short_name() -> None:
    sources = find_sources(None)
    assert sources.group_for("mix", "linear_null") == "mix/linear_null"
    assert sources.group_for("mix/linear_null", "linear_null") == "mix/linear_null"
    assert sources.group_for("mix", "taps") is None
    assert sources.group_for("seeding", "taps") == "seeding"
    assert sources.group_for("params.mix", "linear_null") is None
