"""docs/study-file.md tells the truth: every example is run, every key of the code has a section."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from runner.cli import run_command_line
from runner.config.settings import Settings
from runner.contract import Leaf, bounds_text, leaves, shown

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "study-file.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"^<!-- (?P<job>file|run|refused|python)(?:: (?P<note>.+?))? -->\n```\w+\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
TYPES = {
    "text": "text",
    "enum": "one of",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
}
USAGE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A fenced block: a file to write, commands that succeed or are refused, or Python."""

    job: str
    note: str
    text: str

    @property
    def expected(self) -> list[str]:
        return [text for text in self.note.split(" | ") if text]


def sections() -> dict[str, list[Example]]:
    """Return the examples below each heading of the page."""
    names = HEADING.findall(PAGE)
    bodies = HEADING.split(PAGE)[2::2]
    assert len(names) == len(set(names))
    return {name: list(examples_in(body)) for name, body in zip(names, bodies, strict=True)}


def examples_in(body: str) -> Iterator[Example]:
    for found in BLOCK.finditer(body):
        yield Example(job=found["job"], note=found["note"] or "", text=found["text"])


def run_example(example: Example, capsys: pytest.CaptureFixture[str]) -> None:
    if example.job == "file":
        file = Path(example.note)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(example.text, encoding="utf-8")
    elif example.job == "python":
        exec(compile(example.text, "docs/study-file.md", "exec"), {})  # noqa: S102
    else:
        run_commands(example, capsys)


def run_commands(example: Example, capsys: pytest.CaptureFixture[str]) -> None:
    codes = [run_command_line(words_of(line)) for line in example.text.splitlines()]
    told = capsys.readouterr()
    wanted = 0 if example.job == "run" else USAGE
    assert codes == [wanted] * len(codes), f"{example.text}{told.err}"
    said = told.out if example.job == "run" else told.err
    assert example.expected, f"says nothing about what comes out: {example.text}"
    assert [text for text in example.expected if text not in said] == [], said


def words_of(line: str) -> list[str]:
    python, dash_m, runner, *words = shlex.split(line)
    assert (python, dash_m, runner) == ("python", "-m", "runner")
    return words


@pytest.mark.parametrize("section", [name for name, found in sections().items() if found])
def test_examples_do_what_the_page_says(
    section: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["python -m runner"])
    for example in sections()[section]:
        run_example(example, capsys)


def test_every_fenced_block_is_run() -> None:
    assert len(list(BLOCK.finditer(PAGE))) == PAGE.count("\n```") // 2


def rows_of(heading: str, first: str) -> list[list[str]]:
    """Return the cells of the table below a heading whose first column has this title."""
    _, _, below = PAGE.partition(f"\n## {heading}\n")
    _, head, table = below.partition(f"\n| {first} |")
    assert head, f"no table of {first} below {heading}"
    lines = table.splitlines()[2:]
    kept = lines[: next((i for i, line in enumerate(lines) if not line.startswith("|")), None)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in kept]


KEYS = {row[0].strip("`"): row[1:] for row in rows_of("All keys", "key")}
SETTINGS = leaves(Settings())


def refusal(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run_command_line(words) == USAGE
    return capsys.readouterr().err


def test_every_key_of_the_code_is_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    told = refusal(["plan", "engine=linear_null", "zzzzzz=1"], capsys)
    listed = re.search(r"known here: ([\w, ]+)", told)
    assert listed is not None, told
    tops = set(listed[1].strip().split(", "))
    assert tops == {key.partition(".")[0] for key in KEYS}
    assert sorted(set(SETTINGS) - set(KEYS)) == [], "keys without a row in docs/study-file.md"


def test_every_key_in_the_table_is_known() -> None:
    open_keys = {"engine", "params", "horizon", "collect", "acceptance", "exceptions"}
    open_keys |= {"comparisons", "targets"}
    names = ("arms", "grid", "exclude", "variables", "zip", "cases", "variables_csv")
    parts = {f"design.{name}" for name in names}
    assert set(KEYS) == set(SETTINGS) | open_keys | parts


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_a_section_with_an_example(key: str) -> None:
    assert sections().get(f"`{key}`"), f"{key} needs a section with an example"


@pytest.mark.parametrize("leaf", SETTINGS.values(), ids=lambda leaf: leaf.path)
def test_type_default_and_bounds_are_those_of_the_code(leaf: Leaf) -> None:
    kind, default, allowed = KEYS[leaf.path]
    assert kind == TYPES[leaf.kind] + (" or null" if leaf.nullable else "")
    assert default == shown(leaf.value)
    assert allowed.startswith(bounds_text(leaf.info).replace(" | ", ", "))


def test_every_field_of_a_variable_has_a_row_and_an_example(
    capsys: pytest.CaptureFixture[str],
) -> None:
    declared = "design.variables.params.effect={treatment:fixed,default:1,zzzzzz:1}"
    told = refusal(["plan", "engine=linear_null", declared], capsys)
    listed = re.search(r"known: ([\w, ]+)", told)
    assert listed is not None, told
    fields = listed[1].strip().split(", ")
    rows = rows_of("All keys", "field")
    assert sorted(name.strip("`") for row in rows for name in row[0].split(", ")) == sorted(fields)
    examples = "".join(example.text for example in sections()["`design.variables`"])
    assert [field for field in fields if f"{field}:" not in examples] == []
