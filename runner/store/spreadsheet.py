"""Write CSV files that a spreadsheet shows and does not carry out.

Excel, LibreOffice and Google Sheets take a cell that begins with `=`, `+`, `-` or `@` as a formula,
which can read other files or send them away. Labels, choices and motivations come from whoever
wrote the study. The Parquet file beside each CSV has every text as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\n")


def as_cell(value: Any) -> Any:
    """Return a value for a CSV cell: text that would be a formula gets an apostrophe in front.

    Carriage returns, after which some readers begin a new row, become line ends.
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(_BEGINNINGS) and not _is_number(text) else text


def text_of(cell: Any) -> Any:
    """Return the value that a cell stands for, the inverse of `as_cell`."""
    is_marked = isinstance(cell, str) and cell[:1] == "'" and as_cell(cell[1:]) == cell
    return cell[1:] if is_marked else cell


def csv_text(frame: pd.DataFrame) -> str:
    """Return a frame as CSV, its texts and headings as cells."""
    cells = frame.rename(columns=as_cell)
    for name in cells.select_dtypes(["object", "string", "category"]):
        cells[name] = cells[name].map(as_cell, na_action="ignore")
    text: str = cells.to_csv(index=False, lineterminator="\n")
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
