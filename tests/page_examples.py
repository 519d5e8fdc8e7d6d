"""Examples on pages of the docs: fenced blocks below a comment that says what they are.

`<!-- file: sweeps/mine.yaml -->` is a file to write; `<!-- run 3: text | text -->` a command, its
exit code and what it says.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
_BLOCK = re.compile(
    r"^<!-- (?P<job>file|run \d): (?P<note>.+?) -->\n```\w+\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Example:
    """One fenced block, what to do with it, and the comment's note."""

    job: str
    note: str
    text: str

    @property
    def is_file(self) -> bool:
        return self.job == "file"

    @property
    def words(self) -> list[str]:
        """What follows `python -m runner`."""
        python, dash_m, runner, *words = shlex.split(self.text)
        assert (python, dash_m, runner) == ("python", "-m", "runner")
        return words

    def write(self) -> None:
        """Write the file below the working directory."""
        file = Path(self.note)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.text, encoding="utf-8")

    def check(self, code: int, said: str) -> None:
        """Compare what the command came to with what the page promises."""
        assert code == int(self.job.split()[1]), said
        assert [text for text in self.note.split(" | ") if text not in said] == [], said


def examples_on(page: str) -> list[Example]:
    """Return the examples of a page, in order."""
    return [Example(**block.groupdict()) for block in _BLOCK.finditer(text_of(page))]


def fenced_blocks_on(page: str) -> int:
    """Return how many fenced blocks a page has, examples or not."""
    return text_of(page).count("\n```") // 2


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")
