"""One command, typed into the sandbox's Slack, and its thread as it grows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.console import Console

from bot import replies
from bot.grammar import HelpCommand, PlanCommand, StatusCommand, TagsCommand, parse
from deploys import buttons, keys
from deploys.catalogue.catalogue import load
from deploys.deploy import Deploy, Outcome, Phase
from deploys.pauses import number as pause_number
from deploys.pauses import unanswered
from sandbox.slack.client import SandboxError
from slipway.demo.files import services_file
from slipway.demo.plain import plain
from slipway.demo.stage import Stage
from slipway.demo.troupe import DemoFailed
from workers.queries.answers import is_refusal

CHANNEL = "deploys"
POLL_SECONDS = 0.1
LONGEST_SECONDS = 1800.0
"""A run that has not ended by then could not be run."""
LAST_WORD_SECONDS = 60.0
"""What Slack gets to show the end, once it is known."""

ANSWER_SECONDS = 30.0
"""What a worker gets to answer a question."""

SUCCEEDED = 0
ENDED_OTHERWISE = 1


@dataclass
class Transcript:
    """Prints what a person would see, each thing once, with the seconds since the command."""

    console: Console
    names: Mapping[str, str]
    began: float = field(default_factory=time.monotonic)
    _last: dict[str, str] = field(default_factory=dict)

    def show(self, key: str, speaker: str, text: str) -> None:
        """Prints a message, and again when its text has changed."""
        text = plain(text, self.names)
        if self._last.get(key) == text:
            return
        edited = key in self._last
        self._last[key] = text
        seconds = time.monotonic() - self.began
        head = f"[dim]{seconds:6.1f}s[/dim] [bold]{speaker}[/bold]{' [dim](edited)[/dim]' if edited else ''}"
        self.console.print(head, highlight=False)
        for line in text.splitlines():
            self.console.print(f"        {line}", highlight=False, markup=False, soft_wrap=True)


def run(stage: Stage, command: str, *, user: str, approver: str | None, console: Console) -> int:
    """Types a command, shows the answer and the thread to the end; returns the exit code.

    Raises:
        DemoFailed: a process ended, or nothing came of it in time.
    """
    transcript = Transcript(console, names_of(stage))
    transcript.show("typed", user, command)
    before = {deploy.id for deploy in stage.store.recent(None, 100)}
    told = stage.slack.type(user, CHANNEL, command)["replies"]
    for number, reply in enumerate(told):
        transcript.show(f"answer {number}", f"slipway, only to {user}", reply["text"])
    if told and _is_answered_later(command, told[0]["text"]):
        answer = _answer_after(stage, told[0]["ts"], user)
        transcript.show("later answer", f"slipway, only to {user}", answer)
        return ENDED_OTHERWISE if is_refusal(answer) else SUCCEEDED
    new = [deploy for deploy in stage.store.recent(None, 100) if deploy.id not in before]
    if not new:
        return SUCCEEDED if _is_question(command) else ENDED_OTHERWISE
    deploy = _follow(stage, new[0], approver, transcript)
    return SUCCEEDED if deploy.outcome is Outcome.SUCCEEDED else ENDED_OTHERWISE


def _is_question(command: str) -> bool:
    """Whether it only asks, and asks for something that is there."""
    parsed = parse(command.removeprefix("/deploy"))
    if isinstance(parsed, StatusCommand):
        return parsed.service is None or parsed.service in load(services_file()).services
    return isinstance(parsed, HelpCommand)


def _is_answered_later(command: str, said: str) -> bool:
    """Whether what was said at once only announces the answer."""
    match parse(command.removeprefix("/deploy")):
        case PlanCommand(service=service, tag=tag):
            return said == replies.looking_for_plan(service, tag).text
        case TagsCommand(service=service):
            return said == replies.looking_for_tags(service).text
    return False


def _answer_after(stage: Stage, ts: str, user: str) -> str:
    """Waits for the next message in the channel that only this user sees.

    Raises:
        DemoFailed: none came in time, or a process ended.
    """
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        stage.troupe.check()
        if answer := _only_for(user, stage, ts):
            return answer
        time.sleep(POLL_SECONDS)
    raise DemoFailed(f"no answer came within {ANSWER_SECONDS:.0f} s")


def _only_for(user: str, stage: Stage, after: str) -> str | None:
    """What only this user was told after that message, or None."""
    for message in stage.slack.messages(CHANNEL, user):
        if message["ephemeral"] and float(message["ts"]) > float(after):
            return message["text"]
    return None


def names_of(stage: Stage) -> dict[str, str]:
    """Names of people, user groups and channels by their ids."""
    workspace = stage.slack.workspace()
    named = [*workspace["users"], *workspace["channels"]]
    groups = {group["id"]: group["handle"] for group in workspace["usergroups"]}
    return {**{each["id"]: each["name"] for each in named}, **groups}


def _follow(stage: Stage, deploy: Deploy, approver: str | None, transcript: Transcript) -> Deploy:
    """Shows the thread until the deploy has ended and Slack shows it."""
    deadline = time.monotonic() + LONGEST_SECONDS
    last_word: float | None = None
    pressed = continued = 0
    while True:
        stage.troupe.check()
        deploy = stage.store.get(deploy.id) or deploy
        _show_thread(stage, deploy, transcript)
        if approver and deploy.question > pressed and _press_approve(stage, deploy, approver, transcript):
            pressed = deploy.question
        if (
            approver
            and pause_number(deploy) > continued
            and _press_continue(stage, deploy, approver, transcript)
        ):
            continued = pause_number(deploy)
        asks = deploy.phase is Phase.AWAITING_APPROVAL or unanswered(deploy)
        if asks and _stands_still(stage, deploy, approver, transcript):
            return deploy
        if not deploy.live:
            last_word = last_word or time.monotonic() + LAST_WORD_SECONDS
            if _all_shown(stage, deploy):
                _show_thread(stage, deploy, transcript)
                return deploy
        now = time.monotonic()
        if now > deadline or (last_word is not None and now > last_word):
            raise DemoFailed(f"deploy {deploy.id} did not end in time; it is {deploy.phase.value}")
        time.sleep(POLL_SECONDS)


def _show_thread(stage: Stage, deploy: Deploy, transcript: Transcript) -> None:
    view = stage.threads.find(deploy.id)
    if view is None:
        return
    for message in stage.slack.thread(CHANNEL, view.ts):
        card = message["ts"] == view.ts
        speaker = f"slipway, card in #{CHANNEL}" if card else "slipway, in the thread"
        transcript.show(message["ts"], speaker, message["text"])


def _press_approve(stage: Stage, deploy: Deploy, approver: str, transcript: Transcript) -> bool:
    """Presses Approve once the card offers it; says whether it was pressed."""
    if deploy.decisions:
        return False
    return _press(Button(buttons.APPROVE, "Approve", deploy.question), stage, deploy, approver, transcript)


def _press_continue(stage: Stage, deploy: Deploy, approver: str, transcript: Transcript) -> bool:
    """Presses Continue at a pause, once the card offers it; says whether it was pressed."""
    if not unanswered(deploy):
        return False
    return _press(
        Button(buttons.CONTINUE, "Continue", pause_number(deploy)), stage, deploy, approver, transcript
    )


class Button(NamedTuple):
    """What is pressed, and which question it answers."""

    action_id: str
    label: str
    question: int


def _press(button: Button, stage: Stage, deploy: Deploy, approver: str, transcript: Transcript) -> bool:
    view = stage.threads.find(deploy.id)
    if view is None:
        return False
    try:
        answer = stage.slack.click(approver, button.action_id, channel=CHANNEL, ts=view.ts)
    except SandboxError:
        return False  # the card does not offer it yet
    key = f"{button.label} {button.question}"
    transcript.show(key, approver, f"[{button.label}]")
    for place, reply in enumerate(answer["replies"]):
        transcript.show(f"{key} {place}", f"slipway, only to {approver}", reply["text"])
    return True


def _stands_still(stage: Stage, deploy: Deploy, approver: str | None, transcript: Transcript) -> bool:
    """Whether nobody here can approve or continue; then that is said."""
    paused = unanswered(deploy) is not None
    view = stage.threads.find(deploy.id)
    if view is None or not _all_shown(stage, deploy):
        return False
    if approver is None:
        needs, button = ("waits at a pause", "Continue") if paused else ("needs an approver", "Approve")
        transcript.show("note", "demo", f"This {needs}. Add --approve-as bob to press {button}.")
        return True
    refusal = _only_for(approver, stage, view.ts)
    if refusal:
        transcript.show("refusal", f"slipway, only to {approver}", refusal)
    return refusal is not None


def _all_shown(stage: Stage, deploy: Deploy) -> bool:
    view = stage.threads.find(deploy.id)
    if view is None or stage.redis.zscore(keys.PUBLISH, deploy.id) is not None:
        return False
    return len(stage.slack.thread(CHANNEL, view.ts)) > len(deploy.milestones)
