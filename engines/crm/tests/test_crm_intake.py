"""Arrivals against the distribution that each method declares."""

import datetime
import math
import statistics
import zoneinfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.crm.clock import DAY_MS, HOUR_MS
from engines.crm.intake import base_cdf, distance
from engines.crm.params import METHODS
from engines.crm.preparation import arrivals, prepare, run_shape

from .support import OFF, draws, params

N = 2000
KS = 1.63  # 1 % of independent samples exceed it; the seeds are fixed
ZONES = {
    "UTC": "2026-01-05T00:00:00",
    "America/New_York": "2026-02-20T00:00:00",  # clocks go forward on 8 March
    "Asia/Kathmandu": "2026-01-05T00:00:00",
}
CUSTOM = {"intake.custom_edges": [0.0, 0.3, 0.5, 1.0], "intake.custom_rates": [2.0, 0.0, 1.0]}


def setting(method, gamma=1.0, placement="stratified", *, zone="UTC", n=N, days=35, **more):
    return params(
        {
            **OFF,
            **(CUSTOM if method == "custom" else {}),
            "intake.method": method,
            "scenario.lead_volume_multiplier": 1.0,
            "volume.base_records": n,
            "scenario.pacing.rate_exponent": gamma,
            "scenario.pacing.placement": placement,
            "window.time_zone": zone,
            "window.start_time": ZONES[zone],
            "window.intake_days": float(days),
            **more,
        }
    )


def arrive(given, seed=1, horizon=35):
    ready = prepare(given, {}, horizon)
    shape = run_shape(given, ready, draws(seed))
    return ready, shape, arrivals(given, ready, draws(seed), shape)


def positions(given, seed=1, horizon=35):
    ready, _, times = arrive(given, seed, horizon)
    return (times - ready.intake.start) / ready.intake.span


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("method", METHODS)
def test_method_follows_its_declared_distribution(method, zone):
    for gamma in (0.7, 1.0, 1.3):
        for placement in ("stratified", "independent"):
            ready, shape, times = arrive(setting(method, gamma, placement, zone=zone))
            found = distance(shape, (times - ready.intake.start) / ready.intake.span)
            assert found < KS / N**0.5, (gamma, placement)
            assert times.min() >= ready.intake.start
            assert times.max() < ready.intake.end


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("method", METHODS)
def test_single_contact_arrives_inside_the_window(method, zone):
    for placement in ("stratified", "independent"):
        ready, _, times = arrive(setting(method, 1.3, placement, zone=zone, n=1))
        assert times.size == 1
        assert ready.intake.start <= times[0] < ready.intake.end


@pytest.mark.parametrize(
    ("method", "mean", "first", "last"),
    [
        ("linear", 0.5, 0.1, 0.1),
        ("bell_curve", 0.5, 0.0034, 0.0034),
        ("front_loaded", 0.375, 0.161, 0.022),
        ("back_loaded", 0.625, 0.022, 0.161),
        ("surge_mid", 0.5, 0.04, 0.04),
        ("trickle", 0.5, 0.1, 0.1),
    ],
)
def test_mean_and_outer_deciles_are_those_published(method, mean, first, last):
    x = positions(setting(method))
    tolerance = 0.004 if method == "trickle" else 0.002  # its gaps are not stratified
    assert x.mean() == pytest.approx(mean, abs=tolerance)
    assert (x < 0.1).mean() == pytest.approx(first, abs=tolerance)
    assert (x >= 0.9).mean() == pytest.approx(last, abs=tolerance)


def test_closed_forms_are_the_ones_of_the_grid():
    x = np.linspace(0, 1, 101)
    given = setting("front_loaded").intake
    assert np.allclose(base_cdf(given, x), 1 - (1 - x) ** (1 / 0.6), atol=1e-15)
    given = setting("surge_mid").intake
    assert base_cdf(given, np.array([0.25, 0.5, 0.75])) == pytest.approx([0.1, 0.5, 0.9])
    shape = prepare(setting("back_loaded"), {}, 35).shape
    q = np.linspace(0.01, 0.99, 99)
    assert np.abs(shape.positions(q) - q**0.6).max() < 2e-4


@pytest.mark.parametrize(("gamma", "sd"), [(0.7, 0.175), (1.0, 0.149), (1.3, 0.131)])
def test_pacing_smooths_or_sharpens_the_bell(gamma, sd):
    assert positions(setting("bell_curve", gamma)).std() == pytest.approx(sd, abs=0.002)


@pytest.mark.parametrize(("gamma", "share"), [(0.7, 0.325), (1.0, 0.342), (1.3, 0.360)])
def test_weekend_share_over_whole_weeks(gamma, share):
    ready, _, times = arrive(setting("weekend_surge", gamma))
    weekend = (ready.clock.local(times) // DAY_MS + 3) % 7 >= 5
    assert weekend.mean() == pytest.approx(share, abs=0.003)


@pytest.mark.parametrize(("gamma", "share"), [(0.7, 0.085), (1.0, 0.104), (1.3, 0.123)])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_busiest_hour_stays_at_its_local_clock_time(gamma, share, zone):
    ready, _, times = arrive(setting("daily_spike", gamma, zone=zone, n=20_000))
    hours = np.bincount(ready.clock.local(times) % DAY_MS // HOUR_MS, minlength=24)
    assert hours.argmax() == 10
    assert hours[10] / times.size == pytest.approx(share, abs=0.002)


def test_day_of_the_clock_change_has_no_arrivals_in_the_missing_hour():
    given = setting("linear", zone="America/New_York", n=50_000)
    ready, _, times = arrive(given)
    local = ready.clock.local(times)
    change = (datetime.date(2026, 3, 8) - datetime.date(1970, 1, 1)).days
    hours = np.bincount(local[local // DAY_MS == change] % DAY_MS // HOUR_MS, minlength=24)
    assert hours[2] == 0
    assert (np.delete(hours, 2) > 0).all()


def test_local_clock_agrees_with_the_tz_database():
    ready, _, times = arrive(setting("linear", zone="America/New_York"))
    zone = zoneinfo.ZoneInfo("America/New_York")
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    for instant, local in zip(times[::50], ready.clock.local(times[::50]), strict=True):
        moment = (epoch + datetime.timedelta(milliseconds=int(instant))).astimezone(zone)
        wall = moment.replace(tzinfo=datetime.UTC) - epoch
        assert wall // datetime.timedelta(milliseconds=1) == local


@given(
    st.sampled_from([m for m in METHODS if m not in ("random_bursts", "trickle")]),
    st.floats(0.25, 4),
)
@settings(max_examples=40, deadline=None)
def test_warp_keeps_ends_and_order(method, gamma):
    shape = prepare(setting(method, gamma), {}, 35).shape
    assert shape.cdf[0] == 0
    assert shape.cdf[-1] == 1
    assert (np.diff(shape.cdf) >= 0).all()
    x = shape.positions(np.linspace(0, 1, 999, endpoint=False))
    assert (np.diff(x) > 0).all()
    assert x[0] >= 0
    assert x[-1] < 1


def test_linear_is_a_fixed_point_of_pacing():
    flat, sharp = (prepare(setting("linear", g), {}, 35).shape for g in (1.0, 3.0))
    assert np.abs(flat.cdf - sharp.cdf).max() < 1e-12


def test_custom_shape_leaves_empty_cells_empty():
    for gamma in (0.7, 1.3):
        x = positions(setting("custom", gamma))
        assert not ((x > 0.3) & (x < 0.5)).any()


def test_overlay_multiplies_the_method():
    given = setting("front_loaded", **{"intake.overlays": ["hour_of_day", "weekend"]}, n=20_000)
    ready, _, times = arrive(given)
    local = ready.clock.local(times)
    assert np.bincount(local % DAY_MS // HOUR_MS).argmax() == 10
    assert ((local // DAY_MS + 3) % 7 >= 5).mean() > 0.3
    assert (times < ready.intake.start + ready.intake.span // 2).mean() > 0.6


def test_spread_of_gaps_is_that_of_the_placement():
    def cv(given):
        gaps = np.diff(np.sort(positions(given)))
        return gaps.std() / gaps.mean()

    assert cv(setting("linear")) == pytest.approx(0.41, abs=0.03)
    assert cv(setting("linear", placement="independent")) == pytest.approx(1.0, abs=0.08)
    assert cv(setting("trickle")) == pytest.approx(0.10, abs=0.01)


def test_bursts_differ_between_runs_and_hold_most_contacts():
    given = setting("random_bursts", n=5000)
    first, second = positions(given, seed=1), positions(given, seed=2)
    assert abs(first.mean() - second.mean()) > 1e-3
    assert np.histogram(first, 40, (0, 1))[0].max() > 3 * 5000 / 40


def closed_forms():
    """Give each method's distribution function, written down apart from the engine."""
    ends = [statistics.NormalDist(0.5, 0.15).cdf(end) for end in (0, 1)]

    def bell(x):
        return (statistics.NormalDist(0.5, 0.15).cdf(x) - ends[0]) / (ends[1] - ends[0])

    def surge(x):
        t = min(1.0, max(-1.0, (x - 0.5) / 0.25))
        return 0.4 * x + 0.6 * (0.5 + t / 2 + math.sin(math.pi * t) / (2 * math.pi))

    def steps(x):
        return (min(x, 0.3) * 2 + max(0.0, x - 0.5)) / 1.1

    return {
        "linear": lambda x: x,
        "bell_curve": bell,
        "front_loaded": lambda x: 1 - (1 - x) ** (1 / 0.6),
        "back_loaded": lambda x: x ** (1 / 0.6),
        "surge_mid": surge,
        "custom": steps,
    }


@pytest.mark.parametrize("method", closed_forms())
def test_independent_arrivals_pass_ks_against_the_closed_form(method):
    x = np.sort(positions(setting(method, placement="independent", n=20_000)))
    expected = np.array([closed_forms()[method](value) for value in x.tolist()])
    rank = np.arange(x.size) / x.size
    found = max((expected - rank).max(), (rank - expected).max() + 1 / x.size)
    assert found < KS / x.size**0.5
