"""One command, typed into the sandbox's Slack, and its thread as it grows."""

from __future__ import annotations

import time

from rich.console import Console

from bot import reply_texts
from bot.grammar import HelpCommand, PlanCommand, StatusCommand, TagsCommand, parse
from deploys.catalogue.catalogue import load
from deploys.pauses import unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores import redis_keys
from slipway.demo.auto_approver import AutoApprover
from slipway.demo.demo_environment import DemoEnvironment
from slipway.demo.demo_files import find_example_file
from slipway.demo.process_group import DemoFailed
from slipway.demo.transcript import Transcript
from workers.queries.query_handler import is_refusal

CHANNEL = "deploys"
POLL_SECONDS = 0.1
MAX_RUN_SECONDS = 1800.0
"""A run that has not ended by then could not be run."""
FINAL_MESSAGE_SECONDS = 60.0
"""What Slack gets to show the end, once it is known."""

ANSWER_SECONDS = 30.0
"""What a worker gets to answer a question."""

SUCCEEDED = 0
NOT_SUCCEEDED = 1


def run_to_end(
    demo: DemoEnvironment, command: str, *, user: str, approver: str | None, console: Console
) -> int:
    """Types a command, shows the answer and the thread to the end; returns the exit code.

    Raises:
        DemoFailed: a process ended, or nothing came of it in time.
    """
    transcript = Transcript(console, read_names(demo))
    transcript.print_message("typed", user, command)
    before = {deploy.id for deploy in demo.store.recent(None, 100)}
    told = demo.slack.say(user, CHANNEL, command)["replies"]
    for number, reply in enumerate(told):
        transcript.print_message(f"answer {number}", f"slipway, only to {user}", reply["text"])
    if told and _is_answered_later(command, told[0]["text"]):
        answer = _wait_for_answer(demo, told[0]["ts"], user)
        transcript.print_message("later answer", f"slipway, only to {user}", answer)
        return NOT_SUCCEEDED if is_refusal(answer) else SUCCEEDED
    new = [deploy for deploy in demo.store.recent(None, 100) if deploy.id not in before]
    if not new:
        return SUCCEEDED if _is_query(command) else NOT_SUCCEEDED
    ended = _follow(demo, new, approver, transcript, user=user, asked_at=told[0]["ts"] if told else "0")
    well = all(deploy.outcome is Outcome.SUCCEEDED for deploy in ended)
    return SUCCEEDED if well else NOT_SUCCEEDED


def _is_query(command: str) -> bool:
    """Whether it only asks, and asks for something that is there."""
    parsed = parse(command.removeprefix("/deploy"))
    if isinstance(parsed, StatusCommand):
        return parsed.service is None or parsed.service in load(find_example_file()).services
    return isinstance(parsed, HelpCommand)


def _is_answered_later(command: str, said: str) -> bool:
    """Whether what was said at once only announces the answer."""
    match parse(command.removeprefix("/deploy")):
        case PlanCommand(service=service, tag=tag):
            return said == reply_texts.plan_announced(service, tag).text
        case TagsCommand(service=service):
            return said == reply_texts.tags_announced(service).text
    return False


def _wait_for_answer(demo: DemoEnvironment, ts: str, user: str) -> str:
    """Waits for the next message in the channel that only this user sees.

    Raises:
        DemoFailed: none came in time, or a process ended.
    """
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        demo.processes.check_running()
        if answer := _find_ephemeral(user, demo, ts):
            return answer
        time.sleep(POLL_SECONDS)
    raise DemoFailed(f"no answer came within {ANSWER_SECONDS:.0f} s")


def _find_ephemeral(user: str, demo: DemoEnvironment, after: str) -> str | None:
    """What only this user was told after that message, or None."""
    for message in demo.slack.messages(CHANNEL, user):
        if message["ephemeral"] and float(message["ts"]) > float(after):
            return message["text"]
    return None


def read_names(demo: DemoEnvironment) -> dict[str, str]:
    """Names of people, user groups and channels by their ids."""
    workspace = demo.slack.workspace()
    named = [*workspace["users"], *workspace["channels"]]
    groups = {group["id"]: group["handle"] for group in workspace["usergroups"]}
    return {**{each["id"]: each["name"] for each in named}, **groups}


def _follow(
    demo: DemoEnvironment,
    deploys: list[Deploy],
    approver: str | None,
    transcript: Transcript,
    *,
    user: str,
    asked_at: str,
) -> list[Deploy]:
    """Shows the thread until every deploy in it has ended and Slack shows it, or a refusal without one."""
    deadline = time.monotonic() + MAX_RUN_SECONDS
    last_word: float | None = None
    presser = AutoApprover(demo, CHANNEL, approver, transcript) if approver else None
    while True:
        demo.processes.check_running()
        deploys = [demo.store.get(deploy.id) or deploy for deploy in deploys]
        _show_thread(demo, deploys[0], transcript)
        for deploy in deploys:
            if presser:
                presser.press_pending_button(deploy)
        if _waits_for_people(deploys) and _cannot_continue(demo, deploys, approver, transcript):
            return deploys
        if not any(deploy.in_progress for deploy in deploys):
            last_word = last_word or time.monotonic() + FINAL_MESSAGE_SECONDS
            view = demo.threads.state(deploys[0].thread_id)
            if view and view.refused_privately and (refusal := _find_ephemeral(user, demo, asked_at)):
                transcript.print_message("refusal", f"slipway, only to {user}", refusal)
                return deploys
            if _thread_is_complete(demo, deploys):
                _show_thread(demo, deploys[0], transcript)
                return deploys
        now = time.monotonic()
        if now > deadline or (last_word is not None and now > last_word):
            where = ", ".join(f"deploy {deploy.id} is {deploy.phase.value}" for deploy in deploys)
            raise DemoFailed(f"it did not end in time: {where}")
        time.sleep(POLL_SECONDS)


def _waits_for_people(deploys: list[Deploy]) -> bool:
    """Whether nothing goes on without an answer; in a group others may wait for what is asked about."""
    live = [deploy for deploy in deploys if deploy.in_progress]
    asking = [
        deploy for deploy in live if deploy.phase is Phase.AWAITING_APPROVAL or unanswered_pause(deploy)
    ]
    return bool(asking) and all(deploy in asking or deploy.phase is Phase.WAITING for deploy in live)


def _show_thread(demo: DemoEnvironment, deploy: Deploy, transcript: Transcript) -> None:
    view = demo.threads.find(deploy.thread_id)
    if view is None:
        return
    for message in demo.slack.thread(CHANNEL, view.ts):
        card = message["ts"] == view.ts
        speaker = f"slipway, card in #{CHANNEL}" if card else "slipway, in the thread"
        transcript.print_message(message["ts"], speaker, message["text"])


def _cannot_continue(
    demo: DemoEnvironment, deploys: list[Deploy], approver: str | None, transcript: Transcript
) -> bool:
    """Whether nobody here can approve or continue; then that is said."""
    paused = any(unanswered_pause(deploy) for deploy in deploys)
    view = demo.threads.find(deploys[0].thread_id)
    if view is None or not _thread_is_complete(demo, deploys):
        return False
    if approver is None:
        needs, button = ("waits at a pause", "Continue") if paused else ("needs an approver", "Approve")
        transcript.print_message("note", "demo", f"This {needs}. Add --approve-as bob to press {button}.")
        return True
    refusal = _find_ephemeral(approver, demo, view.ts)
    if refusal:
        transcript.print_message("refusal", f"slipway, only to {approver}", refusal)
    return refusal is not None


def _thread_is_complete(demo: DemoEnvironment, deploys: list[Deploy]) -> bool:
    told_in = deploys[0].thread_id
    view = demo.threads.find(told_in)
    behind = {told_in, *(deploy.id for deploy in deploys)}
    if view is None or any(demo.redis.zscore(redis_keys.PUBLISH, each) is not None for each in behind):
        return False
    said = sum(len(deploy.thread_messages) for deploy in deploys)
    return len(demo.slack.thread(CHANNEL, view.ts)) > said
