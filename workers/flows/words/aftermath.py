"""A rollout that came to its end, and what somebody did to the service since."""

from __future__ import annotations

from deploys.deploy import Deploy
from deploys.mrkdwn import code
from workers.ecs.seen import DeploymentSeen
from workers.flows.words.measures import duration, short


def completed(deploy: Deploy, took: float) -> str:
    """Without counts: what runs is not what ran."""
    return (
        f"*Succeeded, but no longer so.* ECS completed the rollout of {code(deploy.service.name)} to "
        f"{_version(deploy)} after {duration(took)}."
    )


def completed_elsewhere(deploy: Deploy, took: float) -> str:
    """The same of a rollout that was only followed."""
    return (
        f"*Succeeded, but no longer so.* The rollout that I followed is over: ECS completed it, of "
        f"{code(deploy.service.name)} to {_version(deploy)}, after {duration(took)}."
    )


def replaced(newer: DeploymentSeen) -> str:
    return (
        f"By now somebody else's newer deployment {code(newer.id)} moves the service to "
        f"{code(short(newer.revision))}. I do not fight it."
    )


def emptied(deploy: Deploy) -> str:
    left = "" if deploy.original is not None else " I leave that as it is."
    return f"By now somebody, or something, set the desired count to 0, so its tasks stop.{left}"


def _version(deploy: Deploy) -> str:
    revision = code(short(deploy.new_revision))
    return f"{code(deploy.tag)} (revision {revision})" if deploy.tag else f"revision {revision}"
