"""What a deploy does next, phase by phase. `steps` names the step of each phase.

A step reads ECS, decides, acts at most once and leaves the record for the next step. It may run any number of
times: it first looks for what an earlier try did, and adopts it.
"""
