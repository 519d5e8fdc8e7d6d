"""Any run can be found, computed again and exported; shares are read as people write them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from runner import run_study
from runner.audit import read_share, rerun
from runner.contract import ConfigError, StoreError
from runner.results import StudyResults


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    return run_study(
        {
            "engine": "linear_null", "params.entities": 5, "horizon": 3, "design.replicates": 2,
            "paths.outputs": str(tmp_path_factory.mktemp("outputs")), "execution.n_jobs": 1,
            "collect": "all",
        }
    )  # fmt: skip


def outputs_of(found: StudyResults) -> Path:
    return found.folder.parents[2]


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_an_export_is_the_runs_part_of_the_study(
    found: StudyResults, tmp_path: Path, file_format: str
) -> None:
    run_id = found.plan["run_id"].iloc[1]
    done = rerun(outputs_of(found), run_id, export=tmp_path / "out", file_format=file_format)
    assert done.agrees is True
    assert {file.stem for file in done.exported} == set(found.tables)
    for file in done.exported:
        read = pd.read_csv if file_format == "csv" else pd.read_parquet
        stored = found.table(file.stem)
        mine = stored[stored["run_id"] == run_id]
        rows = read(file)
        columns = list(rows.columns)
        pd.testing.assert_frame_equal(
            rows, mine[columns].reset_index(drop=True), check_dtype=False, rtol=1e-15
        )


def test_a_run_is_named_by_the_beginning_of_its_id(found: StudyResults) -> None:
    outputs, run_id = outputs_of(found), found.plan["run_id"].iloc[0]
    assert rerun(outputs, run_id[:10]).record.run_id == run_id
    with pytest.raises(StoreError, match=r"no run 'zz' in the plans below .*plan.parquet lists"):
        rerun(outputs, "zz")
    with pytest.raises(StoreError, match=r"no run '' in the plans"):
        rerun(outputs, "")


def test_unknown_tables_and_formats_are_refused_together(
    found: StudyResults, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        rerun(
            outputs_of(found),
            found.plan["run_id"].iloc[0],
            tables="x",
            export=tmp_path,
            file_format="cvs",
        )
    text = str(caught.value)
    assert "--format = cvs: must be one of parquet, csv" in text
    assert "did you mean csv?" in text
    assert "--tables = x: is no table of linear_null: " in text


def test_an_export_to_no_folder_says_so(found: StudyResults, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot export to .*file"):
        rerun(outputs_of(found), found.plan["run_id"].iloc[0], export=tmp_path / "file")


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("100%", 1.0), ("0.5", 0.5)])
def test_shares_are_read(text: str, share: float) -> None:
    assert read_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["0", "0%", "101%", "-1%", "x", "", "nan", "1.5"])
def test_other_shares_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"--sample.*above 0 and at most 100%"):
        read_share(text)
