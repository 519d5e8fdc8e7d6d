"""Run the engine: read in `prepare`; estimate, validate and forecast in `simulate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engines.clv.analysis import analyse
from engines.clv.checks import run_checks
from engines.clv.features import FeatureSet, read_features
from engines.clv.metrics import run_metrics
from engines.clv.params import ClvParams
from engines.clv.remarks import run_warnings
from engines.clv.sources import customers_of
from engines.clv.transactions import FileData, read_file
from engines.clv.write import write_tables
from runner.contract import Draws, Outcome, TableSink


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What follows from parameters and files alone; `data` is None for a synthetic source."""

    data: FileData | None
    features: FeatureSet


def prepare(params: ClvParams, files: Mapping[str, Path], horizon: int) -> Prepared:
    """Read and clean the purchase file and the feature tables.

    Raises:
        PlanError: what is wrong with the files.
    """
    if params.is_synthetic:
        return Prepared(data=None, features=FeatureSet(features=(), unknown_rows={}))
    data = read_file(params, files["data.path"])
    return Prepared(data=data, features=read_features(params, files, data.purchases.ids))


def simulate(
    params: ClvParams, prepared: Prepared, draws: Draws, horizon: int, out: TableSink
) -> Outcome:
    """Estimate, validate and forecast one replicate; the forecast covers `horizon` months.

    Raises:
        SimulationError: too few customers or repeat purchases in this replicate, or a mean spend
            that does not exist (q <= 1).
    """
    source = customers_of(params, prepared.data, draws, horizon)
    results = analyse(params, source, prepared.features, draws, horizon)
    write_tables(results, out)
    return Outcome(
        metrics=run_metrics(results),
        checks=run_checks(results),
        warnings=run_warnings(results, prepared.features.unknown_rows),
    )
