"""At which PAUSE hook a rollout waits. Pure."""

from __future__ import annotations

from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.traffic import Pause


def current_pause(deploy: Deploy) -> Pause | None:
    """The pause at which our rollout waits, answered or not; None if it goes on or rolls back."""
    if (
        deploy.phase is not Phase.FOLLOWING
        or not deploy.in_progress
        or deploy.cancel
        or deploy.rollback.cause
    ):
        return None
    return deploy.traffic.open_pause if deploy.traffic else None


def unanswered_pause(deploy: Deploy) -> Pause | None:
    """The pause that waits for somebody's answer."""
    pause = current_pause(deploy)
    return pause if pause is not None and pause.answer is None else None


def external_pause(deploy: Deploy) -> Pause | None:
    """The pause of an external rollout. It is answered in ECS."""
    if deploy.phase is not Phase.FOLLOWING_EXTERNAL or not deploy.in_progress or deploy.rollback.cause:
        return None
    return deploy.traffic.open_pause if deploy.traffic else None


def latest_pause_number(deploy: Deploy) -> int:
    """Number of the newest pause, from 1; 0 if there was none. A button carries it."""
    return len(deploy.traffic.pauses) if deploy.traffic else 0


def pause_approvers(deploy: Deploy) -> tuple[str, ...]:
    """Who may let it continue, as services.yml says: the approvers, or the deployers if it names none.

    Empty: nobody.
    """
    return deploy.service.approvers or deploy.service.deployers
