"""Where results live: the study folder, its ledger, its parts and the plans' records.

A growth analyst who closes the laptop in the middle of a sweep finds every finished part here
the next morning; the ledger says which runs they hold.
"""

from runner.store.folder import StudyFolder, open_study
from runner.store.ledger import Ledger
from runner.store.records import PartFile, RunRecord, RunState

__all__ = ["Ledger", "PartFile", "RunRecord", "RunState", "StudyFolder", "open_study"]
