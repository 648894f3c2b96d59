"""The button *Override the freeze* on the refusal of a request, for those who may: it asks again with
`/deploy override`."""

from __future__ import annotations

from deploys.buttons.button import (
    Button,
    ButtonPress,
    CommandReply,
    ConfirmDialog,
    ReasonQuestion,
    button_value,
)
from deploys.buttons.repeat_request import find_refused, repeat_request, take_refused, typed_command
from deploys.errors.freezes import ReasonMissing
from deploys.mrkdwn import code
from deploys.records.refused_request import RefusedRequest
from deploys.text_limits import shorten

OVERRIDE_REFUSED = "refused:override-freeze"


def override_refused_button(refused: RefusedRequest) -> Button | None:
    """None for a person who may not. If no reason was typed, a modal asks for one, which confirms it too."""
    if refused.facts.get("may_override") != "yes":
        return None
    what = " ".join(filter(None, (shorten(",".join(refused.services), 120), refused.tag)))
    confirm = ConfirmDialog(
        "Override the freeze?",
        f"{what} is deployed although the freeze is on. That is written down, with the reason you typed.",
        "Override",
        "Not now",
        "danger",
    )
    return Button(
        OVERRIDE_REFUSED,
        "Override the freeze",
        button_value(refused.id),
        style="danger",
        confirm=confirm if refused.reason.strip() else None,
    )


def ask_reason(press: ButtonPress) -> ReasonQuestion:
    """What is asked if nothing was typed that could be the reason."""
    return override_question(find_refused(press))


def override_question(refused: RefusedRequest, asked_by: str = "") -> ReasonQuestion:
    """What is asked before a freeze is overridden. asked_by: who was refused, if another person overrides it
    (mrkdwn)."""
    frozen = f"{refused.facts['why']} " if refused.facts.get("why") else ""
    typed = code(typed_command(refused, subcommand="deploy" if refused.tag else "restart"))
    runs = f"{typed}, which {asked_by} asked for, runs" if asked_by else f"{typed} runs"
    text = f"{frozen}{runs} all the same. The thread shows your reason."
    return ReasonQuestion("Override the freeze?", text, "Override")


def handle(press: ButtonPress) -> CommandReply:
    """Raises: ChoiceGone, ChoiceOfAnother, CommandTooLate, and whatever the command is refused for.

    ReasonMissing: nothing was typed that could be the reason; the button is not used up.
    """
    refused = find_refused(press)
    reason = press.reason or refused.reason.strip()
    if not reason:
        raise ReasonMissing(service=",".join(refused.services), tag=refused.tag or "TAG")
    return repeat_request(press, take_refused(press), subcommand="override", reason=reason)
