"""Compose on demand: worker processes and commands that read stored plans need no hydra."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.config.request import StudyRequest
    from runner.config.study import Execution, Study
    from runner.config.tree import Tree


def compose_study(request: StudyRequest) -> Study:
    """Return the study a request describes.

    Raises:
        ConfigError: everything that is wrong with it, together.
    """
    from runner.config import assemble

    return assemble.compose_study(request)


def composed_tree(request: StudyRequest) -> Tree:
    """Return the composed configuration with the user's values, unresolved and unchecked.

    Raises:
        ConfigError: the words or files cannot be read, or no engine is chosen.
    """
    from runner.config import assemble

    return assemble.composed_tree(request)


def execution_from(study: Study, texts: Iterable[str]) -> Execution:
    """Return how a study's runs are executed from now on: as written down, but for these words.

    `execution=local` chooses another place and keeps the rest; `execution.n_jobs=4` sets one key.

    Raises:
        ConfigError: a word is about something else, or its value is not possible.
    """
    given = tuple(texts)
    if not given:
        return study.execution
    from runner.config import elsewhere

    return elsewhere.execution_from(study, given)
