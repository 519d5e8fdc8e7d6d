"""Write down what a study says once every value is resolved and every default filled in."""

from __future__ import annotations

from runner.config.draft import Draft
from runner.config.said import Said
from runner.config.settings import DESIGN_PARTS
from runner.config.tree import Tree, copied
from runner.contract import build_params, plain_params


def resolved_document(said: Said, draft: Draft) -> Tree:
    """Return the resolved configuration that can change numbers, with all defaults filled in."""
    spec, sheets = draft.spec, draft.sheets
    tree, settings = said.tree, said.settings
    params, _ = build_params(spec.params, tree.get("params", {}), with_rules=False)
    plain = plain_params(settings)
    plain["design"]["replicates"] = said.replicates.first
    del plain["design"]["budget"]  # decides how many replicates there are, and no number of theirs
    raw = tree.get("design") or {}
    plain["design"] |= {k: copied(raw[k]) for k in DESIGN_PARTS if raw.get(k)}
    return {
        "study": {**plain["study"], "name": settings.study.name or spec.name},
        "engine": spec.name,
        "engine_version": spec.version,
        "seed": plain["seed"],
        "seeding": plain["seeding"],
        "draws": plain["draws"],
        "horizon": spec.horizon.default if tree.get("horizon") is None else tree["horizon"],
        "collect": copied(tree.get("collect", "auto")),
        "design": plain["design"],
        **({"sheets": sheets.record()} if sheets.digests else {}),
        "acceptance": copied(tree.get("acceptance") or {}),
        "exceptions": copied(tree.get("exceptions") or {}),
        "compare": plain["compare"],
        "comparisons": copied(tree.get("comparisons") or {}),
        "params": plain_params(params) if params is not None else {},
    }
