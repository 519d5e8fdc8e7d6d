"""Remarks of engine and runner: a few by the answer, all of them at the end of the page."""

from __future__ import annotations

import re

from runner.page.blocks import Block, Section, Text
from runner.page.source import Source

MOST_NOTES = 4
_KEY = re.compile(r"\w+(?:\.\w+)+|\d+")


def short_notes(source: Source) -> list[Block]:
    """Return one note of each kind; notes that differ only in a key or number are of a kind."""
    kinds: dict[str, list[str]] = {}
    for note in _notes(source):
        kinds.setdefault(_KEY.sub("", note), []).append(note)
    blocks: list[Block] = [_short(own) for own in list(kinds.values())[:MOST_NOTES]]
    if len(kinds) > MOST_NOTES:
        more = len(kinds) - MOST_NOTES
        blocks.append(Text(text=f"{more:,} more kinds of notes stand under Notes.", tone="note"))
    return blocks


def all_notes(source: Source) -> Section | None:
    """Return every note; None where the answer shows them all."""
    notes = _notes(source)
    if len(short_notes(source)) == len(notes):
        return None
    blocks = tuple(Text(text=note, tone="note") for note in notes)
    return Section(key="notes", title="Notes", blocks=blocks)


def _notes(source: Source) -> list[str]:
    return [str(note) for note in source.plan.summary.get("notes", ())]


def _short(notes: list[str]) -> Text:
    more = f" ({len(notes) - 1:,} more like it stand under Notes)" if len(notes) > 1 else ""
    return Text(lead="Note.", text=f"{notes[0]}{more}", tone="note")
