"""Input files enter ids by their content, never by their place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.contract import PlanError
from runner.plan import Plan
from tests.unit.plan.planning import plan_of


def plan(source: Path, **sections: object) -> Plan:
    return plan_of("brittle", params={"source": str(source)}, **sections)


@pytest.mark.usefixtures("brittle")
def test_content_counts_and_place_does_not(tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("1.5")
    two.write_text("1.5")
    before = plan(one, seeding="per_cell")
    for same in (two, Path(os.path.relpath(two))):
        after = plan(same, seeding="per_cell")
        assert after.run_ids == before.run_ids
        assert after.plan_id == before.plan_id
        assert after.cells[0].cell_id == before.cells[0].cell_id
        assert after.cells[0].source == before.cells[0].source
    one.write_text("2.5")
    changed = plan(one, seeding="per_cell")
    assert changed.run_ids != before.run_ids
    assert changed.cells[0].cell_id != before.cells[0].cell_id


@pytest.mark.usefixtures("brittle")
def test_unreadable_files_of_all_cells_are_told(tmp_path: Path) -> None:
    names = [str(tmp_path / f"{n}.txt") for n in "ab"]
    with pytest.raises(PlanError) as caught:
        plan_of("brittle", design={"grid": {"params.source": names}})
    assert f"params.source = {names[0]}: must be a readable file" in str(caught.value)
    assert "cell 0" in str(caught.value)
