"""Phases RESTORING and FOLLOWING_ROLLBACK: the recorded revision and count come back.

The rollback is followed like a rollout. It is tried again if it does not hold, and given up after its
deadline.
"""
