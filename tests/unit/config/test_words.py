"""Words of the command line in Hydra's grammar."""

from __future__ import annotations

from typing import Any

import pytest

from runner.config.words import read_levels, read_words

SET = {
    "a=1": 1,
    "a=1.5": 1.5,
    "a=1e3": 1000.0,
    "a=true": True,
    "a=null": None,
    "a=": "",
    "a='1'": "1",
    "a='x y'": "x y",
    "a=[1,b]": [1, "b"],
    "a={b:{c:1}}": {"b": {"c": 1}},
    "a={b:range(1,4)}": {"b": [1, 2, 3]},
    "a=${b}": "${b}",
    "+a=1": 1,
    "++a=1": 1,
}
SWEEPS = {
    "a=1,2": [1, 2],
    "a=x,y": ["x", "y"],
    "a=range(6,25,6)": [6, 12, 18, 24],
    "a=range(3)": [0, 1, 2],
    "a=range(1,2,0.5)": [1.0, 1.5],
    "a=range(3,0,-1)": [3, 2, 1],
    "a=choice(3,1)": [3, 1],
    "a=sort(3,1,2)": [1, 2, 3],
    "a=[1],[2]": [[1], [2]],
}


@pytest.mark.parametrize("text", SET)
def test_one_value_sets(text: str) -> None:
    (word,), problems = read_words([text])
    assert not problems
    assert (word.kind, word.key, word.value) == ("set", "a", SET[text])
    assert type(word.value) is type(SET[text])


@pytest.mark.parametrize("text", SWEEPS)
def test_several_values_sweep(text: str) -> None:
    (word,), problems = read_words([text])
    assert not problems
    assert (word.kind, word.value) == ("sweep", SWEEPS[text])


def test_other_kinds() -> None:
    words, problems = read_words(["a=interval(1,2)", "~b.c", "m=glob(*,exclude=x)"])
    assert not problems
    assert [(w.kind, w.key) for w in words] == [("interval", "a"), ("delete", "b.c"), ("glob", "m")]
    assert words[0].value == (1.0, 2.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a", "missing EQUAL"),
        ("=1", "the key before = is missing"),
        ("a=shuffle(1,2)", "shuffle() is random"),
        ("a=shuffle([1,2])", "shuffle() is random"),
        ("a=range(1,2,0)", "a step other than 0"),
        ("a=range(0,1e12)", "1e+12 levels; at most 1,000,000 can be listed"),
        ("a=sort(1,b)", "not supported between"),
        ("a=int(b)", "invalid literal"),
        ("a={b:interval(1,2)}", "glob() and interval() stand alone"),
        ("a=nope(1)", "Unknown function 'nope'"),
    ],
)
def test_what_is_no_word_is_told(text: str, told: str) -> None:
    words, (problem,) = read_words([text])
    assert words == []
    assert problem.where == f"'{text}'"
    assert told in problem.allowed


def test_good_words_survive_bad_ones() -> None:
    words, problems = read_words(["a=1", "b", "c=2", "=3"])
    assert [w.key for w in words] == ["a", "c"]
    assert len(problems) == 2


@pytest.mark.parametrize(
    ("text", "levels"),
    [("1", [1]), ("1,2", [1, 2]), ("range(0,7,3)", [0, 3, 6]), ("x", ["x"]), ("[1,2]", [[1, 2]]),
     ("glob(h*)", ["heavy", "high"])],
)  # fmt: skip
def test_levels_are_read_from_text(text: str, levels: list[Any]) -> None:
    assert read_levels(text, ["heavy", "high", "light"]) == levels


@pytest.mark.parametrize("text", ["interval(1,2)", "1,,2", "range(0,1,0)"])
def test_what_is_no_list_of_levels_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"interval\(\) makes|extraneous|step other than 0"):
        read_levels(text)
