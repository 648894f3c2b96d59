"""What cannot be told of a rollout that shifts traffic."""

from __future__ import annotations

from deploys.deploy import Deploy
from workers.flows.words.measures import duration

LEAD = "*Needs a look*: ECS does not show me how this rollout goes"


def unseen(deploy: Deploy, why: str) -> str:
    return (
        f"{LEAD}. So its stages, its traffic and its pauses are not told here, and no button answers a "
        f"pause: answer it in ECS. The time at pauses counts towards the deadline of "
        f"{duration(deploy.service.deadline)}. {why}"
    )
