"""The button *Follow it* on a deploy that was refused because another rollout is in progress: it does what
typing `/deploy follow SERVICE` does."""

from __future__ import annotations

from deploys.buttons.button import Button, ButtonPress, button_value
from deploys.records.deploy import Deploy

FOLLOW = "deploy:follow"


def follow_button(deploy: Deploy) -> Button:
    """The button on the card of the refused deploy. It changes nothing, so it asks for no confirmation."""
    return Button(
        FOLLOW,
        "Follow it",
        button_value(deploy.id, deploy.approval.question),
        accessibility_label=f"Follow the external rollout of {deploy.service.name}",
    )


def handle(press: ButtonPress) -> str | None:
    """Follows the rollout; its card answers.

    Raises:
        UnknownDeploy, and what `/deploy follow` raises.
    """
    reply = press.run_command("follow", services=(press.find_deploy().service.name,))
    return None if reply.card_will_tell else reply.text
