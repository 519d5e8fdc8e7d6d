"""Record finished studies in MLflow, where a team looks things up and compares arms.

"Which arm earned most at a CAC of 40, and did it keep its margin?" is a filter and a sort in
MLflow's table of runs. The study folder is the truth; what stands in MLflow is a projection of it
that can be made again at any time, by a process of its own, so that nothing that happens to
MLflow can touch a study.
"""

from runner.track.reply import Recorded
from runner.track.stage import record_study
from runner.track.sync import TrackError, plans_in, sync_plans

__all__ = ["Recorded", "TrackError", "plans_in", "record_study", "sync_plans"]
