"""Judge a study by its rules: pass, fail, inconclusive or not evaluated, at stated error rates.

"The customer base may not shrink, but for the planned price test in March" is a rule and an
exception with its motivation; the verdict says whether the plan keeps the rule, and how sure
that is after so many replicates.
"""

from runner.accept.judge import Acceptance, judge
from runner.accept.verdicts import Verdict, verdict_of, worst

__all__ = ["Acceptance", "Verdict", "judge", "verdict_of", "worst"]
