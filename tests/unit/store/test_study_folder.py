"""A study folder is locked by one, and its files are whole or absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.contract import StoreError, UnstoredError
from runner.store import StudyFolder, open_study
from runner.store.folder import replacing, write_text
from runner.store.integrity import SUMS, write_checksums, wrong_checksums


def test_one_wins_and_the_other_says_so(tmp_path: Path) -> None:
    folder = open_study(tmp_path, "study")
    with (
        folder.locked(),
        pytest.raises(StoreError, match=r"another process is running this study in .*study; wait"),
        StudyFolder(root=folder.root).locked(),
    ):
        pass
    with StudyFolder(root=folder.root).locked():
        pass


def test_a_folder_that_cannot_be_written_says_where_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write to .*file/study \(Not a directory\).*path"):
        open_study(tmp_path / "file", "study")
    with (
        pytest.raises(StoreError, match=r"cannot write to .*file/study \(Not a directory\)"),
        StudyFolder(root=tmp_path / "file" / "study").locked(),
    ):
        pass
    with pytest.raises(StoreError, match=r"cannot write .*latest: Not a directory"):
        StudyFolder(root=tmp_path / "file" / "study").point_latest("abc")


def test_a_file_is_replaced_whole_or_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    write_text(file, "first")

    def fail() -> None:
        with replacing(file) as temporary:
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert os.listdir(tmp_path) == ["file.txt"]
    assert file.read_text() == "first"
    with pytest.raises(UnstoredError, match=r"cannot write .*file.txt/below \(.*File exists|Not a"):
        write_text(file / "below", "text")


def test_commands_take_the_name_or_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert StudyFolder(root=tmp_path / "outputs" / "taps").called == "taps"
    assert StudyFolder(root=tmp_path / "my results" / "taps").called == "'my results/taps'"
    assert StudyFolder(root=Path("/elsewhere/taps")).called == "/elsewhere/taps"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    for name in ("study.json", "b.csv"):
        (tmp_path / name).write_text(f"content of {name}\n")
    write_checksums(tmp_path)
    return tmp_path


def test_checksums_are_those_of_sha256sum(plan: Path) -> None:
    assert wrong_checksums(plan) == {}
    assert (plan / SUMS).read_text().splitlines()[0].endswith("  b.csv")


def test_every_changed_byte_of_the_checksums_is_noticed(plan: Path) -> None:
    whole = (plan / SUMS).read_bytes()
    for place in range(len(whole)):
        for bit in (0, 3, 5, 7):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << bit
            (plan / SUMS).write_bytes(bytes(flipped))
            assert wrong_checksums(plan), (place, bit)
        (plan / SUMS).write_bytes(whole[:place])
        assert wrong_checksums(plan), place


def test_files_that_changed_came_or_went_are_named(plan: Path) -> None:
    (plan / "b.csv").write_text("other")
    (plan / "note.txt").write_text("new")
    (plan / "study.json").unlink()
    assert wrong_checksums(plan) == {
        "b.csv": "its content has changed",
        "note.txt": "is not listed in SHA256SUMS",
        "study.json": "is missing",
    }
    (plan / SUMS).unlink()
    assert wrong_checksums(plan) == {SUMS: "is missing: the plan has not been finished"}
