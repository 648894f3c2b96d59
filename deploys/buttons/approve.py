"""The button *Approve*: one person approves the plan that the card shows."""

from __future__ import annotations

from deploys import decisions
from deploys.buttons.button import Button, ButtonPress, ConfirmDialog, button_value
from deploys.buttons.deploy_names import short_name, subject_on_cluster
from deploys.deploy_text import name_in_sentence, planned_count
from deploys.formatting import duration
from deploys.mrkdwn import plural
from deploys.records.approval import Verdict
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.text_limits import shorten

APPROVE = "deploy:approve"


def approve_button(deploy: Deploy) -> Button:
    """The button on the card of a deploy that waits for approval."""
    return Button(
        APPROVE,
        "Approve",
        button_value(deploy.id, deploy.approval.question),
        style="primary",
        accessibility_label=f"Approve {short_name(deploy)}",
        confirm=ConfirmDialog(
            f"Approve this {deploy.verb.noun}?",
            " ".join((f"{subject_on_cluster(deploy)}.", *_consequences(deploy))),
            "Approve",
            "Not now",
            "primary",
        ),
    )


def _consequences(deploy: Deploy) -> list[str]:
    plan = deploy.plan
    if plan is None:
        return []
    sentences = [f"It runs {shorten(plan.old_tag, 40)} now, {planned_count(plan)}."]
    if plan.downtime and plan.downtime_seconds is not None:
        sentences.append(f"No task runs for about {duration(plan.downtime_seconds)}.")
    elif plan.downtime:
        sentences.append("No task runs for some time.")
    return sentences


def handle(press: ButtonPress) -> str | None:
    """Counts the approval. It is confirmed only if another one is needed: the card shows the last one.

    Raises:
        UnknownDeploy, UnknownService, NotAnApprover, NoSelfApproval, MembershipUnknown, CommandTooLate,
        AlreadyDecided, QuestionClosed, PlanChanged
    """
    asker = press.actor.asker
    press.context.access.may_decide(asker, press.find_deploy())
    deploy = press.amend(
        lambda deploy, user, now: decisions.decide(
            deploy, user, Verdict.APPROVED, press.value.question, now, **asker.place
        ),
        what=Verdict.APPROVED.value,
    )
    missing = decisions.approvals_missing(deploy)
    if deploy.phase is not Phase.AWAITING_APPROVAL or decisions.is_rejected(deploy) or not missing:
        return None
    return (
        f"Your approval of {name_in_sentence(deploy)} counts. It needs {plural(missing, 'approval')} more, "
        "by somebody else."
    )
