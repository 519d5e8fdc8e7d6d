"""Other runners beside this one, on the same work: Hydra's multirun and Mesa's `batch_run`.

Each side is an application of its own (`ours`, `hydra_app`, `mesa_app`) that runs the one model
function of `work` as its manual shows, stores what each run returns, and is started, watched and
killed alike by `measure`. The peers live in an environment of their own (`environment`).
"""
