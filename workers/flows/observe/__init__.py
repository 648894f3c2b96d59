"""What ECS shows of a rollout, read and judged. Nothing here changes ECS.

Whether the rollout succeeded, why it failed, which images run, when it takes too long, and where its traffic
is.
"""
