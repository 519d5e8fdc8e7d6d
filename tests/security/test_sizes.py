"""What cannot be carried out is refused before time or memory is spent on it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from runner.config import StudyRequest, compose_study
from runner.contract import ProblemsError
from runner.plan import make_plan
from tests.security.conftest import Attack

AXES = ("params.baseline=range(0,2000)", "params.effect=range(0,2000)")


def peak_mb(act: Callable[[], object]) -> float:
    """Return the most memory that Python's own objects take meanwhile, in MB."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1] / 1024**2
    finally:
        tracemalloc.stop()


def refused(*words: str) -> str:
    """Return what is said about a study that is refused."""
    with pytest.raises(ProblemsError) as caught:
        make_plan(compose_study(StudyRequest(words=("engine=linear_null", *words))))
    return str(caught.value)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (AXES, "4000000 cells (params.baseline 2000 x params.effect 2000)"),
        ((*AXES, "design.max_cells=1e6"), "4000000 cells"),
        (("design.max_cells=1000000000000",), "design.max_cells = 1000000000000: must be <="),
        (("params.baseline=range(0,1e12)",), "1e+12 levels; at most 1,000,000"),
        (("design.replicates=1000000", "design.mc=10000"), "10000000000 runs (1 cells x"),
        (("params.entities=1000000000000",), "params.entities = 1000000000000: must be <="),
        (("horizon=1000000000000",), "horizon = 1000000000000: must be"),
        (("execution.n_jobs=1000000",), "execution.n_jobs = 1000000: must be"),
        (("design.variables={params.baseline: {treatment: low_to_high, min: 0, max: 1e9, "
          "step: 1e-3}}",), "leaves more than 1,000,000 levels"),
    ],
)  # fmt: skip
def test_absurd_sizes_are_refused_before_memory_is_taken(words: tuple[str, ...], told: str) -> None:
    said: list[str] = []
    assert peak_mb(lambda: said.append(refused(*words))) < 100
    assert told in said[0]


def test_combinations_of_groups_are_counted_before_they_are_composed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from runner.config import draft

    composed = []
    real = draft.compose_groups
    monkeypatch.setattr(
        draft, "compose_groups", lambda *given: composed.append(given) or real(*given)
    )
    assert "design.max_cells = 1" in refused("mix=glob(*)", "design.max_cells=1")
    assert len(composed) <= 2


def bomb(levels: int) -> str:
    """Return YAML of a few lines that stands for 10 ** levels values."""
    lines = ["x0: &x0 [y, y, y, y, y, y, y, y, y, y]"]
    lines += [
        f"x{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 10)}]" for level in range(1, levels)
    ]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (bomb(9), "its aliases stand for more than 1,000,000 values"),
        ("a: &a [*a]", "alias *a stands inside what it stands for"),
        (f"a: {'[' * 500}{']' * 500}", "a value is nested too deep to be read"),
        (f"a: {'{b: ' * 500}1{'}' * 500}", "a value is nested too deep to be read"),
    ],
    ids=["aliases", "cycle", "lists", "mappings"],
)
def test_yaml_bombs_are_refused(text: str, told: str, attack: Attack) -> None:
    said: list[str] = []
    assert peak_mb(lambda: said.append(attack(text).err)) < 100
    assert told in said[0]


def test_a_few_aliases_still_work(attack: Attack) -> None:
    text = "params: {baseline: &seven 7, threshold: *seven}\n"
    assert attack(text).code == 0


@pytest.mark.parametrize("link", ["${b.x%d}", "${.x%d}", "${b[x%d]}"])
def test_references_do_not_explode(link: str, attack: Attack) -> None:
    lines = ["study: {question: '${b.x11}'}", "b:", "  x0: yyyyyyyyyy"]
    lines += [f"  x{level}: '{link % (level - 1) * 10}'" for level in range(1, 12)]
    said: list[str] = []
    assert peak_mb(lambda: said.append(attack("\n".join(lines)).err)) < 100
    assert "would grow to more than 5,000,000 values and letters" in said[0]


def test_references_in_a_circle_are_told(attack: Attack) -> None:
    ran = attack("study: {question: '${study.question}'}\n")
    assert ran.code == 2
    assert "Recursive interpolation" in ran.err


@pytest.mark.parametrize(
    "text", ["x=" + "[" * 700 + "]" * 700, "x=" + "{a:" * 700 + "1" + "}" * 700]
)
def test_deep_words_are_refused(text: str) -> None:
    assert "is nested too deep" in refused(text)


def test_a_number_of_many_digits_is_refused() -> None:
    assert "is not an override" in refused("seed=" + "1" * 6000)
