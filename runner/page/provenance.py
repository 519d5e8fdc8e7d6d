"""Where the numbers come from, and the command that computes them again."""

from __future__ import annotations

import shlex

import yaml

from runner.page.blocks import Block, Code, Section, Table, Text, cells
from runner.page.source import Source

_LONGEST = 20_000


def provenance(source: Source) -> Section:
    """Return versions, seed and hashes, how to reproduce the study, and its configuration."""
    blocks: list[Block] = [*_commands(source), _identity(source), _environment(source)]
    document = yaml.safe_dump(
        dict(source.plan.study.document), sort_keys=False, allow_unicode=True, width=100
    )
    if len(document) > _LONGEST:
        document = f"{document[:_LONGEST]}\n... the rest is in study.yaml"
    blocks.append(Code(text=document, fold="The configuration, complete and resolved"))
    return Section(key="provenance", title="Provenance", blocks=tuple(blocks))


def _commands(source: Source) -> list[Block]:
    place = source.plan.place.name
    words = list(source.plan.invocation.get("command", []))
    blocks: list[Block] = []
    if words[3:4] == ["run"]:
        blocks += [Text(text="The study was run with"), Code(text=shlex.join(words))]
    else:
        text = (
            "The study was run from Python; study.yaml of the plan folder holds its configuration."
        )
        blocks.append(Text(text=text))
    again = f"python -m runner verify {place} --sample 100%"
    told = "Compute every run again and compare it with what is stored:"
    return [*blocks, Text(text=told), Code(text=again)]


def _identity(source: Source) -> Table:
    study, summary = source.plan.study, source.plan.summary
    rows = [
        ("study", study.name),
        ("plan", str(summary["plan_id"])),
        ("results hash", str(summary["results_hash"])),
        ("engine", f"{study.engine} {study.document['engine_version']}"),
        ("seed", str(study.document["seed"])),
        ("seeding", str(study.document["seeding"]["mode"])),
        ("generator", str(study.document["draws"]["generator"])),
        ("plan folder", f"plans/{source.plan.place.name}"),
    ]
    return _facts("Identity", rows)


def _environment(source: Source) -> Table:
    found = source.plan.environment
    packages = found.get("packages") or {}
    rows = [
        ("Python", str(found.get("python"))),
        ("commit of the code", str(found.get("git_commit") or "unknown")),
        ("platform", str(found.get("platform"))),
        ("packages", ", ".join(f"{name} {v}" for name, v in packages.items() if v)),
    ]
    if found.get("later"):
        rows.append(("also computed in", f"{len(found['later'])} other environments"))
    return _facts("Environment", rows)


def _facts(caption: str, rows: list[tuple[str, str]]) -> Table:
    body = tuple(cells(*row) for row in rows)
    return Table(caption=caption, heads=("what", "value"), rows=body, texts=frozenset({1}))
