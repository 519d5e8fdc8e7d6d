"""Probability models of buying and spending, as pure functions of parameters and arrays.

A customer with two repeat purchases in week 30 of 39 is probably still a customer; one with twenty
purchases, the last in week 15, hardly is. The models say how probably, and what follows.
"""

from engines.clv.models import nbd, pareto_nbd
from engines.clv.models.bg_nbd import BG_NBD
from engines.clv.models.mbg_nbd import MBG_NBD
from engines.clv.models.purchase_model import PurchaseModel

PARETO_NBD = PurchaseModel(
    name="pareto_nbd",
    parameters=pareto_nbd.PARAMETERS,
    is_time=pareto_nbd.IS_TIME,
    starts=pareto_nbd.STARTS,
    log_likelihood=pareto_nbd.log_likelihood,
    mean_and_gradient=pareto_nbd.mean_and_gradient,
    p_alive=pareto_nbd.p_alive,
    expected_given_alive=pareto_nbd.expected_given_alive,
    has_lifetime=True,
)
NBD = PurchaseModel(
    name="nbd",
    parameters=nbd.PARAMETERS,
    is_time=nbd.IS_TIME,
    starts=nbd.STARTS,
    log_likelihood=nbd.log_likelihood,
    mean_and_gradient=nbd.mean_and_gradient,
    p_alive=nbd.p_alive,
    expected_given_alive=nbd.expected_given_alive,
)
MODELS = {model.name: model for model in (BG_NBD, MBG_NBD, PARETO_NBD, NBD)}

__all__ = ["BG_NBD", "MBG_NBD", "MODELS", "NBD", "PARETO_NBD", "PurchaseModel"]
