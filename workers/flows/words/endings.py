"""How a deploy ended."""

from __future__ import annotations

from deploys.deploy import Deploy
from deploys.mrkdwn import code, escape, mention
from workers.flows.evidence import Evidence
from workers.flows.words import serving
from workers.flows.words.measures import duration, short

LOG_LINE = 300
"""Characters of a log line that are shown."""


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
    text = f"*Rolled back* to {code(short(revision))}: {reason}{passed_over(revision, recorded or revision)}"
    if deploy.downtime is not None:
        text += f" Downtime: {duration(deploy.downtime)}."
    return "\n".join([text, *evidence(why)])


def evidence(why: Evidence) -> list[str]:
    """Why tasks failed, what the last of them wrote, and what of that could not be read."""
    lines = [f"• {cause}" for cause in why.causes]
    if why.log:
        written = "\n".join(line.replace("`", "\u2019")[:LOG_LINE] for line in why.log)
        lines.append(f"Last lines of {code(why.container)}:\n```{escape(written)}```")
    return [*lines, *why.unread]


def passed_over(revision: str, recorded: str) -> str:
    """That ECS went elsewhere; empty where it did not."""
    if revision == recorded:
        return ""
    return (
        f" ECS goes back to what completed last: {code(short(recorded))}, which the service was set to "
        "before, had not."
    )


def cancelled_back(deploy: Deploy, revision: str, user: str, *, recorded: str | None = None) -> str:
    text = (
        f"*Cancelled* by {mention(user)}: rolled back to {code(short(revision))}."
        f"{passed_over(revision, recorded or revision)}"
    )
    if deploy.downtime is not None:
        text += f" Downtime: {duration(deploy.downtime)}."
    return text


def superseded(revision: str, deployment: str) -> str:
    return (
        f"*Superseded*: somebody else's newer deployment {code(deployment)} moves the service to "
        f"{code(short(revision))}. I do not fight it."
    )


def gone(status: str) -> str:
    return (
        f"*Failed*: the ECS service is {status or 'gone'}. There is nothing left to deploy or to bring back."
    )


def failed(reason: str, why: Evidence) -> str:
    return "\n".join([f"*Failed*: {reason}", *evidence(why)])


def failed_back(reason: str, back: Evidence, before: str, why: Evidence) -> str:
    """The way back failed as well. before: why it was taken, with its own evidence."""
    return "\n".join([failed(reason, back), f"It was rolled back for this: {before}", *evidence(why)])


def refused(reason: str) -> str:
    return f"*Refused*, nothing was changed: {reason}"


def cancelled_too_late(user: str) -> str:
    return f"(The cancel of {mention(user)} came too late to change that.)"
