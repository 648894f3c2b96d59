"""Why tasks stop or do not start: ECS's reasons, turned into sentences that say what happened and what to do.

`reason_patterns.py` has what a cause is and how a reason is matched. `cause_summary.py` counts the causes of
a rollout.
"""
