"""ARCHITECTURE.md lists what is there: every room and module once, in the contracts' order."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
RUNNER = ROOT / "runner"
CODE = re.compile(r"`([^`]+)`")
SAYS_NO_ORDER = {"__main__"}  # nothing imports it


def rows_of(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    _, _, below = PAGE.partition(f"\n## {heading}\n")
    assert below, f"ARCHITECTURE.md has no section {heading}"
    lines = iter(below.splitlines())
    table = []
    for line in lines:
        if line.startswith("|"):
            table.append([cell.strip() for cell in line.strip("|").split("|")])
        elif table:
            break
    return table[2:]


def rooms_on_page() -> dict[str, list[str]]:
    """Return the modules of each room, as listed."""
    return {row[0].strip("`"): CODE.findall(row[2]) for row in rows_of("Rooms")}


def rooms_in_code() -> dict[str, list[str]]:
    found = {f"{p.parent.name}/": modules_in(p.parent) for p in RUNNER.glob("*/__init__.py")}
    return found | {f.name: [] for f in RUNNER.glob("*.py") if f.name != "__init__.py"}


def modules_in(room: Path) -> list[str]:
    return [file.stem for file in room.glob("*.py") if file.name != "__init__.py"]


def test_every_room_is_listed_once() -> None:
    listed = Counter(row[0].strip("`") for row in rows_of("Rooms"))
    assert [room for room, count in listed.items() if count > 1] == []
    missing = sorted(set(rooms_in_code()) - set(listed))
    gone = sorted(set(listed) - set(rooms_in_code()))
    assert (missing, gone) == ([], []), "rooms to add to and to take off ARCHITECTURE.md"


@pytest.mark.parametrize("room", sorted(rooms_in_code()))
def test_every_module_is_listed_once(room: str) -> None:
    listed = rooms_on_page()[room]
    assert sorted(listed) == sorted(rooms_in_code()[room]), f"the modules of {room}"


def test_every_room_has_a_job() -> None:
    assert [row[0] for row in rows_of("Rooms") if not row[1]] == []


@pytest.mark.parametrize(
    "file", sorted(RUNNER.rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT))
)
def test_every_module_says_its_job(file: Path) -> None:
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    assert said.splitlines()[:1], f"{file} has no docstring"


def test_rooms_stand_in_the_order_of_the_contracts() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    ordered = [name.removeprefix("runner.") for name in reversed(layers)]
    on_page = [room.removesuffix("/").removesuffix(".py") for room in rooms_on_page()]
    assert [room for room in on_page if room not in SAYS_NO_ORDER] == ordered


def test_listed_engines_exist() -> None:
    listed = re.findall(r"`engines/([a-z_]+)/`", PAGE)
    assert listed, "ARCHITECTURE.md names no engine"
    assert len(listed) == len(set(listed))
    assert [
        name for name in listed if not (ROOT / "engines" / name / "__init__.py").is_file()
    ] == []


def test_paths_on_the_page_exist() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    files = [code for code in CODE.findall(PAGE) if re.fullmatch(r"runner/\w+\.py", code)]
    assert [path for path in [*links, *files] if not (ROOT / path).exists()] == []
