"""Phase FOLLOWING_EXTERNAL: a rollout that Slipway did not start, followed for `/deploy follow`.

Nothing is changed here.
"""
