"""Read where a study that was written down shall go on: the settings that change no number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from runner.config.assemble import composed_tree
from runner.config.interpolation import resolve
from runner.config.request import StudyRequest
from runner.config.sections import execution_of
from runner.config.settings import ExecutionSection
from runner.config.study import Execution, Study
from runner.config.words import Word, read_words
from runner.contract import ConfigError, Problem, build_params

_GROUP = "execution"
_OF_THE_PLACE = ("backend", "n_jobs", "address")


def execution_from(study: Study, texts: Iterable[str]) -> Execution:
    """Return how a study's runs are executed from now on: as written down, but for these words.

    `execution=local` chooses another place and keeps the rest; `execution.n_jobs=4` sets one key.

    Raises:
        ConfigError: a word is about something else, or its value is not possible.
    """
    words, problems = read_words(texts)
    problems += [_not_here(word) for word in words if not _is_about_execution(word)]
    if problems:
        raise ConfigError(problems)
    section, problems = build_params(ExecutionSection, _mapping(study, words))
    if section is None or problems:
        raise ConfigError(problem.under(_GROUP) for problem in problems)
    return execution_of(section)


def _mapping(study: Study, words: list[Word]) -> Mapping[str, Any]:
    own = {word.key.partition(".")[2]: word.value for word in words if word.key != _GROUP}
    known = asdict(study.execution)
    if any(word.key == _GROUP for word in words):
        texts = (f"engine={study.engine}", *(word.text for word in words))
        chosen = composed_tree(StudyRequest(words=texts))[_GROUP]
        kept = {key: value for key, value in known.items() if key not in _OF_THE_PLACE}
        return {**kept, **resolve({_GROUP: chosen})[_GROUP]}
    if "backend" in own:
        known["address"] = None
    return {**known, **own}


def _is_about_execution(word: Word) -> bool:
    return word.kind == "set" and (word.key == _GROUP or word.key.startswith(f"{_GROUP}."))


def _not_here(word: Word) -> Problem:
    allowed = (
        "only execution can be changed here, as in execution=local or execution.n_jobs=4; "
        "for anything else `run` the study again: what is done is not run again"
    )
    return Problem(f"'{word.text}'", "", allowed)
