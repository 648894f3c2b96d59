"""Whether a deploy stands at a PAUSE hook. Pure."""

from __future__ import annotations

from deploys.deploy import Deploy, Phase
from deploys.traffic import Pause


def paused(deploy: Deploy) -> Pause | None:
    """The pause at which the rollout stands, answered or not; None where it goes on or back."""
    if deploy.phase is not Phase.FOLLOWING or not deploy.live or deploy.cancel or deploy.reason:
        return None
    return deploy.shift.pause if deploy.shift else None


def unanswered(deploy: Deploy) -> Pause | None:
    """The pause that waits for somebody's answer."""
    pause = paused(deploy)
    return pause if pause is not None and pause.answer is None else None


def paused_elsewhere(deploy: Deploy) -> Pause | None:
    """The pause of a rollout that is only followed: whoever began it answers it, in ECS."""
    if deploy.phase is not Phase.LOOKING_ON or not deploy.live or deploy.reason:
        return None
    return deploy.shift.pause if deploy.shift else None


def number(deploy: Deploy) -> int:
    """Which pause is the newest, from 1; 0 where there was none. A button carries it."""
    return len(deploy.shift.pauses) if deploy.shift else 0


def answerers(deploy: Deploy) -> tuple[str, ...]:
    """Who may let it continue, as services.yml says: the approvers, or the deployers where none are named.

    Empty: everybody.
    """
    return deploy.service.approvers or deploy.service.deployers
