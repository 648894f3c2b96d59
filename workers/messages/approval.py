"""The approval question and its answers."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.deploy_text import command_text
from deploys.formatting import duration
from deploys.mrkdwn import code, mention, mentions, plural, with_reason
from deploys.records.deploy import Deploy
from deploys.records.request import Verb
from deploys.where_told import mentioned_at_question


def request_text(deploy: Deploy) -> str:
    """What was requested: `deploy web 1.4.2`, with the names in code spans."""
    service = code(deploy.service.name)
    if deploy.verb is Verb.RESTART:
        return f"restart {service}"
    if deploy.verb is Verb.ROLLBACK:
        return f"roll {service} back to {code(deploy.tag)}"
    if deploy.count_change is not None:
        before = f" from {deploy.plan.desired_count}" if deploy.plan else ""
        return f"scale {service}{before} to {plural(deploy.count_change.wanted, 'task')}"
    if deploy.command is not None:
        return f"run {code(command_text(deploy))} in {service}"
    return f"deploy {service} {code(deploy.tag)}"


def question(deploy: Deploy) -> str:
    """Asks for approval. The card says until when, since it may be shown later than this is written."""
    needed = plural(deploy.service.approvals, "approval")
    downtime = " This means downtime." if deploy.plan and deploy.plan.downtime else ""
    called = mentions(mentioned_at_question(deploy, deploy.service.approvers), nobody="")
    return (
        f"{called}{': ' if called else ''}{mention(deploy.request.requester)} asks to "
        f"{request_text(deploy)}.{downtime} It needs {needed} by the buttons on the card above, within "
        f"{duration(deploy.service.approval_expiry)}."
    )


def plan_changed(new_plan: str, why: str = "") -> str:
    """The plan that was approved is void. new_plan: what the new one shows."""
    changed = f" {why}" if why else ""
    return (
        f"The service changed after the plan was shown, so earlier answers do not count.{changed} "
        "The new plan:\n"
        f"{new_plan}"
    )


def voided(approvers: Sequence[str], why: str) -> str:
    """For the audit trail. why: what changed, or who may not decide any more."""
    return f"The approval of {mentions(tuple(approvers))} is void. {why}".rstrip()


def approvals_missing(deploy: Deploy) -> str:
    """The deploy was about to begin without them."""
    needed = plural(deploy.service.approvals, "approval")
    return f"It needs {needed}, which it did not have."


def approved(users: Sequence[str]) -> str:
    """Enough people approved."""
    return f"Approved by {mentions(tuple(users))}."


def access_lost(user: str) -> str:
    return f"The answer of {mention(user)} does not count: they are no longer an approver of this service."


def rejected(user: str, reason: str = "") -> str:
    """reason: as the person typed it."""
    return f"{with_reason(f'Rejected by {mention(user)}', reason)} Nothing was changed."


def expired(after: float) -> str:
    return f"Nobody decided within {duration(after)}, so the question is closed. Nothing was changed."


def question_never_shown(after: float) -> str:
    return (
        f"I could not show the question in Slack for {duration(after)}, so nobody could decide, and other "
        "deploys of the service no longer wait for it. Nothing was changed. Invite me to the channel if I am "
        "not in it, and ask again."
    )


def withdrawn(user: str, reason: str = "") -> str:
    """reason: as the person typed it."""
    return with_reason(f"Cancelled by {mention(user)} before anything was changed", reason)
