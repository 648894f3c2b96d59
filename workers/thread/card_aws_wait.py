"""The card of a deploy that waits for its turn to call AWS."""

from __future__ import annotations

from deploys.aws_limits import LIMITS_BY_NAME
from deploys.formatting import TimeFormat
from deploys.records.deploy import Deploy
from deploys.records.retries import AwsWait

STATE = "waiting for its turn at AWS"


def current_wait(deploy: Deploy) -> AwsWait | None:
    """What it waits for; None if something else is to be said of it."""
    return deploy.retries.aws_wait if deploy.in_progress and not deploy.hold and not deploy.cancel else None


def aws_wait_line(deploy: Deploy, when: TimeFormat) -> str:
    """What AWS limits, when its turn is expected and how many are before it; empty if it does not wait."""
    if (wait := current_wait(deploy)) is None:
        return ""
    limit = LIMITS_BY_NAME.get(wait.limit)
    about = limit.about if limit else "calls"  # a newer version may know more limits
    are = "1 other goes" if wait.before == 1 else f"{wait.before} others go"
    before = f" {are} first." if wait.before else ""
    return (
        f"AWS takes only so many {about} a second from one account. Its turn is expected at about "
        f"{when(wait.until)}.{before}"
    )
