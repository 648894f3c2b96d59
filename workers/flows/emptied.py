"""Somebody set the desired count to 0 meanwhile: ECS calls the rollout complete, and nothing of it runs.

A service that Slipway stopped itself is never left at zero; for another one it is somebody's decision.
"""

from __future__ import annotations

from deploys.deploy import Deploy, Outcome
from workers.flows.ecs_back import back_at
from workers.flows.ending import end, go_back
from workers.flows.rollout import Stand
from workers.flows.serving import serves
from workers.flows.words import emptied as words
from workers.flows.words import reasons
from workers.turn import Next, Turn


def served(deploy: Deploy) -> bool:
    """Whether an earlier look saw the new version serve, or the rollout succeed. Pure."""
    succeeded = deploy.seen_end == Stand.SUCCEEDED.value
    return deploy.serving_at is not None or serves(deploy.rollout) or succeeded


def emptied(deploy: Deploy, turn: Turn) -> Next:
    """The end, or the way back."""
    if deploy.original is not None and deploy.cancel:
        return go_back(deploy, turn, Outcome.CANCELLED, reasons.cancel_reason(deploy.cancel.user))
    if deploy.original is not None:
        return go_back(deploy, turn, Outcome.ROLLED_BACK, words.reason())
    return end(deploy.evolve(emptied=True), turn, Outcome.SUPERSEDED, words.superseded(deploy))


def back_at_zero(deploy: Deploy, turn: Turn) -> Next:
    """ECS itself went back, which at desired count 0 is done at once: the count of a service that Slipway
    stopped comes back too.
    """
    count = deploy.original.desired_count if deploy.original else 0
    told = words.back_at_zero(back_at(deploy), count)
    left = deploy.evolve(serving_at=None)
    return go_back(left, turn, Outcome.ROLLED_BACK, deploy.reason, told=told)
