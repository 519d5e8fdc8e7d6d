"""Sizes of companies, and who belongs to them."""

import numpy as np
import pytest

from engines.crm.companies import Companies, composition, draw_sizes, make_companies
from engines.crm.names import FIRST_WORDS, SECOND_WORDS, company_names
from engines.crm.scenario import GroupSize

from .support import draws


@pytest.mark.parametrize(("low", "high"), [(1, 2), (3, 6), (3, 3), (4, 5), (2, 9)])
def test_composition_exists_whenever_one_can(low, high):
    rng = np.arange(1, 402)
    for n in range(1, 401):
        drawn = low + (rng * (n + 7) % 101) * (high - low + 1) // 101
        size, exempt = composition(drawn, n, low, high)
        possible = any(k * low <= n <= k * high for k in range(1, n + 1))
        assert size.sum() == n
        assert exempt.any() == (not possible), n
        assert ((size[~exempt] >= low) & (size[~exempt] <= high)).all()
        assert exempt.sum() <= 1
        assert not exempt[:-1].any()


def companies(created) -> Companies:
    sizes = draw_sizes(GroupSize(min=3, max=6), draws(), created.size)
    return make_companies(sizes, draws(), created)


def test_every_contact_has_one_company_and_the_earliest_opens_it():
    created = np.array([5, 3, 9, 3, 7, 1, 8, 2, 6, 4] * 30)
    made = companies(created)
    assert (np.bincount(made.of_contact) == made.size).all()
    for company, first in enumerate(made.first_contact):
        members = np.flatnonzero(made.of_contact == company)
        assert made.created[company] == created[members].min()
        assert first == members[created[members] == created[members].min()].min()


def test_sizes_are_equally_likely_and_companies_fill_up_together():
    made = companies(np.arange(40_000))
    share = np.bincount(made.size)[3:7] / made.size.size
    assert share == pytest.approx([0.25] * 4, abs=0.02)
    assert 1 - made.size.size / 40_000 == pytest.approx(0.778, abs=0.005)
    assert (made.of_contact // 25 == np.sort(made.of_contact // 25)).all()


def test_words_and_names_are_unique():
    assert len(set(FIRST_WORDS)) == len(set(SECOND_WORDS)) == 64
    names, domains = company_names(0, 3 * 4096)
    assert len(set(names)) == len(set(domains)) == 3 * 4096
    assert names[0] == f"{FIRST_WORDS[0]} {SECOND_WORDS[0]}"
    assert names[4096] == f"{names[0]} 2"
    assert domains[4096] == domains[0].replace(".example", "-2.example")
    assert all(d.endswith(".example") and d == d.lower() and " " not in d for d in domains)


def test_names_do_not_depend_on_the_batch():
    names, domains = company_names(0, 9000)
    again = [company_names(first, first + 1000) for first in range(0, 9000, 1000)]
    assert np.concatenate([a for a, _ in again]).tolist() == names.tolist()
    assert np.concatenate([b for _, b in again]).tolist() == domains.tolist()
