"""MBG/NBD: as BG/NBD, but the customer may leave after the first purchase already."""

from __future__ import annotations

from functools import partial

from engines.clv.models import beta_geometric as shared
from engines.clv.models.purchase_model import PurchaseModel

_SHIFT = 1

MBG_NBD = PurchaseModel(
    name="mbg_nbd",
    parameters=shared.PARAMETERS,
    is_time=shared.IS_TIME,
    starts=shared.STARTS,
    log_likelihood=partial(shared.log_likelihood, _SHIFT),
    mean_and_gradient=partial(shared.mean_and_gradient, _SHIFT),
    p_alive=partial(shared.p_alive, _SHIFT),
    expected_given_alive=partial(shared.expected_given_alive, _SHIFT),
    leaves_after_first=True,
)
