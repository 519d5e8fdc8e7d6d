"""Which files are sheets: encoding, header, line ends, quoting, what is skipped."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from runner.config import Study
from tests.unit.config.sheet_support import (
    CAC,
    CAC_SD,
    EXAMPLE,
    GPU,
    GROWTH,
    HEADER,
    changed,
    composed,
    faults,
    write_sheet,
)


def axes_of(study: Study) -> dict[str, tuple[object, ...]]:
    return {axis.key: axis.levels for axis in study.axes}


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\n{GROWTH}\n",
        f"{HEADER}\r\n{GROWTH}\r\n",
        f"\ufeff{HEADER}\n{GROWTH}",
        f"\n{HEADER}\n\n,,,,,,,,,,\n# {GROWTH}\n{GROWTH}\n  \n",
        f"{HEADER}\n{GROWTH}" + '"planned, with ""care"""\n',
        HEADER.replace("scope", '"scope"') + f'\n"pub_growth"{GROWTH.removeprefix("pub_growth")}\n',
    ],
    ids=["LF", "CRLF", "BOM", "blank rows and comments", "quoted notes", "quoted fields"],
)
def test_one_sheet_in_many_dresses(content: str) -> None:
    Path("plan.csv").write_text(content, encoding="utf-8", newline="")
    found = axes_of(composed("plan.csv"))
    assert found == {"params.public_tap.budget_growth_pct_mom": (0.0, 4.0, 8.0, 12.0)}


def test_a_file_in_another_folder_is_found_from_the_working_directory() -> None:
    assert len(composed(write_sheet(GROWTH, name="plans/2026/growth.csv")).axes) == 1


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    long = changed(CAC_SD, notes='"over\nthree\nlines"')
    write_sheet("# a remark", long, "", changed(CAC, unit="USD"))
    assert [line.partition(" ")[0] for line in faults("plan.csv")] == ["plan.csv:7:"]
    write_sheet("# a remark", changed(CAC_SD, notes='"over\nlines"', unit="USD"))
    assert [line.partition(" ")[0] for line in faults("plan.csv")] == ["plan.csv:3:"]


def test_a_missing_file_is_one_problem_that_says_where_was_looked(tmp_path: Path) -> None:
    (line,) = faults("nowhere.csv")
    assert line.startswith("nowhere.csv: file: cannot be read (No such file or directory; must be")
    assert str(tmp_path / "nowhere.csv") in line


def test_a_folder_is_no_file() -> None:
    Path("sheets").mkdir()
    assert faults("sheets")[0].startswith("sheets: file: cannot be read (Is a directory; ")


@pytest.mark.parametrize(
    "head",
    [
        HEADER.replace("notes", "remarks"),
        HEADER.removesuffix(",notes"),
        HEADER.replace("min,max", "max,min"),
        HEADER.upper(),
    ],
)
def test_another_header_is_one_problem_and_the_rows_are_not_read(head: str) -> None:
    Path("plan.csv").write_text(f"{head}\nnot,a,row\n{changed(CAC, unit='USD')}\n")
    assert faults("plan.csv") == [
        f"plan.csv:1: header: is not the header ({head}; must be exactly {HEADER})"
    ]


def test_semicolons_are_answered_by_how_to_export() -> None:
    Path("plan.csv").write_text(f"{HEADER};{GROWTH}\n".replace(",", ";"))
    (line,) = faults("plan.csv")
    assert "export with commas, not semicolons" in line


def test_an_empty_file_has_no_header() -> None:
    Path("plan.csv").write_text("")
    assert faults("plan.csv")[0].startswith("plan.csv:1: header: is not the header (''; must be")


def test_other_encodings_are_refused_with_their_line() -> None:
    Path("plan.csv").write_bytes(f"{HEADER}\n{GROWTH}größer\n".encode("latin-1"))
    assert faults("plan.csv") == [
        "plan.csv:2: file: is not UTF-8 (byte 0xf6; must be UTF-8; export as CSV UTF-8)"
    ]


def test_broken_quoting_is_told_beside_the_faults_above_it() -> None:
    write_sheet(changed(CAC, unit="USD"), 'x,"never closed')
    first, second = sorted(faults("plan.csv"))
    assert first.startswith("plan.csv:2: unit: ")
    assert second.startswith("plan.csv:3: row: is not CSV from here on (unexpected end of data; ")


def test_a_sheet_is_listed_once() -> None:
    write_sheet(GROWTH)
    assert faults("plan.csv", "./plan.csv") == [
        "design.variables_csv = ./plan.csv: is listed twice; list each file once"
    ]


@pytest.mark.parametrize("written", ["plan.csv", {"a": 1}, [1]])
def test_the_key_takes_a_list_of_files(written: object) -> None:
    (line,) = faults(design={"variables_csv": written})
    assert line.startswith("design.variables_csv = ")
    assert line.endswith(": must be a list of files: [a.csv, b.csv]")


def test_each_file_s_content_is_on_record() -> None:
    names = [write_sheet(*EXAMPLE[:3], name="public_tap.csv"), write_sheet(GPU, name="gpu.csv")]
    assert composed(*names).document["sheets"]["files"] == [
        {"file": name, "sha256": hashlib.sha256(Path(name).read_bytes()).hexdigest()}
        for name in names
    ]
