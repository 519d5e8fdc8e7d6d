"""Formula values worked out independently, at T = 30 and a window of 39 units."""

from __future__ import annotations

import numpy as np
import pytest

from engines.clv.models import BG_NBD, MBG_NBD, NBD, PARETO_NBD
from engines.clv.models import gamma_gamma as gg
from engines.clv.models.pareto_nbd import discounted_residual

FIRST = np.array([0.5, 5.0, 0.3, 0.4])
PARETO = np.array([0.5, 10.0, 0.6, 12.0])
CLOSE = {"rtol": 1e-8, "atol": 0.0}


def four(model, theta, x, t_x, *, age=30.0, t=39.0):
    x, t_x, age = (np.array([float(v)]) for v in (x, t_x, age))
    alive = model.p_alive(theta, x, t_x, age)
    return [
        model.log_likelihood(theta, x, t_x, age)[0],
        alive[0],
        (alive * model.expected_given_alive(theta, x, age, np.array([t])))[0],
        model.p_no_purchase(theta, x, t_x, age, t)[0],
    ]


@pytest.mark.parametrize(
    ("model", "theta", "x", "t_x", "expected"),
    [
        (BG_NBD, FIRST, 0, 0, [-0.972955075, 1, 0.436447320, 0.687730305]),
        (BG_NBD, FIRST, 3, 20, [-11.5413082627, 0.711316945, 2.39904796, 0.340442581]),
        (MBG_NBD, FIRST, 0, 0, [-0.439201131, 0.335085441, 0.167012012, 0.895362972]),
        (MBG_NBD, FIRST, 3, 20, [-11.7145949908, 0.777316376, 2.68916993, 0.279245649]),
        (PARETO_NBD, PARETO, 0, 0, [-0.461404441, 0.374037013, 0.147498919, 0.909771189]),
        (PARETO_NBD, PARETO, 3, 20, [-11.6132115878, 0.763667284, 2.10802852, 0.385112401]),
        (PARETO_NBD, np.array([0.5, 12.0, 0.6, 10.0]), 3, 20,
         [-11.7653486346, 0.757895579, 1.97612092, 0.399819587]),
    ],
)  # fmt: skip
def test_likelihood_alive_expectation_and_no_purchase(model, theta, x, t_x, expected):
    np.testing.assert_allclose(four(model, theta, x, t_x), expected, rtol=3e-9)


@pytest.mark.parametrize(("x", "t_x", "expected"), [(0, 0, 0.466782747), (3, 20, 2.50039468)])
def test_bg_at_the_pole_a_plus_b_of_one(x, t_x, expected):
    np.testing.assert_allclose(
        four(BG_NBD, np.array([0.5, 5, 0.3, 0.7]), x, t_x)[2], expected, **CLOSE
    )


def test_bg_and_mbg_at_a_of_one():
    theta = np.array([0.5, 5.0, 1.0, 2.0])
    np.testing.assert_allclose(
        four(BG_NBD, theta, 3, 20)[1:3], [0.551971986, 1.57111554], rtol=5e-9
    )
    np.testing.assert_allclose(four(MBG_NBD, theta, 0, 0)[2], 0.202492551, rtol=5e-9)


def test_bg_after_a_thousand_purchases():
    found = BG_NBD.expected_given_alive(
        FIRST, np.array([1000.0]), np.array([38.0]), np.array([52.0])
    )
    np.testing.assert_allclose(found, 1060.04634633, **CLOSE)


def test_pareto_limits():
    theta = np.array([0.5, 10.0, 1.0, 10.0])
    np.testing.assert_allclose(four(PARETO_NBD, theta, 3, 20)[2], 1.49927496, rtol=5e-9)
    found = four(PARETO_NBD, PARETO, 1000, 37, age=38.0)[0]
    np.testing.assert_allclose(found, 2048.87499315, **CLOSE)
    args = (np.array([3.0]), np.array([20.0]), np.array([30.0]))
    np.testing.assert_allclose(discounted_residual(PARETO, *args, 0.0025), 9.46638581, rtol=5e-9)


def test_nbd_never_leaves():
    alive = four(NBD, np.array([0.5, 5.0]), 3, 20)
    assert alive[1] == 1.0
    assert alive[2] == pytest.approx(39 * 3.5 / 35)


def test_gamma_gamma():
    theta, x, m = np.array([6.0, 4.0, 15.0]), np.array([3.0]), np.array([40.0])
    found = gg.log_likelihood(theta, x, m)[0]
    np.testing.assert_allclose([found, found - np.log(3)], [-4.51456643, -5.61317871], rtol=5e-9)
    np.testing.assert_allclose(gg.expected_spend(theta, x, m), 38.5714286, rtol=5e-9)
    assert gg.expected_spend(theta, np.zeros(1), np.zeros(1))[0] == pytest.approx(30.0)
