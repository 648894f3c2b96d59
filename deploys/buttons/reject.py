"""The button *Reject*: one person rejects the plan that the card shows."""

from __future__ import annotations

from deploys import decisions
from deploys.buttons.button import (
    Actor,
    Button,
    ButtonContext,
    ButtonPress,
    ConfirmDialog,
    amend_deploy,
    button_value,
)
from deploys.buttons.deploy_names import short_name, will_not_happen
from deploys.errors import NoSelfApproval, NoSelfRejection
from deploys.records.approval import Verdict
from deploys.records.deploy import Deploy

REJECT = "deploy:reject"


def reject_button(deploy: Deploy) -> Button:
    """The button on the card of a deploy that waits for approval."""
    return Button(
        REJECT,
        "Reject",
        button_value(deploy.id, deploy.approval.question),
        style="danger",
        accessibility_label=f"Reject {short_name(deploy)}",
        confirm=ConfirmDialog(
            f"Reject this {deploy.verb.noun}?", will_not_happen(deploy), "Reject", "Not now", "danger"
        ),
    )


def handle(press: ButtonPress) -> None:
    """Records the rejection; the card shows it.

    Raises:
        UnknownDeploy, UnknownService, NotAnApprover, NoSelfRejection, MembershipUnknown, CommandTooLate,
        AlreadyDecided, QuestionClosed, PlanChanged
    """
    reject(press.find_deploy(), press.value.question, press.actor, press.context)


def reject(deploy: Deploy, question: int, actor: Actor, context: ButtonContext, reason: str = "") -> Deploy:
    """Rejects the plan that this question is about. reason: as the person typed it.

    Raises: as `handle`.
    """
    asker = actor.asker
    try:
        context.access.may_decide(asker, deploy)
    except NoSelfApproval:
        raise NoSelfRejection(id=deploy.id) from None
    actor.refuse_if_late()
    return amend_deploy(
        deploy.id,
        lambda found, user, now: decisions.decide(
            found, user, Verdict.REJECTED, question, now, reason=reason, **asker.place
        ),
        actor,
        context,
        what=Verdict.REJECTED.value,
        why=reason,
    )
