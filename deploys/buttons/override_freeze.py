"""The button *Override the freeze* on the card of a deploy that waits for the end of one."""

from __future__ import annotations

from deploys.access_rules import Action
from deploys.buttons.button import (
    Actor,
    Button,
    ButtonContext,
    ButtonPress,
    ConfirmDialog,
    ReasonQuestion,
    amend_deploy,
    button_value,
)
from deploys.buttons.deploy_names import short_name, subject
from deploys.deploy_text import name_at_start
from deploys.errors import Refused
from deploys.errors.freezes import ReasonMissing
from deploys.holds.overrides import override_held
from deploys.mrkdwn import escape
from deploys.records.deploy import Deploy

OVERRIDE_FREEZE = "deploy:override-freeze"


def override_freeze_button(deploy: Deploy) -> Button:
    """The button on the card of a deploy that a freeze holds. Of one without a reason, a modal asks for one,
    which confirms it too."""
    confirm = ConfirmDialog(
        "Override the freeze?",
        f"{subject(deploy)} goes on although the service is frozen. That is written down, with the "
        "reason that the deploy was asked for with.",
        "Override",
        "Let it wait",
        "danger",
    )
    return Button(
        OVERRIDE_FREEZE,
        "Override the freeze",
        button_value(deploy.id),
        style="danger",
        accessibility_label=f"Override the freeze for {short_name(deploy)}",
        confirm=confirm if deploy.request.reason.strip() else None,
    )


def ask_reason(press: ButtonPress) -> ReasonQuestion:
    """What is asked about a deploy that has no reason."""
    return override_freeze_question(press.find_deploy())


def override_freeze_question(deploy: Deploy) -> ReasonQuestion:
    """What is asked before its freeze is overridden. Pure."""
    frozen = f"{deploy.hold.sentence} " if deploy.hold else ""
    text = f"{frozen}{name_at_start(deploy)} goes on all the same. Its thread shows your reason."
    return ReasonQuestion("Override the freeze?", text, "Override")


def handle(press: ButtonPress) -> None:
    """Lets the deploy go on; the card shows it. Its own reason is that of the override, if none was typed.

    Raises:
        UnknownDeploy, UnknownService, CommandTooLate, NothingToOverride, AlreadyDecided
        NotAllowed, WrongChannel, MembershipUnknown: this person may not.
        ReasonMissing: the deploy was asked for without a reason.
    """
    deploy = press.find_deploy()
    press.context.access.may(Action.OVERRIDE, press.actor.asker, deploy.service.name)
    press.actor.refuse_if_late()
    reason = press.reason or deploy.request.reason.strip()
    if not reason:
        raise ReasonMissing(service=deploy.service.name, tag=escape(deploy.tag) or "TAG")
    override_deploy(deploy, reason, press.actor, press.context)


def override_deploy(deploy: Deploy, reason: str, actor: Actor, context: ButtonContext) -> Deploy:
    """Lets a held deploy pass. The caller has checked access and lateness.

    Raises:
        UnknownDeploy, NothingToOverride, AlreadyDecided
    """
    replaces = ""
    if deploy.override is not None:
        try:
            context.freezes.may_override(deploy, deploy.override)
        except Refused:  # it counts no longer, so another one is needed
            replaces = deploy.override.user
    return amend_deploy(
        deploy.id,
        lambda found, user, now: override_held(
            found, user, reason, now, replaces=replaces, command_line=actor.asker.command_line
        ),
        actor,
        context,
        what="freeze overridden",
    )
