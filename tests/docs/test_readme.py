"""README.md shows real output: its commands are run, and print what stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from runner.cli import run_command_line

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(?P<kind>sh|text|python)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
TOUR = ("Five minutes", "From Python")
WIDEST = 110
ONLY_HERE = "results hash"  # its last bits depend on the CPU


def blocks_of(heading: str) -> list[tuple[str, str]]:
    _, _, below = PAGE.partition(f"\n## {heading}\n")
    return [(found["kind"], found["text"]) for found in BLOCK.finditer(below.partition("\n## ")[0])]


def run_block(kind: str, text: str) -> None:
    if kind == "python":
        exec(compile(text, "README.md", "exec"), {})  # noqa: S102
    for line in text.replace("\\\n", " ").splitlines() if kind == "sh" else ():
        words = shlex.split(line, comments=True)
        assert words[:3] == ["python", "-m", "runner"]
        run_command_line(words[3:])


def plain(line: str) -> str:
    return " ".join(re.sub("[─ ]+", " ", line).split())


def is_told(line: str, told: list[str]) -> bool:
    """Tell whether a line of the page begins a printed line; `.../` stands for any folder."""
    if line.strip() == "..." or not plain(line) or line.startswith(ONLY_HERE):
        return True
    before, dots, after = line.partition(".../")
    return any(
        found.startswith(plain(before)) and (found.endswith(after) if dots else True)
        for found in told
    )


@pytest.mark.parametrize("heading", TOUR)
def test_the_tour_prints_what_the_page_says(
    heading: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    told: list[str] = []
    wrong: list[str] = []
    for kind, text in blocks_of(heading):
        if kind == "text":
            wrong += [line for line in text.splitlines() if not is_told(line, told)]
        else:
            run_block(kind, text)
            captured = capsys.readouterr()
            told = [plain(line) for line in (captured.out + captured.err).splitlines()]
    assert wrong == [], "\n".join(told)


def test_no_line_is_too_wide_for_a_terminal() -> None:
    assert [line for line in PAGE.splitlines() if len(line) > WIDEST and line[0] != "|"] == []


def test_the_two_commands_are_what_ci_runs() -> None:
    assert [kind for kind, _ in blocks_of("Two commands")] == ["sh"]
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^demo:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


PAGES = ["README.md", "ARCHITECTURE.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []
