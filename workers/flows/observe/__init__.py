"""What ECS shows of a rollout, read and judged. Nothing here changes ECS.

Whether the rollout succeeded, why it failed, which images run, how long it may take, how its traffic moves.
"""
