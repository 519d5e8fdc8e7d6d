"""Keep the event log of a game: what each agent did, when and with what, as it would be recorded.

A teacher of analytics collects it with the truth beside it (`agents`), so that a funnel, a
retention curve or a hunt for bots can be marked. Types that nobody collects cost nothing.
"""
