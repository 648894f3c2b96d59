"""How a rollout that is only followed stands, on its card."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deploys.deploy import Deploy, Outcome, Phase
from deploys.mrkdwn import mention

PHASES: Mapping[Phase, str] = {
    Phase.PLANNING: "looking for a rollout in progress",
    Phase.LOOKING_ON: "rolling out",
}
"""The phases that read otherwise than those of a deploy."""

OUTCOMES: Mapping[Outcome, Callable[[Deploy], str]] = {
    Outcome.SUCCEEDED: lambda deploy: "succeeded",
    Outcome.ROLLED_BACK: lambda deploy: "rolled back by ECS",
    Outcome.FAILED: lambda deploy: "failed, needs a look",
    Outcome.SUPERSEDED: lambda deploy: superseded(deploy, "a newer deployment"),
    Outcome.CANCELLED: lambda deploy: f"no longer followed{_by(deploy)}, nothing was changed",
    Outcome.REJECTED: lambda deploy: "not followed, nothing was changed",
    Outcome.EXPIRED: lambda deploy: "no longer followed: it did not end in time, nothing was changed",
    Outcome.REFUSED: lambda deploy: "not followed, nothing was changed",
}


def superseded(deploy: Deploy, by: str) -> str:
    """By whom or what; a desired count of 0 is no deployment."""
    return "superseded: the desired count was set to 0" if deploy.emptied else f"superseded by {by}"


def _by(deploy: Deploy) -> str:
    return f", as {mention(deploy.cancel.user)} asked" if deploy.cancel else ""
