"""A user's folder shadows our files, adds its own, and leaves the rest alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.commands import Command, Ran

TAPS = """\
# @package _global_
engine: taps
params:
  public_tap: {budget_month0_eur: 3000}
"""
STUDY = """\
# @package _global_
defaults:
  - override /engine: taps
  - override /region: north
study:
  name: mine
  question: What does the north cost?
design:
  replicates: 2
  grid: {horizon: "3, 6"}
"""
NORTH = "# @package params.public_tap\ncac_base_eur: 44\n"
SOUTH = "# @package params.public_tap\ncac_base_eur: 66\n"


@pytest.fixture
def own(here: Path) -> Path:
    folder = here / "my conf"
    for name, text in {
        "engine/taps.yaml": TAPS,
        "sweeps/mine.yaml": STUDY,
        "region/north.yaml": NORTH,
        "region/south.yaml": SOUTH,
    }.items():
        write(folder / name, text)
    return folder


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def plan(command: Command, own: Path, *words: str) -> Ran:
    return command("plan", *words, "--config-dir", str(own), "--json")


def study_of(ran: Ran) -> dict[str, object]:
    assert ran.code == 0, ran.err
    found: dict[str, object] = yaml.safe_load((ran.folder / "study.yaml").read_text())
    return found


def public(ran: Ran) -> dict[str, object]:
    params = study_of(ran)["params"]
    return params["public_tap"]  # type: ignore[index, no-any-return]


def test_the_users_engine_file_replaces_ours(command: Command, own: Path) -> None:
    shadowed = public(plan(command, own, "engine=taps"))
    assert shadowed["budget_month0_eur"] == 3000.0
    assert shadowed["cac_base_eur"] == 50.0  # not in the file: the engine's own default
    ours = public(command("plan", "engine=taps", "--json"))
    assert ours["budget_month0_eur"] == 1000.0


def test_the_users_study_and_group_work(command: Command, own: Path) -> None:
    ran = plan(command, own, "sweeps=mine")
    assert ran.document["study"] == "mine"
    assert ran.document["axes"] == {"horizon": [3, 6]}
    assert public(ran)["cac_base_eur"] == 44.0
    assert public(plan(command, own, "sweeps=mine", "region=south"))["cac_base_eur"] == 66.0


def test_the_users_group_can_be_an_axis(command: Command, own: Path) -> None:
    ran = plan(command, own, "sweeps=mine", "region=glob(*)")
    assert ran.document["axes"] == {"horizon": [3, 6], "region": ["north", "south"]}
    arms = plan(command, own, "sweeps=mine", "design.arms={far:{region:south}}")
    assert arms.document["arms"] == ["control", "far"]
    assert arms.document["runs"]["planned"] == 8


def test_what_is_not_shadowed_stays(command: Command, own: Path) -> None:
    ours = plan(command, own, "engine=linear_null", "mix=heavy").document["plan_id"]
    assert ours == command("plan", "engine=linear_null", "mix=heavy", "--json").document["plan_id"]
    known = plan(command, own, "sweeps=nope").err
    assert "is no option of sweeps: " in known
    assert {"mine,", "taps_grid,", "taps_plan"} <= set(known.split())


def test_a_relative_folder_works(command: Command, own: Path) -> None:
    assert public(plan(command, Path(own.name), "engine=taps"))["budget_month0_eur"] == 3000.0


FILES = {
    "broken YAML": ("engine/taps.yaml", "engine: taps\nparams: [1\n", ("taps.yaml:3: ", "YAML")),
    "a tab": ("engine/taps.yaml", "engine: taps\nparams:\n\tx: 1\n", ("taps.yaml:3: ", "YAML")),
    "a repeated key": (
        "engine/taps.yaml",
        "engine: taps\nhorizon: 12\nhorizon: 18\n",
        ("taps.yaml:3: ", "duplicate key horizon"),
    ),
    "a repeated key below": (
        "sweeps/mine.yaml",
        STUDY.replace("replicates: 2", "replicates: 2\n  replicates: 3"),
        ("mine.yaml:10: ", "duplicate key replicates"),
    ),
    "no mapping": ("engine/taps.yaml", "- a\n- b\n", ("engine = [a, b]: choose one",)),
    "an unknown option": (
        "sweeps/mine.yaml",
        STUDY.replace("region: north", "region: nrth"),
        ("region/nrth",),
    ),
    "an unknown group": (
        "sweeps/mine.yaml",
        STUDY.replace("/region: north", "/regio: north"),
        ("regio",),
    ),
    "an object": (
        "engine/taps.yaml",
        "engine: !!python/object/apply:os.system ['true']\n",
        ("taps.yaml",),
    ),
    "a key without package": (
        "region/north.yaml",
        "cac_base_eur: 44\n",
        ("region: unknown key", "'# @package _global_'"),
    ),
    "a target": (
        "region/north.yaml",
        "# @package params.public_tap\n_target_: os.system\n",
        ("params.public_tap._target_: ",),
    ),
    "another engine's name": (
        "engine/taps.yaml",
        "# @package _global_\nengine: tapz\n",
        ("engine: unknown engine 'tapz'; did you mean taps?",),
    ),
    "an engine that is no text": (
        "engine/taps.yaml",
        "# @package _global_\nengine: [taps]\n",
        ("engine = [taps]: choose one: clv, ", "linear_null, taps, or a study"),
    ),
    "bytes that are no text": (
        "engine/taps.yaml",
        "\udcff\udcfe",
        ("taps.yaml: must be UTF-8",),
    ),
    "an empty engine file": (
        "engine/taps.yaml",
        "",
        ("engine = {}: choose one: clv, ", "linear_null, taps, or a study"),
    ),
    "a wrong value": (
        "region/north.yaml",
        "# @package params.public_tap\ncac_base_eur: many\n",
        ("params.public_tap.cac_base_eur = many: must be a number",),
    ),
    "keys that are numbers": (
        "region/north.yaml",
        "# @package params.public_tap\n1: many\n",
        ("params.public_tap.1: unknown parameter",),
    ),
    "an interpolation to nowhere": (
        "region/north.yaml",
        "# @package params.public_tap\ncac_base_eur: ${params.nope}\n",
        ("params.public_tap.cac_base_eur", "'params.nope' not found"),
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_a_mistake_in_a_file_is_told(command: Command, own: Path, here: Path, case: str) -> None:
    name, text, told = FILES[case]
    (own / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    ran = command("run", "sweeps=mine", "--config-dir", str(own))
    assert ran.code == 2, ran.err
    assert "Traceback" not in ran.err
    for fragment in told:
        assert fragment in ran.err
    assert not (here / "outputs").exists()


@pytest.mark.parametrize("folder", ["nowhere", "my conf/sweeps/mine.yaml"])
def test_a_folder_that_is_none_is_told(command: Command, own: Path, folder: str) -> None:
    ran = command("run", "engine=taps", "--config-dir", folder)
    assert ran.code == 2
    assert f"--config-dir = {folder}: is not a folder" in ran.err


def test_config_prints_what_is_composed(command: Command, own: Path) -> None:
    ran = command("config", "sweeps=mine", "region=south", "horizon=5", "--config-dir", str(own))
    assert ran.code == 0, ran.err
    composed = yaml.safe_load(ran.out)
    assert composed["params"]["public_tap"] == {"budget_month0_eur": 3000, "cac_base_eur": 66}
    assert composed["horizon"] == 5
    assert "grid" not in composed["design"] or not composed["design"]["grid"]


def test_config_shows_one_key_and_resolves(command: Command) -> None:
    words = ("config", "engine=taps", "study.name=${engine}")
    assert command(*words, "-p", "study.name").out == "${engine}\n"
    assert command(*words, "-p", "study.name", "--resolve").out.startswith("taps\n")
    missing = command(*words, "-p", "params.public_tap.cac_base")
    assert missing.code == 2
    assert "is not set; did you mean cac_base_eur?" in missing.err


def test_engines_are_listed_and_described(command: Command, brittle: str) -> None:
    listed = command("engines")
    assert listed.code == 0
    for name in ("taps", "linear_null", brittle):
        assert name in listed.out
    shown = command("engines", "taps")
    for text in ("public_tap.cac_base_eur", "EUR", "total_contribution_eur", "cohorts"):
        assert text in shown.out


def test_status_tells_how_far_a_study_is(command: Command) -> None:
    words = ("engine=linear_null", "execution=sequential", "design.replicates=3")
    planned = command("plan", *words, "--json")
    assert planned.document["runs"] == {"planned": 3, "done": 0, "failed": 0, "timeout": 0}
    assert planned.document["results_hash"] is None
    before = command("status", "--json").document
    assert (before["runs"]["done"], before["runs"]["remaining"]) == (0, 3)
    ran = command("run", *words, "--json")
    for named in ("latest", "linear_null", ran.document["plan_id"], str(ran.folder)):
        after = command("status", named, "--json")
        assert after.code == 0, after.err
        assert after.document["runs"]["done"] == 3
        assert after.document["results_hash"] == ran.document["results_hash"]
    assert "3 of 3 runs done" in command("status").out


def test_plan_tells_counts_axes_runs_and_notes(command: Command, here: Path) -> None:
    ran = command("plan", "sweeps=taps_plan", "design.replicates=4")
    assert ran.code == 0
    for text in (
        "24 cells x 4 replicates = 96 runs of engine taps",
        "to run now: 96 (0 are done)",
        "1000, 2000, 4000",
        "as_planned, retention",
        "public_tap.cac_base_eur",
        "monotone rule is automatic here",
    ):
        assert text in ran.out
    place = here / "outputs" / "taps_plan" / "latest"
    assert not (place / "metrics.parquet").exists()
    assert {"plan.parquet", "study.yaml", "variable_draws.csv"} <= {f.name for f in place.iterdir()}
    again = json.loads(command("plan", "sweeps=taps_plan", "design.replicates=4", "--json").out)
    assert again["cells"] == 24
