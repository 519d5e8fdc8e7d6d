"""A study reads configuration from its folders and writes into its study folder, nowhere else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from runner.calibrate.fragment import write_fragment
from runner.config import StudyRequest, compose_study
from runner.contract import StoreError
from runner.plan.files import input_files
from runner.store import Ledger
from runner.store.folder import replacing
from tests.commands import Command
from tests.security.conftest import Attack

NO_RUNS = ("plan", "engine=linear_null", "params.entities=5")
STUDY = ("run", "engine=linear_null", "params.entities=5", "design.replicates=2",
         "execution=sequential")  # fmt: skip

BAD_NAMES = (
    "../x", "..", "/etc/x", "a/b", "a\\b", "a.b", ".hidden", "-rf", "a b", "a\n", "", "a" * 101,
    "CON", "nul", "Lpt1", "a\x1b[31m", "é",
)  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_of_studies_are_no_paths(name: str, attack: Attack, here: Path) -> None:
    ran = attack(f"study: {{name: {json.dumps(name)}}}\n")
    assert ran.code == 2
    assert "study.name" in ran.err
    assert not (here / "outputs").exists()


@pytest.mark.parametrize("name", ["../x", "a/b", "a" * 101, "CON"])
def test_names_of_arms_and_calibrations_are_no_paths(name: str, attack: Attack) -> None:
    ran = attack(f"design: {{arms: {{{json.dumps(name)}: {{params.effect: 1}}}}}}\n")
    assert "arm names are letters, digits, _, -" in ran.err
    ran = attack(f"calibrate: {{name: {json.dumps(name)}}}\n")
    assert "calibrate.name" in ran.err


@pytest.mark.parametrize("word", ["sweeps", "mix", "calibrated"])
@pytest.mark.parametrize("option", ["../../x", "/etc/passwd"])
def test_options_are_no_paths(word: str, option: str, command: Command) -> None:
    ran = command("plan", "engine=idle_rpg", f"{word}={option}")
    assert ran.code == 2
    assert "is no option of" in ran.err


@pytest.mark.parametrize(
    "entry",
    [
        "../../outside@study", "/../outside@study", "'/../../there@study': outside",
        "/OUTSIDE@study", '"..\\x2f../outside@study"', "'\\\\outside@study'",
    ],
)  # fmt: skip
def test_defaults_read_no_files_outside(entry: str, attack: Attack, here: Path) -> None:
    (here.parent / "outside.yaml").write_text("question: SECRET OUTSIDE\n")
    entry = entry.replace("OUTSIDE", f"/{here.parent}/outside")
    ran = attack("", head=f"# @package _global_\ndefaults: [{entry}, override /engine: taps]\n")
    assert ran.code == 2
    assert "without .. and functions" in ran.err
    assert not (here / "outputs").exists()


@pytest.mark.parametrize(
    "text",
    [
        'paths: {outputs: "a\\0b"}',
        'design: {variables_csv: ["a\\0b"]}',
        'params: {taps: {public_tap: {x: "a\\0b"}}}',
    ],
)
def test_a_nul_is_no_file_name(text: str, attack: Attack) -> None:
    ran = attack(f"{text}\n")
    assert ran.code == 2
    assert "must not hold a NUL character" in ran.err


def test_words_win_over_files(attack: Attack, here: Path) -> None:
    theirs = "paths: {outputs: /nowhere/else}\ntracking: {mode: server, uri: 'http://theirs'}\n"
    ran = attack(theirs, "paths.outputs=ours", "tracking.mode=none", "tracking.uri=null", "--json")
    assert ran.code == 0
    assert ran.folder.is_relative_to(here / "ours")
    assert "http://theirs" not in (ran.folder / "study.json").read_text()


@pytest.mark.parametrize(
    "uri", ["mssql+pyodbc:///?odbc_connect=DRIVER=/x.so", "file:///etc", "plugin://x", "databricks"]
)
def test_addresses_of_mlflow_load_no_drivers(uri: str, attack: Attack) -> None:
    ran = attack(f"tracking: {{mode: server, uri: {uri!r}}}\n")
    assert ran.code == 2
    assert "must begin with http://, https://, sqlite:///" in ran.err


LINKS = ("runs", "runs/parts", "runs/parts/metrics", "runs/ledger.jsonl", "plans", ".lock", "conf")


@pytest.mark.parametrize("link", LINKS)
def test_links_inside_a_study_folder_are_refused(
    link: str, command: Command, here: Path, tmp_path: Path
) -> None:
    planned = command(*NO_RUNS, "--json")
    assert planned.code == 0
    theirs = tmp_path / "precious"
    theirs.mkdir()
    (theirs / "file").write_text("keep me")
    place = here / "outputs" / "linear_null" / link
    if place.is_dir():
        place.rename(tmp_path / "moved")
    target = theirs / "file" if link in {".lock", "runs/ledger.jsonl"} else theirs
    place.unlink(missing_ok=True)
    place.symlink_to(target)
    for words in (STUDY, ("resume", "linear_null")):
        ran = command(*words)
        assert ran.code == 2
    assert [(f.name, f.read_text()) for f in theirs.iterdir()] == [("file", "keep me")]
    if link != "plans":  # without its plans there is nothing to resume
        assert "is a link" in ran.err


def test_files_are_not_written_through_links(tmp_path: Path) -> None:
    import os

    precious, file = tmp_path / "precious", tmp_path / "result"
    precious.write_text("keep me")
    file.symlink_to(precious)
    file.with_name(f".{file.name}.{os.getpid()}.tmp").symlink_to(precious)
    with replacing(file) as temporary:
        temporary.write_text("new")
    assert precious.read_text() == "keep me"
    assert not file.is_symlink()
    assert file.read_text() == "new"


def test_a_study_folder_may_be_a_link(command: Command, here: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "big_disk"
    elsewhere.mkdir()
    (here / "outputs").mkdir()
    (here / "outputs" / "linear_null").symlink_to(elsewhere)
    assert command(*NO_RUNS).code == 0
    assert (elsewhere / "runs").is_dir()


@pytest.mark.parametrize("part", ["../../../precious", "/etc/passwd", "a/b"])
def test_the_ledger_names_no_paths(part: str, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append(part, [], {})
    ledger.read()
    assert ledger.unreadable_lines == (1,)


def test_a_forged_calibration_writes_no_file_outside(here: Path) -> None:
    from dataclasses import replace
    from types import SimpleNamespace

    study = compose_study(StudyRequest(words=("engine=linear_null",)))
    forged = replace(study, calibration=replace(study.calibration, name="../../../x"))
    with pytest.raises(StoreError, match="cannot be the name of a configuration file"):
        write_fragment(here / "a" / "b", SimpleNamespace(study=forged), "text")  # type: ignore[arg-type]
    assert not list(here.rglob("*.yaml"))


def test_input_files_are_recorded_with_their_hash(tmp_path: Path) -> None:
    from types import SimpleNamespace

    data = tmp_path / "anywhere.csv"
    data.write_bytes(b"customer_id\n1\n")
    spec = SimpleNamespace(files=lambda params: {"path": str(data), "other": "a\0b"})
    paths, digests, problems = input_files(spec, None, tmp_path / "here")  # type: ignore[arg-type]
    assert paths == {"path": str(data)}
    assert digests == {"path": hashlib.sha256(data.read_bytes()).hexdigest()}
    assert [problem.where for problem in problems] == ["params.other"]
