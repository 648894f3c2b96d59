"""The button *Resume all* beside a stop of all deploys: it does what `/deploy resume-all` does with
exactly this stop."""

from __future__ import annotations

from deploys.buttons.button import Button, ButtonPress, CommandReply, ConfirmDialog, button_value
from deploys.errors import NotStopped
from deploys.holds.hold_ends import who_resumed
from deploys.records.stop_all import StopAll

RESUME_ALL = "stop-all:resume"


def resume_all_button(stop: StopAll) -> Button:
    """It asks again, since it concerns all deploys."""
    return Button(
        RESUME_ALL,
        "Resume all",
        button_value(stop.id),
        confirm=ConfirmDialog(
            "Resume all deploys?", "Every deploy that was stopped goes on.", "Resume all", "Not now"
        ),
    )


def handle(press: ButtonPress) -> CommandReply:
    """Raises: NotStopped, MayNotResumeAll, CommandTooLate."""
    stop = press.context.stops.find()
    if stop is None or stop.id != press.value.deploy_id:
        now = press.context.now()
        raise NotStopped(how=who_resumed(press.value.deploy_id, press.context.store.redis, now))
    return press.run_command("resume-all")
