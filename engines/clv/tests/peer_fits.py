"""Fit a peer's models in its own interpreter: `PYTHON peer_fits.py PEER SUMMARY.csv`.

Prints one JSON object: model -> parameters, CPU seconds (median of five after a warm-up), and how
many of its predictions for the next 52 weeks are NaN.
"""

import json
import sys
import time
import warnings

import pandas as pd

warnings.simplefilter("ignore")
REPEATS = 5


def timed(fit):
    """Return the last result and the median CPU seconds of five calls after one to warm up."""
    fit()
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        result = fit()
        seconds.append(time.process_time() - start)
    return result, sorted(seconds)[REPEATS // 2]


def fit_lifetimes(data):
    """Fit all four models of lifetimes."""
    import lifetimes

    found = {}
    for name, fitter in (
        ("bg_nbd", lifetimes.BetaGeoFitter),
        ("mbg_nbd", lifetimes.ModifiedBetaGeoFitter),
        ("pareto_nbd", lifetimes.ParetoNBDFitter),
    ):
        columns = (data["frequency"], data["recency"], data["T"])
        made, seconds = timed(lambda fitter=fitter, columns=columns: fitter().fit(*columns))
        predicted = made.conditional_expected_number_of_purchases_up_to_time(52, *columns)
        missing = int(pd.isna(pd.Series(predicted)).sum())
        found[name] = {"theta": dict(made.params_), "seconds": seconds, "missing": missing}
    buyers = data[(data["frequency"] > 0) & (data["monetary_value"] > 0)]
    columns = (buyers["frequency"], buyers["monetary_value"])
    made, seconds = timed(lambda: lifetimes.GammaGammaFitter().fit(*columns))
    theta = {"p": made.params_["p"], "q": made.params_["q"], "gamma": made.params_["v"]}
    found["gamma_gamma"] = {"theta": theta, "seconds": seconds, "missing": 0}
    return found


def fit_clvkit(data):
    """Fit the three models of clvkit."""
    import clvkit

    base = clvkit.CustomerBase(
        data, time_unit="W", observation_period_end=pd.Timestamp("1997-09-30"), has_monetary=True,
        on_negative="net", collapse="D",
    )  # fmt: skip
    found = {}
    for name, model in (("bg_nbd", clvkit.BGNBD), ("mbg_nbd", clvkit.MBGNBD)):
        made, seconds = timed(lambda model=model: model().fit(base))
        predicted = made.predict(52).to_pandas().select_dtypes("number")
        missing = int(predicted.isna().any(axis=1).sum())
        found[name] = {"theta": dict(made.params_), "seconds": seconds, "missing": missing}
    made, seconds = timed(lambda: clvkit.GammaGamma().fit(base))
    found["gamma_gamma"] = {"theta": dict(made.params_), "seconds": seconds, "missing": 0}
    return found


if __name__ == "__main__":
    peer, file = sys.argv[1:]
    summary = pd.read_csv(file, index_col="customer_id")
    result = {"lifetimes": fit_lifetimes, "clvkit": fit_clvkit}[peer](summary)
    sys.stdout.write(json.dumps(result, default=float))
