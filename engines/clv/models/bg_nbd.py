"""BG/NBD: after each repeat purchase the customer leaves with a probability of their own."""

from __future__ import annotations

from functools import partial

from engines.clv.models import beta_geometric as shared
from engines.clv.models.purchase_model import PurchaseModel

_SHIFT = 0

BG_NBD = PurchaseModel(
    name="bg_nbd",
    parameters=shared.PARAMETERS,
    is_time=shared.IS_TIME,
    starts=shared.STARTS,
    log_likelihood=partial(shared.log_likelihood, _SHIFT),
    mean_and_gradient=partial(shared.mean_and_gradient, _SHIFT),
    p_alive=partial(shared.p_alive, _SHIFT),
    expected_given_alive=partial(shared.expected_given_alive, _SHIFT),
    leaves_after_first=False,
)
