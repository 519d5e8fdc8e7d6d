from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from runner import run_study
from runner.page.source import read_source
from runner.page.write import page_html, write_page
from tests.unit.page.conftest import Make

ARMS = {"control": {}, "card": {"params.effect": 0.3}}
VOID = {"meta", "link", "img", "wbr", "br", "source"}


class Reader(HTMLParser):
    """Collect what a page is made of, and see that every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.links: list[str] = []
        self.without_scope: list[str] = []
        self.without_alt: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [str(found[k]) for k in ("src", "srcset", "href") if k in found]
        if tag == "th" and "scope" not in found:
            self.without_scope.append(str(attrs))
        if tag == "img" and not found.get("alt"):
            self.without_alt.append(str(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            return
        self.text += data
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


def page_of(results: Any) -> str:
    return page_html(read_source(results.folder))


def test_sections_stand_in_their_order(make: Make) -> None:
    found = make(**{
        "design.replicates": 12, "design.arms": ARMS, "params.effect_sd": 0.4,
        "design.grid": {"mix": ["light", "heavy"], "horizon": [3, 6]},
        "design.variables": {
            "params.trend_per_period": {
                "treatment": "random", "distribution": "uniform", "min": 0, "max": 0.2,
            }
        },
        "acceptance": {"high": {"metric": "mean_outcome", "at_least": 11}},
    })  # fmt: skip
    page = Reader(page_of(found))
    assert page.headings == [
        "Answer", "Question", "Design", "Effects of the arms", "Over the horizon", "Over the grid",
        "Acceptance", "Spread over replicates", "Random variables", "Pairing and variance",
        "Provenance",
    ]  # fmt: skip
    assert (page.open, page.without_scope, page.without_alt) == ([], [], [])
    beside = {link for link in page.links if not link.startswith(("data:", "#"))}
    assert beside == {"comparisons.csv", "variable_draws.csv"}
    assert all((found.folder / name).is_file() for name in beside)
    assert "card: mean_outcome better in all 4 cells (0." in page.text
    assert "Verdict: fail." in page.text
    assert found.results_hash in page.text


def test_a_hostile_name_is_only_text(make: Make) -> None:
    nasty = "<script>alert(1)</script>\"'&"
    found = make(**{"study.question": nasty, "design.replicates": 3})
    page = page_of(found)
    assert "<script" not in page
    assert nasty in Reader(page).text


def test_one_replicate_has_no_intervals_and_says_why(make: Make) -> None:
    page = Reader(page_of(make(**{"design.arms": ARMS})))
    assert "There are no intervals: the study has one replicate" in page.text
    assert "Against control:" in page.text
    assert "Spread over replicates" not in page.headings
    assert "there is no band" in page.text
    assert "not compared" in page.text


def test_a_study_without_arms_tells_its_means(make: Make) -> None:
    page = Reader(page_of(make(**{"design.replicates": 5})))
    assert "Effects of the arms" not in page.headings
    assert re.search(
        r"mean_outcome is [\d.]+ outcome \(95 % interval [\d.]+ to [\d.]+\)", page.text
    )


def test_null_metrics_are_told(make: Make) -> None:
    found = make(**{"design.replicates": 4, "params.threshold": None, "design.arms": ARMS,
                    "comparisons": {"above": {"metric": "share_above"}}})  # fmt: skip
    told = " ".join(Reader(page_of(found)).text.split())
    assert "share_above, fraction has no value in these cells" in told


def test_failed_runs_come_first(tmp_path: Path, brittle: str) -> None:
    found = run_study({
        "engine": brittle, "execution": "sequential", "paths.outputs": str(tmp_path / "outputs"),
        "design.replicates": 3, "params.trouble": "raise", "params.from_replicate": 1,
    })  # fmt: skip
    page = Reader(page_of(found))
    assert page.headings[0] == "Failed runs"
    assert "2 of 3 planned runs gave no result" in page.text
    assert "python -m runner retry brittle" in page.text


def test_the_same_folder_gives_the_same_bytes(make: Make, tmp_path: Path) -> None:
    found = make(**{"design.replicates": 4, "design.arms": ARMS})
    first = write_page(found.folder).read_bytes()
    copy = tmp_path / "elsewhere" / found.folder.parents[1].name
    shutil.copytree(found.folder.parents[1], copy, symlinks=True)
    assert write_page(copy / "plans" / found.folder.name).read_bytes() == first
    assert write_page(found.folder).read_bytes() == first


def test_five_hundred_cells_make_a_page_of_limited_size(make: Make) -> None:
    grid = {"params.baseline": [float(x) for x in range(50)], "horizon": [2, 3, 4, 5, 6]}
    found = make(**{"design.arms": ARMS, "design.grid": grid, "params.entities": 2,
                    "design.replicates": 2})  # fmt: skip
    assert found.counts["planned"] == 1000
    page = page_of(found)
    assert len(page) < 1_500_000
    assert "6 of 250 combinations of levels are drawn" in Reader(page).text


def test_a_page_that_fails_is_a_note_and_no_old_page_stays(
    make: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = make(report="html")
    assert (found.folder / "report.html").is_file()

    def fail(place: Path) -> None:
        raise ValueError("no ink")

    monkeypatch.setattr("runner.page.write.write_page", fail)
    again = make(report="html")
    assert again.notes[-1] == "no report was made (ValueError: no ink); results are stored"
    assert again.results_hash == found.results_hash
    assert not (found.folder / "report.html").exists()
    assert "report.html" not in (found.folder / "SHA256SUMS").read_text()
    assert "no ink" in capsys.readouterr().err
