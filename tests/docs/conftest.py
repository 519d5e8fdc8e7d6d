"""Examples run in this process; what imports change once is changed before they start."""

from __future__ import annotations

import scipy.optimize
import scipy.special  # noqa: F401 - adds a warnings filter when first imported

import tests.calibrate_support  # noqa: F401 - imports what a calibration needs
