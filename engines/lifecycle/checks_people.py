"""Find customers outside the bounds of the population."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.accounts import Accounts
from engines.lifecycle.history import History
from engines.lifecycle.weeks import MOST_MRR_USD


def out_of_bounds(history: History, accounts: Accounts) -> NDArray[np.bool_]:
    """Return whose start, account, traits or MRR cannot be."""
    customers, dates = history.customers, history.setup.dates
    wrong = (customers.start < dates.first) | (customers.start >= dates.observed)
    wrong |= accounts.created[customers.row] > customers.start
    wrong |= accounts.index[customers.row] != customers.account
    for traits in (customers.own, customers.shared, customers.effective):
        wrong |= ~((traits >= 0.0) & (traits <= 1.0)).all(axis=1)
    at_churn = np.ma.getdata(history.subscriptions["mrr_at_churn_usd"])
    return np.asarray(wrong | (at_churn >= MOST_MRR_USD) | (at_churn < 1))
