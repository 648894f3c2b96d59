"""The button *Continue*: a rollout that waits at a pause goes on."""

from __future__ import annotations

from deploys import decisions
from deploys.buttons.button import Button, ButtonPress, ConfirmDialog, button_value
from deploys.buttons.deploy_names import short_name, subject
from deploys.buttons.resume_all import may_resume_all
from deploys.errors import AllStopped
from deploys.formatting import percent
from deploys.holds.lock_text import stop_sentence
from deploys.holds.locks import VERBS_NEVER_STOPPED
from deploys.pauses import latest_pause_number
from deploys.records.deploy import Deploy
from deploys.records.traffic import HookAction

CONTINUE = "deploy:continue"


def continue_button(deploy: Deploy) -> Button:
    """The button on the card of a deploy whose pause waits for an answer."""
    return Button(
        CONTINUE,
        "Continue",
        button_value(deploy.id, latest_pause_number(deploy)),
        style="primary",
        accessibility_label=f"Continue {short_name(deploy)}",
        confirm=ConfirmDialog(
            "Let it continue?", _what_happens_next(deploy), "Continue", "Not now", "primary"
        ),
    )


def handle(press: ButtonPress) -> None:
    """Records the answer to the pause; the card shows it.

    Raises:
        UnknownDeploy, UnknownService, NotAnApprover, NoSelfContinue, NotADeployer, WrongChannel,
        MembershipUnknown, CommandTooLate, PauseAnswered, PauseClosed, QuestionClosed
        AllStopped: all deploys are stopped.
    """
    deploy, asker = press.find_deploy(), press.actor.asker
    press.context.access.may_answer_pause(asker, deploy, HookAction.CONTINUE)
    if (stop := press.context.stops.find()) and deploy.verb not in VERBS_NEVER_STOPPED:
        may_resume = may_resume_all(stop, asker, press.context.access)
        raise AllStopped(how=stop_sentence(stop), stop=stop.id, may_resume="yes" if may_resume else "")
    answer_pause(press, HookAction.CONTINUE)


def answer_pause(press: ButtonPress, action: HookAction) -> None:
    """Answers the pause that the button was shown for."""
    asker = press.actor.asker
    press.context.access.may_answer_pause(asker, press.find_deploy(), action)
    press.amend(
        lambda deploy, user, now: decisions.answer_pause(
            deploy, user, action, press.value.question, now, **asker.place
        ),
        what=f"pause: {decisions.PAUSE_BUTTONS[action].lower()}",
    )


def _what_happens_next(deploy: Deploy) -> str:
    """What ECS does next, as far as its configuration says."""
    what = subject(deploy)
    share = deploy.traffic.new_production_percent if deploy.traffic else None
    traffic = deploy.plan.traffic if deploy.plan else None
    if share is not None and share >= 100:
        return f"{what} has all production traffic. ECS goes on, and in the end stops the old tasks."
    if traffic is None or share is None or share > 0 or not traffic.wait_count:
        return f"{what}: ECS goes on and moves production traffic to it, unless something else stops it."
    first = percent(traffic.step_percent)
    return f"{what}: ECS goes on, and moves {first} of the production traffic to it, later the rest."
