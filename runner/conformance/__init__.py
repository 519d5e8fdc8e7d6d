"""The one suite that every engine passes, whoever wrote it.

A study's promises (resume, common random numbers, equal hashes on any worker) hold only for
engines that keep theirs. An author writes three lines, and gets told in plain words what is wrong:

    class TestCoupon(EngineConformance):
        engine = ENGINE
"""

from runner.conformance.memory import MemorySink, Table
from runner.conformance.running import Ran, example_params, run_engine
from runner.conformance.suite import EngineConformance

__all__ = ["EngineConformance", "MemorySink", "Ran", "Table", "example_params", "run_engine"]
