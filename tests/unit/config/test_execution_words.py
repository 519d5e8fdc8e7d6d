"""Where a study goes on may be chosen anew; what it computes may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner.config import Study, StudyRequest, compose_study, execution_from
from runner.contract import ConfigError

ADDRESS = "tcp://10.0.0.5:8786"


@pytest.fixture(scope="module")
def study() -> Study:
    words = (
        "engine=linear_null", "execution=dask", f"execution.address={ADDRESS}",
        "execution.retries=7", "execution.part_runs=3",
    )  # fmt: skip
    return compose_study(StudyRequest(words=words))


def test_without_words_nothing_changes(study: Study) -> None:
    assert execution_from(study, ()) == study.execution


def test_another_place_keeps_the_rest(study: Study) -> None:
    found = execution_from(study, ["execution=local", "execution.n_jobs=2"])
    expected = replace(study.execution, backend="loky", n_jobs=2, address=None)
    assert found == expected
    assert (found.retries, found.part_runs) == (7, 3)
    assert execution_from(study, ["execution.backend=loky"]).address is None


def test_single_keys_may_be_set(study: Study) -> None:
    found = execution_from(study, ["execution.address=tcp://other:1", "execution.wait_s=5"])
    assert found == replace(study.execution, address="tcp://other:1", wait_s=5.0)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("seed=2", r"'seed=2': only execution can be changed here"),
        ("execution.n_jobs=1,2", r"'execution.n_jobs=1,2': only execution can be changed here"),
        ("execution.n_jobs=0", r"execution.n_jobs = 0: must be -1"),
        ("execution.address=here", r"execution.address = here: must be tcp://HOST:PORT"),
        ("execution.timeout_s=3", r"execution.timeout_s = 3: needs backend loky or sequential"),
        ("execution=cloud", r"execution = cloud"),
        ("execution.jobs=3", r"execution.jobs: unknown"),
    ],
)
def test_other_words_are_refused(study: Study, word: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        execution_from(study, [word])
