"""The button that cancels a deploy, and what `/deploy cancel` does: it withdraws it, rolls it back, or stops
following a rollout."""

from __future__ import annotations

from deploys import decisions, deploy_text
from deploys.buttons.button import (
    Actor,
    Button,
    ButtonContext,
    ButtonPress,
    ConfirmDialog,
    amend_deploy,
    button_value,
    find_deploy,
)
from deploys.buttons.deploy_names import subject, subject_on_cluster, will_not_happen
from deploys.decisions import is_service_untouched
from deploys.deploy_text import name_in_sentence, previous_version
from deploys.mrkdwn import code
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.request import Verb

CANCEL = "deploy:cancel"


def cancel_button(deploy: Deploy) -> Button:
    """The button on the deploy's card. Its label says what happens now: the card is kept up to date."""
    return Button(
        CANCEL,
        _label(deploy),
        button_value(deploy.id, deploy.approval.question),
        style=None if _is_harmless(deploy) else "danger",
        confirm=_dialog(deploy),
    )


def cancel_choice_button(deploy: Deploy) -> Button:
    """The button beside the deploy in a list of several. Nobody keeps the list up to date, so its label and
    dialog hold in every phase."""
    value = button_value(deploy.id, deploy.approval.question)
    if deploy.verb is Verb.FOLLOW:
        dialog = ConfirmDialog(
            "Stop following this rollout?",
            f"{subject(deploy)} goes on in ECS.",
            "Stop following",
            "Keep following",
        )
        return Button(CANCEL, "Stop following", value, confirm=dialog)
    return Button(
        CANCEL,
        f"Cancel {deploy_text.deploy_name(deploy, str)}",
        value,
        style="danger",
        confirm=ConfirmDialog(
            f"Cancel this {deploy.verb.noun}?",
            f"{subject(deploy)} is withdrawn, or {_undone(deploy)}.",
            f"Cancel the {deploy.verb.noun}",
            "Leave it",
            "danger",
        ),
    )


def handle(press: ButtonPress) -> str | None:
    """Cancels the deploy; a card shows that soon.

    Raises:
        UnknownDeploy, UnknownService, NotADeployer, MembershipUnknown, CommandTooLate, AlreadyCancelled,
        AlreadyRollingBack, TooLateToCancel
    """
    reply = cancel_deploy(press.value.deploy_id, press.actor, press.context)
    return None if press.on_card else reply


def cancel_deploy(deploy_id: str, actor: Actor, context: ButtonContext, reason: str = "") -> str:
    """Cancels one deploy, and says what becomes of it. reason: as the person typed it.

    Raises:
        UnknownDeploy, UnknownService, NotADeployer, MembershipUnknown, CommandTooLate, MentionTooLate,
        AlreadyCancelled, AlreadyRollingBack, TooLateToCancel
    """
    context.access.may_cancel(actor.asker, find_deploy(deploy_id, context))
    actor.refuse_if_late()
    deploy = record_cancel(deploy_id, actor, context, reason)
    return f"{_what_happens(deploy)} See {context.threads.link(deploy.thread_id)}."


def record_cancel(deploy_id: str, actor: Actor, context: ButtonContext, reason: str = "") -> Deploy:
    """Records the wish to cancel, which a worker acts on. The caller has checked access and lateness.

    Raises:
        UnknownDeploy, AlreadyCancelled, AlreadyRollingBack, TooLateToCancel
    """
    return amend_deploy(
        deploy_id,
        lambda deploy, user, now: decisions.request_cancel(
            deploy, user, now, reason=reason, **actor.asker.place
        ),
        actor,
        context,
        what="cancel",
        why=reason,
    )


def _undone(deploy: Deploy) -> str:
    if deploy.verb is Verb.RUN:
        return "stopped midway if it runs"
    return "rolled back if it has begun to change the service"


def _label(deploy: Deploy) -> str:
    if deploy.verb is Verb.FOLLOW:
        return "Stop following"
    if deploy.phase is Phase.RUNNING_COMMAND:
        return "Stop the command"
    if is_service_untouched(deploy):
        return "Withdraw"
    if deploy.verb is Verb.SCALE:
        return "Scale back"
    before = previous_version(deploy)
    return f"Roll back to {before}" if before else "Roll back"


def _is_harmless(deploy: Deploy) -> bool:
    """Whether pressing it stops nothing that runs."""
    if deploy.verb is Verb.FOLLOW:
        return True
    runs_task = deploy.phase in (Phase.RUNNING_PRE_TASK, Phase.RUNNING_COMMAND)
    return is_service_untouched(deploy) and not runs_task


def _dialog(deploy: Deploy) -> ConfirmDialog:
    what = subject_on_cluster(deploy)
    if deploy.verb is Verb.FOLLOW:
        text = f"{what} goes on in ECS. Deploys that wait for it start."
        return ConfirmDialog("Stop following this rollout?", text, "Stop following", "Keep following")
    if deploy.phase is Phase.RUNNING_PRE_TASK:
        text = (
            f"{what} will not be deployed; the service stays as it is. The task that runs before it is "
            "stopped midway; what it has done so far is not undone."
        )
        return ConfirmDialog(f"Withdraw this {deploy.verb.noun}?", text, "Withdraw", "Let it go on", "danger")
    if deploy.phase is Phase.RUNNING_COMMAND:
        text = f"{what} is stopped midway; what it has done so far is not undone."
        return ConfirmDialog("Stop this command?", text, "Stop it", "Let it go on", "danger")
    if deploy.verb is Verb.SCALE and not is_service_untouched(deploy):
        text = f"{what} is under way. Slipway sets the desired count that there was before."
        return ConfirmDialog("Undo this scaling?", text, "Scale back", "Let it go on", "danger")
    if is_service_untouched(deploy):
        return ConfirmDialog(
            f"Withdraw this {deploy.verb.noun}?", will_not_happen(deploy), "Withdraw", "Keep it"
        )
    title = "Undo this rollback?" if deploy.verb is Verb.ROLLBACK else f"Roll this {deploy.verb.noun} back?"
    text = f"{what} is under way. Slipway brings back what ran before."
    return ConfirmDialog(title, text, "Roll back", "Let it go on", "danger")


def _what_happens(deploy: Deploy) -> str:
    name = name_in_sentence(deploy)
    if deploy.verb is Verb.FOLLOW:
        return f"I stop following {name}; it goes on in ECS."
    if deploy.phase is Phase.RUNNING_PRE_TASK:
        return f"Cancelling {name}: the task before its rollout is stopped, and the service stays as it is."
    if deploy.phase is Phase.RUNNING_COMMAND:
        return f"Cancelling {name}: its task is stopped; what it has done so far is not undone."
    if is_service_untouched(deploy):
        return f"Cancelling {name}: nothing of the service was changed yet, so it is withdrawn."
    if deploy.verb is Verb.SCALE:
        return f"Cancelling {name}: it has begun, so the count that there was before is set again."
    before = previous_version(deploy)
    return f"Cancelling {name}: it has begun, so it is rolled back{f' to {code(before)}' if before else ''}."
