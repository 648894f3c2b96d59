"""The button *Reject*: one person rejects the plan that the card shows."""

from __future__ import annotations

from deploys import decisions
from deploys.buttons.button import Button, ButtonPress, ConfirmDialog, button_value
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
    asker = press.actor.asker
    try:
        press.context.access.may_decide(asker, press.find_deploy())
    except NoSelfApproval:
        raise NoSelfRejection(id=press.value.deploy_id) from None
    press.amend(
        lambda deploy, user, now: decisions.decide(
            deploy, user, Verdict.REJECTED, press.value.question, now, **asker.place
        ),
        what=Verdict.REJECTED.value,
    )
