"""The button *Resume all* beside a stop of all deploys: it does what `/deploy resume-all` does with
exactly this stop."""

from __future__ import annotations

from deploys.access import Access
from deploys.access_rules import MAY_STOP, Action
from deploys.asker import Asker
from deploys.buttons.button import Button, ButtonPress, CommandReply, ConfirmDialog, button_value
from deploys.errors import NotStopped, Refused, SlackUnsure
from deploys.holds.hold_ends import who_resumed
from deploys.records.stop_all import StopAll

RESUME_ALL = "stop-all:resume"


def resume_all_button(stop: StopAll) -> Button:
    """It asks again, since it concerns all deploys."""
    return resume_all_button_of(stop.id)


def resume_all_button_of(stop_id: str) -> Button:
    """The same for the stop with this id."""
    return Button(
        RESUME_ALL,
        "Resume all",
        button_value(stop_id),
        confirm=ConfirmDialog(
            "Resume all deploys?", "Every deploy that was stopped goes on.", "Resume all", "Not now"
        ),
    )


def actions_to_resume(stop: StopAll, user: str) -> tuple[Action, ...]:
    """One of these, with some service, lets this person resume: those may who override, and the person who
    stopped them as long as they could still do so."""
    return (Action.OVERRIDE, *(MAY_STOP if stop.user == user else ()))


def may_resume_all(stop: StopAll, asker: Asker, access: Access) -> bool:
    """Whether this person is offered to resume there. If Slack has not said enough of them, they are: a press
    is checked."""
    try:
        access.may_on_any(actions_to_resume(stop, asker.user), asker)
    except SlackUnsure:
        return True
    except Refused:
        return False
    return True


def handle(press: ButtonPress) -> CommandReply:
    """Raises: NotStopped, MayNotResumeAll, CommandTooLate."""
    stop = press.context.stops.find()
    if stop is None or stop.id != press.value.deploy_id:
        now = press.context.now()
        raise NotStopped(how=who_resumed(press.value.deploy_id, press.context.store.redis, now))
    return press.run_command("resume-all")
