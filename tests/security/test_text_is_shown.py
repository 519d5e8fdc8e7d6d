"""Text from studies and results is shown, and never obeyed by browser, spreadsheet or terminal."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from runner.audit.export import export_tables
from runner.contract import Problem, visible
from runner.report.console import StudyConsole
from runner.store.spreadsheet import as_cell, csv_text, text_of
from tests.commands import Command
from tests.security.conftest import Attack

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg onload=alert(1)>"
FORMULA = '=HYPERLINK("http://theirs","open me")'
REDDENED = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202etxt"

HOSTILE = {
    "defaults": [{"override /engine": "linear_null"}],
    "study": {"name": "hostile", "question": SCRIPT},
    "params": {"entities": 5},
    "compare": {"resamples": 0},
    "design": {"replicates": 2, "arms": {"b": {"params.effect": 1}},
               "grid": {"horizon": [2, 3]}},
    "acceptance": {"grows": {"metric": "mean_outcome", "at_least": 1e6, "source": SCRIPT}},
    "exceptions": {},
    "report": "html",
}  # fmt: skip


class _Page(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.handlers += [name] if name.startswith("on") else []
            named = {"src", "href", "srcset", "action", "data", "poster", "xlink:href"}
            self.addresses += [value or ""] if name in named else []


@pytest.fixture
def page(attack: Attack) -> str:
    ran = attack(
        json.dumps(HOSTILE), "execution.n_jobs=1", "--json", verb="run",
        head="# @package _global_\n",
    )  # fmt: skip
    assert ran.code in (0, 1), ran.err
    return (ran.folder / "report.html").read_text(encoding="utf-8")


def test_reports_carry_out_no_text_and_load_nothing(page: str) -> None:
    found = _Page(page)
    assert "&lt;script&gt;alert(1)" in page
    assert not found.tags & {"script", "iframe", "object", "embed", "form", "base", "svg", "b"}
    assert found.handlers == []
    assert found.addresses
    assert all(a.startswith(("data:", "#")) or "/" not in a for a in found.addresses)
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page
    assert "@import" not in page
    assert "url(" not in page


@pytest.mark.parametrize("text", [FORMULA, "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_csv_files_hold_no_formulas(text: str) -> None:
    frame = pd.DataFrame({"label": [text, "plain"], "value": [-1.5, 2.0], text: ["a", "b"]})
    kinds = {"object": frame, "category": frame.astype({"label": "category"})}
    for made in kinds.values():
        rows = list(csv.reader(io.StringIO(csv_text(made))))
        shown = text.replace("\r", "\n")
        assert rows[1][0] == f"'{shown}"
        assert rows[0][2] == f"'{shown}"
        assert rows[1][1] == "-1.5"
        assert rows[2][0] == "plain"


@pytest.mark.parametrize("value", ["-1.5", "+3e4", "-inf", "", "plain", 7, -2.5, None])
def test_numbers_in_csv_files_stay_numbers(value: object) -> None:
    assert as_cell(value) == value


@pytest.mark.parametrize("text", [FORMULA, "-x", "plain", "'quoted", "", 3.5])
def test_marked_texts_can_be_read_back(text: object) -> None:
    assert text_of(as_cell(text)) == text


def test_exports_keep_texts_as_they_are(tmp_path: Path) -> None:
    from types import SimpleNamespace

    frame = pd.DataFrame({"run_id": ["r"], "phone": ["+49 170"]})
    frame.to_parquet(tmp_path / "people.parquet", index=False)
    spec, files = SimpleNamespace(exports={}), {"people": tmp_path / "people.parquet"}
    (made,) = export_tables(spec, None, files, tmp_path / "out", "csv")  # type: ignore[arg-type]
    assert made.read_text() == "phone\n+49 170\n"


def test_messages_hold_no_control_characters(attack: Attack) -> None:
    text = {"defaults": [{"override /engine": "linear_null"}], "params": {REDDENED: 1}}
    ran = attack(json.dumps(text), head="# @package _global_\n")
    assert ran.code == 2
    assert "\\x1b[31mred\\x1b]0;title\\x07\\x9b2J\\u202etxt" in ran.err
    assert not set(ran.err) & set("\x1b\x07\x9b\u202e")


def test_tables_on_the_terminal_hold_no_control_characters() -> None:
    from rich.table import Table

    out = io.StringIO()
    console = StudyConsole(file=out, width=200, force_terminal=False)
    table = Table(REDDENED, title=REDDENED)
    table.add_row(REDDENED)
    console.print(table)
    console.print(REDDENED)
    assert out.getvalue().count("\\x1b[31mred") == 4
    assert not set(out.getvalue()) & set("\x1b\x07\x9b\u202e")


def test_json_holds_no_control_characters(command: Command) -> None:
    ran = command("plan", "engine=linear_null", f"study.question='{REDDENED}'", "--json")
    assert not set(ran.out) & set("\x1b\x07\x9b\u202e")


def test_line_ends_and_letters_stay() -> None:
    assert visible("a\tb\nc é € 漢") == "a\tb\nc é € 漢"
    assert str(Problem("a\x1b", "\x00", "c")) == "a\\x1b = \\x00: c"
