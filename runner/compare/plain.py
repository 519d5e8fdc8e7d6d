"""Turn rows of the tables into plain data, for JSON."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd


def plain_rows(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one mapping per row, nulls and what is not finite as None."""
    return [
        {str(key): _plain(value) for key, value in row.items()}
        for row in rows.to_dict(orient="records")
    ]


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or value is pd.NA:
        return None
    return None if isinstance(value, float) and not math.isfinite(value) else value
