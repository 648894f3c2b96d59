"""What a held deploy says when another one goes before it."""

from __future__ import annotations

from deploys.deploy_text import name_at_start, requested_by
from deploys.records.deploy import Deploy


def overtaken(deploy: Deploy, overtaker: Deploy) -> str:
    """It goes back into the queue."""
    answers = " Earlier answers do not count any more." if deploy.approval.decisions else ""
    return (
        f"{name_at_start(overtaker)} {requested_by(overtaker)} goes first, because this deploy is held. This "
        f"one is back in the queue and is planned again.{answers}"
    )


def overtaken_after_pre_task(overtaker: Deploy) -> str:
    """The reason for its end."""
    return (
        f"{name_at_start(overtaker)} {requested_by(overtaker)} goes first, because this deploy was held. The "
        "task before its rollout has run, and never runs twice. Ask for it again."
    )
