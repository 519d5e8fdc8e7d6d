"""Tell what a written value is: a name, a number."""

from __future__ import annotations

import math
import re
from typing import Any

LONGEST_NAME = 100
NAME_RULE = f"must be letters, digits, _ and -, at most {LONGEST_NAME}, and no device of Windows"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]*\Z")
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])\Z", re.IGNORECASE)  # of Windows


def is_name(text: str) -> bool:
    """Tell whether a text can name a study, an arm or a file, on every system."""
    is_short = len(text) <= LONGEST_NAME
    return is_short and _NAME.match(text) is not None and _DEVICES.match(text) is None


def is_number(value: Any) -> bool:
    """Tell whether a configured value is a finite number that a float can hold."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
