"""What the commands of `cli.py` share, so that it can be read as a list of them.

Their options, what the words come to, and how a command ends: a growth analyst's
`python -m runner run sweeps=taps_plan --json > result.json` gets one JSON object in that file
whatever the engine prints, and an exit code that a script can act on.
"""
