"""Why a deploy is refused or goes back."""

from __future__ import annotations

from deploys.deploy import Deploy
from deploys.mrkdwn import code, escape, mention
from workers.flows.words import lingering
from workers.flows.words.measures import duration, short
from workers.flows.words.shifting import without_waits


def cancel_reason(user: str) -> str:
    return f"cancelled by {mention(user)}."


def overdue(deploy: Deploy) -> str:
    told = f"the rollout did not finish within its deadline of {duration(deploy.service.deadline)}."
    return f"{told}{without_waits(deploy)}"


def overdue_unseen(deploy: Deploy) -> str:
    """The deadline is over, and the last look failed."""
    return (
        f"the deadline of {duration(deploy.service.deadline)} is over, and I cannot see how the rollout "
        f"stands. {without_promise(deploy.last_error)}"
    )


def never_shown(deploy: Deploy) -> str:
    return (
        f"ECS took the update to {code(short(deploy.new_revision))}, and showed no deployment for it within "
        f"{duration(deploy.service.deadline)}."
    )


def rollout_failed(reason: str) -> str:
    return f"ECS says that the rollout failed{': ' + escape(reason) if reason else '.'}"


def ecs_not_back(why: str, reason: str) -> str:
    """ECS went back for this, and did not arrive."""
    said = f" ({escape(reason.rstrip('.'))})" if reason else ""
    return f"{why} That way back failed too{said}."


def not_draining(deploy: Deploy, now: float) -> str:
    timeout = lingering.stop_timeout(deploy)
    tasks = ", ".join(lingering.named(task, timeout, now) for task in deploy.alive)
    return f"old tasks did not stop within {duration(deploy.service.deadline)}: {tasks}."


def count_changed(count: int) -> str:
    return f"somebody, or something, set the desired count to {count} while the service was being stopped."


def back_overdue(revision: str, seconds: float, given_up: bool) -> str:
    goes_on = "ECS has given up on it" if given_up else "ECS keeps trying to start its tasks"
    return (
        f"the way back to {code(short(revision))} did not finish within {duration(seconds)}. The service is "
        f"set to it, with its count; {goes_on}. Look at the service's events now."
    )


def back_in_vain(deploy: Deploy, revision: str, seconds: float) -> str:
    return (
        f"the way back to {code(short(revision))} did not hold. For {duration(seconds)} I set it again and "
        f"again, and each time the service went to {code(short(deploy.new_revision))}, which it is set to "
        f"now. I leave it there. I was going back because: {deploy.reason}"
    )


def recorded_deleted(deploy: Deploy, recorded: str, at: str) -> str:
    return (
        f"{code(short(recorded))}, which the service was set to before, was deleted in ECS, so it cannot be "
        f"brought back. The service keeps {code(short(at))}, with its count. I was going back because: "
        f"{deploy.reason}"
    )


def without_promise(what: str) -> str:
    """An error's words without the promise to try again, where that is over or said beside it."""
    for promise in _PROMISES:
        what = what.removesuffix(promise)
    return what


_PROMISES = (" It is tried again.", " I look before I try again.")


def aws_silent(what: str, seconds: float) -> str:
    return f"AWS could not be asked for {duration(seconds)}. {without_promise(what)}"


def access_unknown(what: str, seconds: float) -> str:
    return f"{what} That is so for {duration(seconds)} now."
