"""Ids that must be the same on every machine and in every release that keeps its numbers."""

from __future__ import annotations

from typing import Any

import pytest

from runner.config import compose_study, request_from_mapping
from runner.plan import Plan, make_plan

STUDIES: dict[str, dict[str, Any]] = {
    "linear_null": {"engine": "linear_null"},
    "arms": {
        "engine": "linear_null",
        "mix": "heavy",
        "seed": 12345678901234567890,
        "horizon": 4,
        "design": {
            "replicates": 2,
            "grid": {"params.baseline": [5, 6.5]},
            "arms": {"treated": {"params.effect": 0.5}},
            "variables": {
                "params.entity_sd": {"treatment": "random", "min": 1, "max": 2, "step": 0.25}
            },
        },
    },
    "per_cell": {
        "engine": "linear_null",
        "seeding": "per_cell",
        "draws": {"generator": "philox"},
        "design": {
            "variables": {
                "params.effect": {
                    "treatment": "random",
                    "distribution": "lognormal",
                    "mean": 2,
                    "sd": 1,
                }
            }
        },
    },
    "taps": {"engine": "taps", "horizon": 12},
    "taps_plan": {"sweeps": "taps_plan", "design.replicates": 2},
    "taps_grid": {"sweeps": "taps_grid", "design.replicates": 2},
}
# plan id, first cell id, last cell id, first run id, last run id
IDS: dict[str, tuple[str, str, str, str, str]] = {
    "linear_null": (
        "d0aae22d3aa971436905852675425569",
        "596b1c18c45bae42219a7a3c3886a372",
        "596b1c18c45bae42219a7a3c3886a372",
        "7ddec876ba14b161ac3c04a55cd02651",
        "7ddec876ba14b161ac3c04a55cd02651",
    ),
    "arms": (
        "7cdb321aa9f0587cf1cc23eaadb024f9",
        "c7988ee0d1ab4154c2c1cf1f59b95d53",
        "99ce5e47b27db9046a056ccdf9c10ecf",
        "e9e0da7b8d80882589647498cd34537f",
        "1a55a5d38436371f43644f18e7449499",
    ),
    "per_cell": (
        "8fc734cbc505dda2a8e07863685fbe06",
        "d0f49e686328073a0c7f722a4d940cf0",
        "d0f49e686328073a0c7f722a4d940cf0",
        "a5c482a0cae5a266465692385b9220dd",
        "a5c482a0cae5a266465692385b9220dd",
    ),
    "taps": (
        "eaeb91e0ef068c9f1d8a885b60877a7e",
        "be5c6e5ac9913e319bf75a2e751ecf7f",
        "be5c6e5ac9913e319bf75a2e751ecf7f",
        "a98bfdcd486587688a517462b8183872",
        "a98bfdcd486587688a517462b8183872",
    ),
    "taps_plan": (
        "fa38be256a3d6b39861c6588dd825bc7",
        "275649ed4a517ad47f294cfc0a188e04",
        "5daa9833a4425f15ccd691b867dfc195",
        "085767907aa2333b37dbd365980b24f0",
        "2116bd67c974ccad696c7655411cec01",
    ),
    "taps_grid": (
        "21d94e447e8d309a8c6254d7256ccc83",
        "e8bc2eb084ad80b751256701a2ba54a9",
        "546d35cf01f93227ff4b62e88ace5a2e",
        "4e0ce4bdb7f9af1ede45f272e030457d",
        "d45282a82a23e83e47ff3f488087dfb4",
    ),
}
DRAWS: dict[str, tuple[Any, ...]] = {
    "arms": ((1.0, 1.5),),
    "per_cell": ((5.76623239759,),),
    "taps_plan": (
        (50.0, 65.0),
        (0.020613700193, 0.0258422766055),
        (240.0, 220.0),
        (0.0162003402952, 0.0169853064372),
    ),
    "taps_grid": ((0.05, 0.035), ("l4", "rtx_4090")),
}


def plan(name: str) -> Plan:
    return make_plan(compose_study(request_from_mapping(STUDIES[name])))


@pytest.mark.parametrize("name", STUDIES)
def test_ids_are_pinned(name: str) -> None:
    made = plan(name)
    first, last = made.cells[0], made.cells[-1]
    assert (
        made.plan_id, first.cell_id, last.cell_id, first.run_ids[0], last.run_ids[-1],
    ) == IDS[name]  # fmt: skip


@pytest.mark.parametrize("name", DRAWS)
def test_draws_are_pinned(name: str) -> None:
    assert tuple(v.values for v in plan(name).cells[-1].drawn) == DRAWS[name]
