"""How a deploy ended."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.deploy import Deploy
from deploys.mrkdwn import code, escape, mention, plural
from workers.flows.evidence import Evidence
from workers.flows.words import serving
from workers.flows.words.measures import duration, short

_GONE = {
    "": "is gone",
    "DRAINING": "is being deleted (ECS calls it DRAINING)",
    "INACTIVE": "was deleted (ECS calls it INACTIVE)",
}

LOG_LINE = 300
"""Characters of a log line that are shown."""
LOG = 2000
"""Characters of a log that are shown, escaped. Slack takes 4000 in a message."""
CAUSES_SHOWN = 4


def succeeded(deploy: Deploy, took: float) -> str:
    text = (
        f"*Succeeded.* {code(deploy.service.name)} runs {code(deploy.tag)}: "
        f"{serving.running(deploy)}, after {duration(took)}."
    )
    if deploy.downtime is not None:
        lasted = duration(deploy.downtime)
        text += f" Downtime: {lasted}, from the request to stop until the full count ran again."
    return text + serving.at_end(deploy)


def rolled_back(
    deploy: Deploy, revision: str, reason: str, why: Evidence, *, recorded: str | None = None
) -> str:
    """recorded: what the service was set to before, where ECS itself chose what to go back to."""
    text = f"*Rolled back* to {code(short(revision))}: {reason}{_instead(deploy, revision, recorded)}"
    if deploy.downtime is not None:
        text += f" Downtime: {duration(deploy.downtime)}."
    return "\n".join([text, *evidence(why)])


def evidence(why: Evidence) -> list[str]:
    """Why tasks failed, what the last of them wrote, and what of that could not be read."""
    lines = [f"• {cause}" for cause in why.causes[:CAUSES_SHOWN]]
    if len(why.causes) > CAUSES_SHOWN:
        lines.append(
            f"• and {plural(len(why.causes) - CAUSES_SHOWN, 'more cause')}; the service's events say all"
        )
    if why.log:
        lines.append(f"Last lines of {code(why.container)}:\n```{_written(why.log)}```")
    return [*lines, *why.unread]


def _written(log: Sequence[str]) -> str:
    """The newest lines that fit, as they tell most: a message that is too long loses its end."""
    shown: list[str] = []
    room = LOG
    for line in reversed(log):
        plain = line.replace("`", "\u2019")
        cut = escape(plain if len(plain) <= LOG_LINE else f"{plain[: LOG_LINE - 1]}…")
        if shown and len(cut) > room:
            break
        shown.insert(0, cut)
        room -= len(cut)
    return "\n".join(shown)


def _instead(deploy: Deploy, revision: str, recorded: str | None) -> str:
    """Why the service is not back at the recorded revision itself; empty if it is."""
    if recorded is None or revision == recorded:
        return ""
    if revision == deploy.restore_revision:
        return f" It is a copy of {code(short(recorded))}, which was deregistered meanwhile."
    return (
        f" ECS goes back to what completed last: {code(short(recorded))}, which the service was set to "
        "before, had not."
    )


def cancelled_back(deploy: Deploy, revision: str, user: str, *, recorded: str | None = None) -> str:
    text = (
        f"*Cancelled* by {mention(user)}: rolled back to {code(short(revision))}."
        f"{_instead(deploy, revision, recorded)}"
    )
    if deploy.downtime is not None:
        text += f" Downtime: {duration(deploy.downtime)}."
    return text


def superseded(deploy: Deploy, revision: str, deployment: str) -> str:
    follow = code(f"/deploy follow {deploy.service.name}")
    return (
        f"*Superseded*: somebody else's newer deployment {code(deployment)} moves the service to "
        f"{code(short(revision))}. I do not fight it; {follow} follows it."
    )


def count_given_back(count: int) -> str:
    """Somebody else has a service that was stopped for the deploy."""
    return f"The service was stopped, so I set its desired count back to {count}."


def gone(status: str) -> str:
    return f"*Failed*: {service_gone(status)}"


def service_gone(status: str) -> str:
    """The reason alone."""
    return f"the ECS service {how_gone(status)}, so there is nothing left to deploy or to bring back."


def how_gone(status: str) -> str:
    """What became of an ECS service that is not ACTIVE; status: ECS's own word, empty where it knows none."""
    return _GONE.get(status, f"is {status}")


def failed(reason: str, why: Evidence) -> str:
    return "\n".join([f"*Failed*: {reason}", *evidence(why)])


def failed_back(reason: str, back: Evidence, before: str, why: Evidence) -> str:
    """The way back failed as well. before: why it was taken, with its own evidence."""
    return "\n".join([failed(reason, back), f"It was rolled back for this: {before}", *evidence(why)])


def refused(reason: str) -> str:
    return f"*Refused*, nothing was changed: {reason}"


def cancelled_too_late(user: str) -> str:
    return f"(The cancel of {mention(user)} came too late to change that.)"
