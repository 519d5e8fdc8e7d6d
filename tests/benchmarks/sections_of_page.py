"""Keep blocks of docs/benchmarks.md that other commands write, between comments that name them."""

from __future__ import annotations

import re

_BLOCK = re.compile(r"<!-- begin (\w+) -->\n.*?<!-- end \1 -->\n", re.DOTALL)


def with_block(page: str, name: str, text: str) -> str:
    """Return the page with the block of this name replaced, or added at its end."""
    block = f"<!-- begin {name} -->\n{text.strip()}\n<!-- end {name} -->\n"
    found = next((match for match in _BLOCK.finditer(page) if match[1] == name), None)
    if found is None:
        return f"{page.rstrip()}\n\n{block}"
    return page[: found.start()] + block + page[found.end() :]


def with_blocks_of(page: str, old: str) -> str:
    """Return a new page with all blocks of the old one at its end."""
    blocks = [match.group() for match in _BLOCK.finditer(old)]
    return "\n".join([page, *blocks])
