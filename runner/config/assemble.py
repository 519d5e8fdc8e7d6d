"""Compose a request into one validated `Study`, reporting all problems at once."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from runner.config.bases import option_bases
from runner.config.cases import options_in_force
from runner.config.document import resolved_document
from runner.config.draft import Draft, make_draft, with_defaults
from runner.config.request import StudyRequest
from runner.config.said import Said, read_all
from runner.config.sections import execution_of
from runner.config.sources import TARGETS_GROUP
from runner.config.study import (
    Calibration,
    Choices,
    CompareSettings,
    Report,
    Study,
    Tracking,
)
from runner.config.tree import Tree, copied, given_or
from runner.config.zips import zip_notes
from runner.contract import ConfigError


def composed_tree(request: StudyRequest) -> Tree:
    """Return the composed configuration with the user's values, unresolved and unchecked.

    Raises:
        ConfigError: the words or files cannot be read, or no engine is chosen.
    """
    draft = make_draft(request)
    tree = draft.tree(draft.choices)
    if draft.problems:
        raise ConfigError(draft.problems)
    return tree


def compose_study(request: StudyRequest) -> Study:
    """Return the study a request describes.

    Raises:
        ConfigError: everything that is wrong with it, together.
    """
    draft = make_draft(request)
    raw = with_defaults(draft.tree(draft.choices), draft.spec)
    said = read_all(draft, raw)
    bases = option_bases(draft, raw, said.design, said.settings.design.max_cells)
    return _study(request, draft, said, bases)


def _study(request: StudyRequest, draft: Draft, said: Said, bases: dict[Choices, Tree]) -> Study:
    """Return the study that was read; nothing is wrong with it."""
    settings, design = said.settings, said.design
    return Study(
        name=settings.study.name or draft.spec.name,
        question=settings.study.question,
        engine=draft.spec.name,
        bases=bases,
        axes=design.axes,
        arms=design.arms,
        control=settings.design.control if design.arms else None,
        excluded=design.excluded,
        variables=design.variables,
        rules=said.rules,
        exceptions=said.exceptions,
        replicates=said.replicates.first,
        budget=said.replicates.budget,
        max_cells=settings.design.max_cells,
        collect=said.collect,
        execution=execution_of(settings.execution),
        tracking=Tracking(
            mode=settings.tracking.mode,
            uri=settings.tracking.uri,
            timeout_s=settings.tracking.timeout_s,
            trials=settings.tracking.trials,
        ),
        outputs=Path(settings.paths.outputs).expanduser(),
        document=resolved_document(said, draft),
        words=request.words,
        launch_dir=Path.cwd(),
        cases=design.cases,
        options=options_in_force(design.cases, draft.sources, draft.spec.name, draft.options),
        notes=(*draft.sheets.notes, *zip_notes(design.axes), *said.replicates.notes),
        mc=settings.design.mc,
        report=cast(Report, settings.report),
        comparisons=said.comparisons,
        compare=CompareSettings(
            confidence=settings.compare.confidence, resamples=settings.compare.resamples
        ),
        calibration=_calibration(said, draft),
    )


def _calibration(said: Said, draft: Draft) -> Calibration:
    """Return how to calibrate; whatever `targets` holds is checked when it is read."""
    group, section = f"{TARGETS_GROUP}/{draft.spec.name}", said.settings.calibrate
    study_name = said.settings.study.name or draft.spec.name
    return Calibration(
        name=section.name or draft.options.get(group) or study_name,
        search=section.search,
        trials=section.trials,
        batch=section.batch,
        replicates=section.replicates,
        finalists=section.finalists,
        confirm_replicates=section.confirm_replicates,
        polish=section.polish,
        targets=copied(given_or(said.tree.get("targets"), {})),
        folders=tuple(str(root / group) for root in draft.sources.roots),
    )
