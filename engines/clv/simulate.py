"""Sample each customer's future: being alive, rate, spend, then purchase by purchase."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincinv

from engines.clv.fit import Fit
from engines.clv.generate import SMALLEST
from engines.clv.purchases import sums_by
from engines.clv.rfm import StageData
from runner.contract import Draws, Floats

BLOCK = 2000
"""Customers whose samples are held at once; results do not depend on it."""

_PURPOSES = ("alive", "rate", "dropout", "life", "spend_rate", "wait.<k>", "leave.<k>", "spend.<k>")
STREAMS = tuple(
    f"{stage}.{purpose}{copy}"
    for stage in ("calibration", "forecast")
    for purpose in _PURPOSES
    for copy in ("", ".copy<c>")
)
_TINY = 1e-290

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """What is sampled: a stage, a model, samples of its parameters, and how far ahead.

    Attributes:
        theta: float64 (k, n_samples); spend_theta: float64 (3, n_samples), None = purchases only.
        window: time units over which purchases are counted.
        month: length of a month in time units; months: how many are valued, from the start on.
        margin, rate: a month's revenue is worth margin / (1 + rate)^month.
        first_sample: number of the first sample in the addresses of its draws.
    """

    data: StageData
    fit: Fit
    theta: Floats
    spend_theta: Floats | None
    window: float
    month: float
    months: float
    margin: float
    rate: float
    first_sample: int = 0

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return int(self.theta.shape[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Samples of consecutive customers: counts and value (n, n_samples), value None as asked."""

    rows: slice
    counts: Ints
    value: Floats | None


@dataclass(slots=True, kw_only=True)
class Totals:
    """Sums over all customers: float64 (months, n_samples); undiscounted revenue, and value."""

    revenue: Floats
    value: Floats
    counts: Ints

    @staticmethod
    def zero(sampling: Sampling) -> Totals:
        """Return sums over nobody."""
        shape = (int(np.ceil(sampling.months)), sampling.n_samples)
        return Totals(
            revenue=np.zeros(shape),
            value=np.zeros(sampling.n_samples),
            counts=np.zeros(sampling.n_samples, dtype=np.int64),
        )


def sample_blocks(sampling: Sampling, draws: Draws, totals: Totals) -> Iterator[Block]:
    """Give the samples of all customers block by block, adding them to the totals."""
    for start in range(0, len(sampling.data), BLOCK):
        yield _block(sampling, slice(start, min(start + BLOCK, len(sampling.data))), draws, totals)


@dataclass(slots=True, kw_only=True)
class _Pairs:
    """Draws for pairs of a customer of the block and a sample, pair = row * n_samples + sample."""

    sampling: Sampling
    draws: Draws
    entity: NDArray[np.uint64]
    copy: Ints
    is_copied: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_copied = bool(self.copy.any())

    def uniform(self, purpose: str, pair: Ints) -> Floats:
        """Return one uniform per pair (n_pairs,), above 0."""
        row, sample = np.divmod(pair, self.sampling.n_samples)
        sample = sample + self.sampling.first_sample
        stream = f"{self.sampling.data.stage}.{purpose}"
        entity = self.entity[row]
        if not self.is_copied:
            found = self.draws.uniform(stream, step=sample, entities=entity)
            return np.maximum(found, SMALLEST)
        found, copy = np.empty(pair.size), self.copy[row]
        for number in np.unique(copy):
            name = f"{stream}.copy{number}" if number else stream
            of = copy == number
            found[of] = self.draws.uniform(name, step=sample[of], entities=entity[of])
        return np.maximum(found, SMALLEST)


def _block(sampling: Sampling, rows: slice, draws: Draws, totals: Totals) -> Block:
    data, n_samples = sampling.data, sampling.n_samples
    customers = data.customers
    pairs = _Pairs(
        sampling=sampling, draws=draws, entity=customers.entity[rows], copy=customers.copy[rows]
    )
    size = rows.stop - rows.start
    events = _events(sampling, rows, pairs)
    pair, time, number = events
    counts = np.bincount(pair, minlength=size * n_samples).reshape(size, n_samples)
    totals.counts += counts.sum(axis=0)
    if sampling.spend_theta is None:
        return Block(rows=rows, counts=counts, value=None)
    month = np.maximum(np.ceil(time / sampling.month - _ROUNDING), 1.0)
    valued = time <= sampling.months * sampling.month
    pair, month, number = pair[valued], month[valued].astype(np.int64), number[valued]
    spend = _spend(sampling, rows, pairs, pair, number)
    worth = sampling.margin * spend * (1.0 + sampling.rate) ** -month.astype(np.float64)
    value = sums_by(pair, worth, size * n_samples)
    order = np.argsort(pair, kind="stable")  # sums in the order of customers, whatever the block
    sample = pair[order] % n_samples
    np.add.at(totals.revenue, (month[order] - 1, sample), spend[order])
    np.add.at(totals.value, np.tile(np.arange(n_samples), size), value)
    return Block(rows=rows, counts=counts, value=value.reshape(size, n_samples))


_ROUNDING = 1e-9  # of a month: a purchase at its very end still belongs to it


def _events(sampling: Sampling, rows: slice, pairs: _Pairs) -> tuple[Ints, Floats, Ints]:
    """Return pair, time after T and number 1, 2, ... of each purchase within the window."""
    data, n_samples, model = sampling.data, sampling.n_samples, sampling.fit.purchase_model
    everyone = np.arange((rows.stop - rows.start) * n_samples)
    x, age = data.x[rows].astype(np.float64), data.age[rows]
    active = everyone[pairs.uniform("alive", everyone) < _alive(sampling, rows).reshape(-1)]
    row, sample = np.divmod(active, n_samples)
    theta = sampling.theta
    shape = theta[0][sample] + x[row]
    rate = gammaincinv(shape, pairs.uniform("rate", active)) / (theta[1][sample] + age[row])
    rate = np.maximum(rate, _TINY)
    clock = np.zeros(active.size)
    limit = np.full(active.size, sampling.window)
    leave = np.zeros(active.size)
    found: list[tuple[Ints, Floats]] = []
    k = 0
    while active.size:
        k += 1
        clock = clock - np.log1p(-pairs.uniform(f"wait.{k}", active)) / rate
        goes_on = clock <= limit
        active, clock, rate, limit = active[goes_on], clock[goes_on], rate[goes_on], limit[goes_on]
        leave = leave[goes_on]
        if k == 1 and model.has_lifetime:
            limit = np.minimum(limit, _lives(sampling, age, pairs, active))
            lives = clock <= limit
            active, clock, rate, limit = active[lives], clock[lives], rate[lives], limit[lives]
            leave = leave[lives]
        found.append((active, clock))
        if model.leaves_after_first is not None and active.size:
            if k == 1:
                leave = _leaving(sampling, x, pairs, active)
            stays = pairs.uniform(f"leave.{k}", active) >= leave
            active, clock, rate, limit = active[stays], clock[stays], rate[stays], limit[stays]
            leave = leave[stays]
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return none, np.zeros(0), none
    number = np.repeat(np.arange(1, len(found) + 1), [pair.size for pair, _ in found])
    return np.concatenate([p for p, _ in found]), np.concatenate([t for _, t in found]), number


def _alive(sampling: Sampling, rows: slice) -> Floats:
    """Return P(alive | theta_d), float64 (n, n_samples), each distinct history once."""
    data, theta = sampling.data, sampling.theta
    distinct, place = np.unique(data.place[rows], return_inverse=True)
    table = data.rows
    x, t_x, age = (v[distinct][:, None] for v in (table.x, table.t_x, table.age))
    shape = (distinct.size, sampling.n_samples)
    if np.ptp(theta, axis=1).max() == 0.0:  # plug-in parameters: one column is all of them
        found = sampling.fit.purchase_model.p_alive(theta[:, 0], x, t_x, age)
    else:
        found = sampling.fit.purchase_model.p_alive(theta, x, t_x, age)
    return np.broadcast_to(found, shape)[place]


def _lives(sampling: Sampling, age: Floats, pairs: _Pairs, active: Ints) -> Floats:
    """Return the remaining life of customers who are alive, in time units."""
    row, sample = np.divmod(active, sampling.n_samples)
    s, beta = sampling.theta[2][sample], sampling.theta[3][sample]
    death = gammaincinv(s, pairs.uniform("dropout", active)) / (beta + age[row])
    return np.asarray(-np.log1p(-pairs.uniform("life", active)) / np.maximum(death, _TINY))


def _leaving(sampling: Sampling, x: Floats, pairs: _Pairs, active: Ints) -> Floats:
    """Return the probability of leaving after each purchase, of customers who are alive."""
    row, sample = np.divmod(active, sampling.n_samples)
    shift = 1.0 if sampling.fit.purchase_model.leaves_after_first else 0.0
    a, b = sampling.theta[2][sample], sampling.theta[3][sample] + x[row] + shift
    return np.asarray(betaincinv(a, b, pairs.uniform("dropout", active)))


def _spend(sampling: Sampling, rows: slice, pairs: _Pairs, pair: Ints, number: Ints) -> Floats:
    """Return the revenue of each purchase: Gamma(p, rate nu) with the customer's own nu."""
    theta = sampling.spend_theta
    assert theta is not None  # noqa: S101 - asked for only when money is modelled
    data = sampling.data
    buyer, place = np.unique(pair, return_inverse=True)
    row, sample = np.divmod(buyer, sampling.n_samples)
    p, q, gamma = theta[0][sample], theta[1][sample], theta[2][sample]
    count, mean = data.spend_count[rows][row], data.spend_mean[rows][row]
    nu = gammaincinv(p * count + q, pairs.uniform("spend_rate", buyer)) / (gamma + mean * count)
    shape = p[place]
    spend = np.empty(pair.size)
    for k in np.unique(number):
        of = number == k
        spend[of] = gammaincinv(shape[of], pairs.uniform(f"spend.{k}", pair[of]))
    return np.asarray(spend / np.maximum(nu, _TINY)[place])
