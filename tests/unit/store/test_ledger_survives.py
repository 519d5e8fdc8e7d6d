"""The ledger loses nothing but what was being written, whatever is done to its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.contract import StoreError, UnstoredError
from runner.store import Ledger, PartFile, RunRecord, RunState

LINES = 3


def record(run_id: str, **more: object) -> RunRecord:
    return RunRecord(run_id=run_id, status="done", seconds=0.5, metrics_hash="aa", **more)  # type: ignore[arg-type]


def write(file: Path, part: str) -> None:
    """Add a part of two runs."""
    files = {"metrics": PartFile(part, 10, "d1"), "steps": PartFile(part, 20, "d2")}
    records = [record(f"{part}-{n}", tables={"steps": "cc"}, warnings=["é"]) for n in range(2)]
    Ledger(file).append(part, records, files)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "ledger.jsonl"
    for number in range(LINES):
        write(found, f"p{number}")
    return found


def runs_of(*parts: str) -> set[str]:
    return {f"{part}-{n}" for part in parts for n in range(2)}


def test_what_was_written_is_read(file: Path) -> None:
    ledger = Ledger(file)
    states = ledger.read()
    assert set(states) == runs_of("p0", "p1", "p2")
    assert states["p1-0"].record == record("p1-0", tables={"steps": "cc"}, warnings=["é"])
    assert states["p1-0"].parts["steps"] == PartFile("p1", 20, "d2")
    assert (ledger.unreadable_lines, ledger.is_torn) == ((), False)


def test_catching_up_gives_what_reading_anew_gives(file: Path) -> None:
    ledger = Ledger(file)
    states = ledger.read()
    write(file, "p3")
    again = record("p0-0", tables={"other": "dd"})
    files = {"metrics": PartFile("p4", 10, "d3"), "other": PartFile("p4", 30, "d4")}
    Ledger(file).append("p4", [again], files)
    with open(file, "ab") as stream:
        stream.write(b'{"part": "p5", "torn')
    ledger.catch_up(states)
    assert states == Ledger(file).read()
    assert set(states) == runs_of("p0", "p1", "p2", "p3")
    assert set(states["p0-0"].parts) == {"metrics", "steps", "other"}


def test_catching_up_reads_no_line_twice(file: Path) -> None:
    ledger = Ledger(file)
    ledger.read()
    states: dict[str, RunState] = {}
    ledger.catch_up(states)
    assert states == {}
    write(file, "p3")
    ledger.catch_up(states)
    assert set(states) == runs_of("p3")


def test_a_line_whose_end_alone_was_torn_is_known_once_mended(file: Path) -> None:
    file.write_bytes(file.read_bytes().rstrip(b"\n"))
    ledger = Ledger(file)
    states = ledger.read()
    assert set(states) == runs_of("p0", "p1", "p2")
    write(file, "p3")
    ledger.catch_up(states)
    assert states == Ledger(file).read()


def test_a_last_line_torn_at_any_byte_costs_that_line_alone(file: Path) -> None:
    whole = file.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for end in range(last, len(whole)):
        file.write_bytes(whole[:end])
        ledger = Ledger(file)
        kept = {"p0", "p1", *(["p2"] if end == len(whole) - 1 else [])}
        assert set(ledger.read()) == runs_of(*kept), end
        assert ledger.is_torn == (end > last)
        assert ledger.unreadable_lines == ()
        write(file, "p3")
        healed = Ledger(file)
        assert set(healed.read()) == runs_of(*kept, "p3"), end
        assert (healed.unreadable_lines, healed.is_torn) == ((), False)


def test_a_flipped_bit_anywhere_costs_the_lines_it_touches_and_is_noticed(file: Path) -> None:
    whole = file.read_bytes()
    ends = [place for place in range(len(whole)) if whole[place] == ord("\n")]
    for place in [*range(0, len(whole), 5), *ends]:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << (place % 8)
        file.write_bytes(bytes(flipped))
        ledger = Ledger(file)
        states = ledger.read()
        line = whole.count(b"\n", 0, place)
        touched = {line, line + 1} if whole[place : place + 1] == b"\n" else {line}
        kept = [f"p{n}" for n in range(LINES) if n not in touched]
        assert set(states) == runs_of(*kept), place
        assert ledger.unreadable_lines or ledger.is_torn, place
        Ledger(file).drop_unreadable()
        cleaned = Ledger(file)
        assert cleaned.read() == states
        assert (cleaned.unreadable_lines, cleaned.is_torn) == ((), False)


def test_a_sound_file_is_left_as_it_is(file: Path) -> None:
    before = (file.read_bytes(), file.stat().st_ino)
    Ledger(file).drop_unreadable()
    assert (file.read_bytes(), file.stat().st_ino) == before


def test_a_file_that_is_not_there_has_no_runs(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "none.jsonl")
    ledger.drop_unreadable()
    assert ledger.read() == {}
    assert not (tmp_path / "none.jsonl").exists()


def test_the_newest_record_speaks_and_tables_add_up(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    ledger = Ledger(file)
    failed = RunRecord(run_id="r", status="failed", seconds=1.0, error_type="ValueError")
    ledger.append("p1", [failed], {"metrics": PartFile("p1", 1, "a")})
    state = Ledger(file).read()["r"]
    assert (state.record.status, state.parts) == ("failed", {})
    one = {"metrics": PartFile("p2", 1, "b"), "steps": PartFile("p2", 1, "c")}
    ledger.append("p2", [record("r", tables={"steps": "cc"})], one)
    two = {"metrics": PartFile("p3", 1, "b"), "other": PartFile("p3", 1, "c")}
    ledger.append("p3", [record("r", tables={"other": "dd"})], two)
    state = Ledger(file).read()["r"]
    assert state.record.tables == {"steps": "cc", "other": "dd"}
    assert {t: f.part for t, f in state.parts.items()} == {
        "metrics": "p3", "steps": "p2", "other": "p3",
    }  # fmt: skip
    assert state.has(["steps", "other"])
    assert not state.has(["third"])


def test_a_ledger_that_cannot_be_read_or_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot read .*: Is a directory"):
        Ledger(tmp_path).read()
    with pytest.raises(UnstoredError, match=r"cannot write .*none/ledger.jsonl \(No such file"):
        Ledger(tmp_path / "none" / "ledger.jsonl").append("p", [record("r")], {})
