"""The button *Resume all* beside a stop of all deploys: it does what `/deploy resume-all` does with
exactly this stop."""

from __future__ import annotations

from deploys.access import Access, Action, Asker
from deploys.buttons.button import Button, ButtonPress, CommandReply, ConfirmDialog, button_value
from deploys.errors import NotStopped
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


def may_resume_all(stop: StopAll, asker: Asker, access: Access) -> bool:
    """Those may who stopped them, and those who may override some service."""
    return stop.user == asker.user or access.may_on_any((Action.OVERRIDE,), asker)


def handle(press: ButtonPress) -> CommandReply:
    """Raises: NotStopped, MayNotResumeAll, CommandTooLate."""
    stop = press.context.stops.find()
    if stop is None or stop.id != press.value.deploy_id:
        raise NotStopped()
    return press.run_command("resume-all")
