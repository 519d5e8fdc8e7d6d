"""Make text from configuration and results safe to print: a terminal obeys control characters."""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    r"""Return the text with control characters spelled out, as in `\x1b`.

    Line ends and tabs stay. Marks that reverse the direction of writing are spelled out too: they
    can make a text look like another.
    """
    return _CONTROLS.sub(_spelled, text)


def _spelled(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 - two digits
