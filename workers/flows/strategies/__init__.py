"""How a new revision takes the old one's place: `rolling`, `native`, `stop_start`, all with the same parts.

`strategy` says which parts those are, `registry` finds the strategy of a deploy. Phases UPDATING (`updating`)
and SAVING_RESTORE_POINT to STARTING (`stopping_and_starting`).
"""
