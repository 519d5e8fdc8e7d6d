"""Examples run in this process; what imports change once is changed before they start."""

from __future__ import annotations

import scipy.special  # noqa: F401 - adds a warnings filter when first imported
