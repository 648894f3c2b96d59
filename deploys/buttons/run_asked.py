"""The button on a message that calls those who may do what somebody was refused: one of them runs exactly
that request, in their own name. Access is checked as for any command."""

from __future__ import annotations

from deploys.buttons.ask_somebody import write_entry
from deploys.buttons.button import (
    Button,
    ButtonPress,
    CommandReply,
    ConfirmDialog,
    ReasonQuestion,
    button_value,
)
from deploys.buttons.override_refused import override_question
from deploys.buttons.repeat_request import repeat_request, typed_command
from deploys.errors import AskedRequestOver, StaleCard
from deploys.mrkdwn import mention
from deploys.records.asked_request import AskedRequest
from deploys.stores.asked_requests import AskedRequests

RUN_ASKED = "asked:run"
_RUN = "run"
"""What is claimed, so that of two presses at once one is refused."""


def run_asked_button(asked: AskedRequest) -> Button:
    """It names the command. If a freeze is overridden and there is no reason, a modal asks for one, which
    confirms it too."""
    typed = typed_command(asked.refused)
    confirm = ConfirmDialog(
        "Run it in your name?", f"This does what typing {typed} yourself does.", "Run it", "Not now"
    )
    asks_reason = asked.refused.subcommand == "override" and not asked.refused.reason.strip()
    return Button(
        RUN_ASKED,
        f"Run {typed}",
        button_value(asked.id),
        style="primary",
        confirm=None if asks_reason else confirm,
    )


def ask_reason(press: ButtonPress) -> ReasonQuestion:
    """What is asked before a freeze is overridden for somebody who gave no reason."""
    asked = _find_open(press.value.deploy_id, AskedRequests(press.context.store.redis), press)
    return override_question(asked.refused, mention(asked.refused.request.requester))


def handle(press: ButtonPress) -> CommandReply:
    """Runs it where it was asked for. If this person is refused too, others still may.

    Raises:
        AskedRequestOver: somebody ran it, or it is older than an hour.
        StaleCard: the message is not where it was asked for.
        CommandTooLate, and whatever the command is refused for.
    """
    requests, asked_id = AskedRequests(press.context.store.redis), press.value.deploy_id
    asked = _find_open(asked_id, requests, press)
    if press.actor.channel != asked.refused.request.channel:
        raise StaleCard(where="Type the command instead.")
    press.actor.refuse_if_late()
    if not requests.claim(asked_id, _RUN, by=press.actor.user):
        by = requests.claimed_by(asked_id, _RUN)
        _find_open(asked_id, requests, press)  # they may have run it since
        raise AskedRequestOver(how=f"{mention(by) if by else 'somebody else'} is running it just now")
    try:
        _find_open(asked_id, requests, press)  # somebody may have run it before the claim
        reason = {"reason": press.reason} if press.reason else {}
        reply = repeat_request(press, asked.refused, **reason)
        requests.note_run(asked_id, press.actor.user)
    finally:
        requests.release(asked_id, _RUN)
    why = f"asked for by {asked.refused.request.requester}"
    write_entry(asked, press.context, who=press.actor.user, what="ran what was asked for", why=why)
    press.context.jobs.show_asked_requests(asked_id)
    return reply


def _find_open(asked_id: str, requests: AskedRequests, press: ButtonPress) -> AskedRequest:
    """Raises AskedRequestOver if nobody can run it any more."""
    state = requests.find(asked_id)
    if state is None or state.is_over(press.context.now()):
        by = state.run_by if state else ""
        raise AskedRequestOver(how=f"{mention(by)} ran it" if by else "it is older than an hour, or was run")
    return state.asked
