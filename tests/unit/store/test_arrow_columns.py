"""Columns built without `pa.array` are those that pyarrow builds."""

from __future__ import annotations

import pyarrow as pa
import pytest

from runner.store.arrow import categories


@pytest.mark.parametrize(
    "values", [[], ["b", "a", "b"], ["", "ä", None, ""], [None, None], [str(n) for n in range(300)]]
)
def test_categories_are_pyarrows_own(values: list[str | None]) -> None:
    column = categories(values)
    column.validate(full=True)
    assert column.to_pylist() == values
    assert column.equals(pa.array(values, pa.string()).dictionary_encode())
