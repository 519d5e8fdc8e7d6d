"""A session's token shows that a folder is the same and somebody waits; marks tell how far."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.execute.session import (
    Mark,
    NobodyWaitsError,
    Session,
    run_under_way,
    session_in,
    unseen,
)
from runner.store import StudyFolder, open_study


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    return open_study(tmp_path, "study")


def test_who_sees_the_folder_and_the_files_may_work(folder: StudyFolder, tmp_path: Path) -> None:
    file = tmp_path / "input.csv"
    file.touch()
    with session_in(folder) as session:
        assert unseen(session, (str(file),)) == ""
        file.unlink()
        assert unseen(session, (str(file),)) == f"cannot read the input file {file}"
    assert not list((folder.root / "runs").glob(".*"))


def test_another_folder_at_the_same_path_is_found_out(folder: StudyFolder) -> None:
    with session_in(folder) as session:
        session.token.write_text("another command's", encoding="utf-8")
        assert unseen(session, ()) == f"sees another study folder at {folder.root}"
        session.token.unlink()
        assert "does not see the study folder" in unseen(session, ())
        assert "No such file" in unseen(session, ())


def test_a_folder_that_cannot_be_written_is_told(folder: StudyFolder) -> None:
    with session_in(folder) as session:
        folder.parts.rmdir()
        assert "cannot write to the study folder" in unseen(session, ())


def test_a_mark_tells_the_run_under_way(folder: StudyFolder) -> None:
    with session_in(folder) as session:
        assert run_under_way(session, "7") is None
        with Mark(session, "7") as mark:
            assert run_under_way(session, "7") == -1
            for run in range(3):
                mark.advance()
                assert run_under_way(session, "7") == run
        assert run_under_way(session, "7") is None


def test_a_mark_outlives_a_process_that_is_killed(folder: StudyFolder) -> None:
    with session_in(folder) as session:
        child = os.fork()
        if child == 0:
            mark = Mark(session, "7").__enter__()
            for _ in range(5):
                mark.advance()
            os._exit(9)
        os.waitpid(child, 0)
        assert run_under_way(session, "7") == 4


def test_work_stops_when_nobody_waits(folder: StudyFolder) -> None:
    with session_in(folder) as session:
        pass
    assert isinstance(session, Session)
    with Mark(session, "7") as mark, pytest.raises(NobodyWaitsError, match="nobody waits"):
        mark.advance()
