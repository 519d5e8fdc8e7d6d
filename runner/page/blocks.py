"""What a section is made of: paragraphs, tables, pictures, code. Plain data, no markup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_MOST_NARROW = 2

Tone = Literal["", "note", "answer", "pass", "fail", "inconclusive", "not_evaluated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph; `lead` is set in bold before it, a link to a `file` beside the page after it."""

    kind: Literal["text"] = "text"
    text: str
    lead: str = ""
    tone: Tone = ""
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a table; `shade` from 0 (white) to 1 (dark), `bar` a share of the width.

    One that `is_void` says nothing where the columns do not stand below each other.
    """

    text: str
    shade: float | None = None
    bar: float | None = None
    is_void: bool = False

    @property
    def is_dark(self) -> bool:
        """Whether the text must be white to be read."""
        return self.shade is not None and self.shade > 0.55  # noqa: PLR2004


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; its first `labels` columns head the rows, `texts` are no numbers.

    Small ones stand side by side where there is room. On narrow screens the rows of a table of
    many columns become paragraphs, but for a matrix, whose columns must stay below each other.
    """

    kind: Literal["table"] = "table"
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    labels: int = 1
    texts: frozenset[int] = frozenset()
    is_small: bool = False
    is_matrix: bool = False

    @property
    def is_stacked(self) -> bool:
        """Whether narrow screens show a paragraph per row."""
        return len(self.heads) > _MOST_NARROW and not self.is_matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as a data URI, what it shows in words, and a heading above it.

    On narrow screens the picture `narrow_uri` takes its place, where there is one.
    """

    uri: str
    alt: str
    narrow_uri: str = ""
    title: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Pictures side by side where there is room, below a common heading.

    The pictures of a key are samples, each with its title beside it.
    """

    kind: Literal["pictures"] = "pictures"
    title: str
    pictures: tuple[Picture, ...]
    caption: str = ""
    is_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A command or file to copy; `fold` is the title it is folded under, empty = not folded."""

    kind: Literal["code"] = "code"
    text: str
    fold: str = ""


Block = Text | Table | Pictures | Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and what stands below it; `key` is its name in links."""

    key: str
    title: str
    blocks: tuple[Block, ...]


def cells(*texts: str) -> tuple[Cell, ...]:
    """Return a row of plain texts."""
    return tuple(Cell(text=text) for text in texts)
