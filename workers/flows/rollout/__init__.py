"""Phases RUNNING_PRE_TASK and FOLLOWING: the task before the rollout, and our rollout until it ends.

A rollout is followed by the id of its deployment. What would end it counts only if two reads agree.
"""
