"""Compute again and compare: any one run, or a sample of a study.

"Where does this 18,400 EUR come from?" is answered by `rerun`, which computes that run once more,
shows its tables and tells whether it is still the number in the ledger.
"""

from runner.audit.rerun import RerunResult, rerun
from runner.audit.verify import VerifyReport, read_share, verify_study

__all__ = ["RerunResult", "VerifyReport", "read_share", "rerun", "verify_study"]
