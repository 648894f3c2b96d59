"""A service whose desired count somebody set to 0 while it was deployed."""

from __future__ import annotations

from deploys.deploy import Deploy
from deploys.mrkdwn import code
from workers.flows.words.measures import short


def reason() -> str:
    return "somebody, or something, set the desired count to 0 before the new tasks ran."


def reason_of_check() -> str:
    return "somebody, or something, set the desired count to 0 while I checked, so there is nothing to check."


def back_at_zero(revision: str, count: int) -> str:
    return (
        f"ECS is back at {code(short(revision))}, but somebody, or something, set the desired count to 0 "
        f"meanwhile, so none of its tasks runs. I set it to {count} again."
    )


def superseded(deploy: Deploy) -> str:
    return (
        f"*Superseded*: {_set(deploy)}. ECS then calls the rollout complete at once, but no task of "
        f"{code(short(deploy.new_revision))} runs, so nothing is known of it. {_left()}"
    )


def superseded_in_check(deploy: Deploy) -> str:
    return f"*Superseded*: {_set(deploy)} while I checked, so there is nothing to check. {_left()}"


def _set(deploy: Deploy) -> str:
    return f"somebody, or something, set the desired count of {code(deploy.service.name)} to 0"


def _left() -> str:
    return "I leave revision and count as they are: set the count again when the service is to run."
