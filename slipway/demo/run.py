"""One command, typed into the sandbox's Slack, and its thread as it grows."""

from __future__ import annotations

import time

from rich.console import Console

from bot import replies
from bot.grammar import HelpCommand, PlanCommand, StatusCommand, TagsCommand, parse
from deploys import keys
from deploys.catalogue.catalogue import load
from deploys.deploy import Deploy, Outcome, Phase
from deploys.pauses import unanswered
from slipway.demo.files import services_file
from slipway.demo.pressing import Presser
from slipway.demo.stage import Stage
from slipway.demo.transcript import Transcript
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


def run(stage: Stage, command: str, *, user: str, approver: str | None, console: Console) -> int:
    """Types a command, shows the answer and the thread to the end; returns the exit code.

    Raises:
        DemoFailed: a process ended, or nothing came of it in time.
    """
    transcript = Transcript(console, names_of(stage))
    transcript.show("typed", user, command)
    before = {deploy.id for deploy in stage.store.recent(None, 100)}
    told = stage.slack.say(user, CHANNEL, command)["replies"]
    for number, reply in enumerate(told):
        transcript.show(f"answer {number}", f"slipway, only to {user}", reply["text"])
    if told and _is_answered_later(command, told[0]["text"]):
        answer = _answer_after(stage, told[0]["ts"], user)
        transcript.show("later answer", f"slipway, only to {user}", answer)
        return ENDED_OTHERWISE if is_refusal(answer) else SUCCEEDED
    new = [deploy for deploy in stage.store.recent(None, 100) if deploy.id not in before]
    if not new:
        return SUCCEEDED if _is_question(command) else ENDED_OTHERWISE
    ended = _follow(stage, new, approver, transcript, user=user, asked_at=told[0]["ts"] if told else "0")
    well = all(deploy.outcome is Outcome.SUCCEEDED for deploy in ended)
    return SUCCEEDED if well else ENDED_OTHERWISE


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


def _follow(
    stage: Stage,
    deploys: list[Deploy],
    approver: str | None,
    transcript: Transcript,
    *,
    user: str,
    asked_at: str,
) -> list[Deploy]:
    """Shows the thread until every deploy in it has ended and Slack shows it, or a refusal without one."""
    deadline = time.monotonic() + LONGEST_SECONDS
    last_word: float | None = None
    presser = Presser(stage, CHANNEL, approver, transcript) if approver else None
    while True:
        stage.troupe.check()
        deploys = [stage.store.get(deploy.id) or deploy for deploy in deploys]
        _show_thread(stage, deploys[0], transcript)
        for deploy in deploys:
            if presser:
                presser.press(deploy)
        if _only_questions_are_left(deploys) and _stands_still(stage, deploys, approver, transcript):
            return deploys
        if not any(deploy.live for deploy in deploys):
            last_word = last_word or time.monotonic() + LAST_WORD_SECONDS
            view = stage.threads.view(deploys[0].told_in)
            if view and view.refused_privately and (refusal := _only_for(user, stage, asked_at)):
                transcript.show("refusal", f"slipway, only to {user}", refusal)
                return deploys
            if _all_shown(stage, deploys):
                _show_thread(stage, deploys[0], transcript)
                return deploys
        now = time.monotonic()
        if now > deadline or (last_word is not None and now > last_word):
            where = ", ".join(f"deploy {deploy.id} is {deploy.phase.value}" for deploy in deploys)
            raise DemoFailed(f"it did not end in time: {where}")
        time.sleep(POLL_SECONDS)


def _only_questions_are_left(deploys: list[Deploy]) -> bool:
    """Whether nothing goes on without an answer; in a group others may wait for what is asked about."""
    live = [deploy for deploy in deploys if deploy.live]
    asking = [deploy for deploy in live if deploy.phase is Phase.AWAITING_APPROVAL or unanswered(deploy)]
    return bool(asking) and all(deploy in asking or deploy.phase is Phase.WAITING for deploy in live)


def _show_thread(stage: Stage, deploy: Deploy, transcript: Transcript) -> None:
    view = stage.threads.find(deploy.told_in)
    if view is None:
        return
    for message in stage.slack.thread(CHANNEL, view.ts):
        card = message["ts"] == view.ts
        speaker = f"slipway, card in #{CHANNEL}" if card else "slipway, in the thread"
        transcript.show(message["ts"], speaker, message["text"])


def _stands_still(stage: Stage, deploys: list[Deploy], approver: str | None, transcript: Transcript) -> bool:
    """Whether nobody here can approve or continue; then that is said."""
    paused = any(unanswered(deploy) for deploy in deploys)
    view = stage.threads.find(deploys[0].told_in)
    if view is None or not _all_shown(stage, deploys):
        return False
    if approver is None:
        needs, button = ("waits at a pause", "Continue") if paused else ("needs an approver", "Approve")
        transcript.show("note", "demo", f"This {needs}. Add --approve-as bob to press {button}.")
        return True
    refusal = _only_for(approver, stage, view.ts)
    if refusal:
        transcript.show("refusal", f"slipway, only to {approver}", refusal)
    return refusal is not None


def _all_shown(stage: Stage, deploys: list[Deploy]) -> bool:
    told_in = deploys[0].told_in
    view = stage.threads.find(told_in)
    behind = {told_in, *(deploy.id for deploy in deploys)}
    if view is None or any(stage.redis.zscore(keys.PUBLISH, each) is not None for each in behind):
        return False
    said = sum(len(deploy.milestones) for deploy in deploys)
    return len(stage.slack.thread(CHANNEL, view.ts)) > said
