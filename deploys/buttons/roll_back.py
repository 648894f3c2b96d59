"""The button *Roll back* at a pause: ECS moves all traffic back to the old tasks."""

from __future__ import annotations

from deploys.buttons.button import Button, ButtonPress, ConfirmDialog, button_value
from deploys.buttons.continue_rollout import answer_pause
from deploys.buttons.deploy_names import short_name, subject
from deploys.deploy_text import previous_version
from deploys.pauses import latest_pause_number
from deploys.records.deploy import Deploy
from deploys.records.traffic import HookAction
from deploys.text_limits import shorten

ROLL_BACK = "deploy:roll-back"


def roll_back_button(deploy: Deploy) -> Button:
    """The button on the card of a deploy whose pause waits for an answer."""
    before = previous_version(deploy)
    to = f" to {shorten(before, 50)}" if before else ""
    text = f"{subject(deploy)} is rolled back{to}: all traffic goes to the old tasks, and the new ones stop."
    return Button(
        ROLL_BACK,
        f"Roll back{to}",
        button_value(deploy.id, latest_pause_number(deploy)),
        style="danger",
        accessibility_label=f"Roll back {short_name(deploy)}",
        confirm=ConfirmDialog(f"Roll this {deploy.verb.noun} back?", text, "Roll back", "Not now", "danger"),
    )


def handle(press: ButtonPress) -> None:
    """Records the answer to the pause; the card shows it.

    Raises:
        UnknownDeploy, UnknownService, NotADeployer, MembershipUnknown, CommandTooLate, PauseAnswered,
        PauseClosed, QuestionClosed
    """
    answer_pause(press, HookAction.ROLLBACK)
