"""Types one command into the sandbox's Slack, and prints the answer and the thread as it grows."""

from __future__ import annotations

import time
from collections.abc import Collection

from rich.console import Console

from bot.commands import SUBCOMMANDS, parse
from bot.grammar import ParseError
from deploys.catalogue.catalogue import load_catalogue
from deploys.pauses import unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores import redis_keys
from sandbox.slack.client_types import MessageJson
from slipway.demo.auto_approver import AutoApprover
from slipway.demo.demo_environment import DemoEnvironment
from slipway.demo.demo_files import find_example_file
from slipway.demo.process_group import DemoFailed
from slipway.demo.transcript import Transcript
from workers.queries.query_handler import is_refusal

CHANNEL = "deploys"
POLL_SECONDS = 0.1
MAX_RUN_SECONDS = 1800.0
"""After that the demo has failed."""
FINAL_MESSAGE_SECONDS = 60.0
"""How long Slack may take to show the outcome."""
FORM_SECONDS = 5.0
"""How long a modal may take to open: its `trigger_id` is good for 3."""
ANSWER_SECONDS = 30.0
"""How long a worker may take to answer a query."""

SUCCEEDED = 0
NOT_SUCCEEDED = 1


def run_to_end(
    demo: DemoEnvironment, command: str, *, user: str, approver: str | None, console: Console
) -> int:
    """Types a command and prints the answer and the thread to its end. Returns the exit code.

    Raises:
        DemoFailed: a process ended, or the command did not end in time.
    """
    transcript = Transcript(console, read_names(demo))
    transcript.print_message("typed", user, command)
    before = {deploy.id for deploy in demo.store.recent(None, 100)}
    readers = {user, approver} if approver else {user}
    seen = {message["ts"] for each in readers for message in _private_messages(demo, each)}
    replies = demo.slack.say(user, CHANNEL, command)["replies"]
    seen.update(reply["ts"] for reply in replies)
    for number, reply in enumerate(replies):
        transcript.print_message(f"answer {number}", f"slipway, only to {user}", reply["text"])
    if not replies and _has_form(demo, user):
        opened = f"The form is open. Fill it in at {demo.page_url}?as={user}"
        transcript.print_message("form", f"slipway, only to {user}", opened)
        return SUCCEEDED
    if replies and _is_answered_later(command, replies[0]["text"]):
        answer = _wait_for_answer(demo, user, seen)
        transcript.print_message("later answer", f"slipway, only to {user}", answer)
        return NOT_SUCCEEDED if is_refusal(answer) else SUCCEEDED
    new = [deploy for deploy in demo.store.recent(None, 100) if deploy.id not in before]
    if not new:
        is_done = _is_done(command, replies[0]["text"]) if replies else False
        return SUCCEEDED if is_done or _is_answered_query(demo, command) else NOT_SUCCEEDED
    ended = _follow(demo, new, approver, transcript, user=user, seen=seen)
    succeeded = all(deploy.outcome is Outcome.SUCCEEDED for deploy in ended)
    return SUCCEEDED if succeeded else NOT_SUCCEEDED


def _has_form(demo: DemoEnvironment, user: str) -> bool:
    """Whether a modal opens for this user within some seconds."""
    try:
        return bool(demo.slack.wait_until(lambda: demo.slack.views(user), FORM_SECONDS))
    except TimeoutError:
        return False


def _is_done(typed: str, reply: str) -> bool:
    """Whether the reply says that a command was carried out that starts no deploy."""
    try:
        command = parse(typed.removeprefix("/deploy"))
    except ParseError:
        return False
    words = SUBCOMMANDS[command.subcommand].done_words
    return bool(words) and reply.startswith(words)


def _is_answered_query(demo: DemoEnvironment, typed: str) -> bool:
    """Whether the command only asks, about a service or deploy that exists."""
    try:
        command = parse(typed.removeprefix("/deploy"))
    except ParseError:
        return False
    if not SUBCOMMANDS[command.subcommand].is_query:
        return False
    if command.target:
        return demo.store.get(command.target) is not None or demo.store.batch(command.target) is not None
    return set(command.services) <= set(load_catalogue(find_example_file()).services)


def _is_answered_later(typed: str, reply: str) -> bool:
    """Whether the reply announces an answer."""
    try:
        command = parse(typed.removeprefix("/deploy"))
    except ParseError:
        return False
    announce = SUBCOMMANDS[command.subcommand].announcement
    return announce is not None and reply.endswith(announce(command))


def _wait_for_answer(demo: DemoEnvironment, user: str, seen: Collection[str]) -> str:
    """Waits for a message that only this user sees.

    Raises:
        DemoFailed: none came in time, or a process ended.
    """
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        demo.processes.check_running()
        if answer := _find_private(demo, user, seen):
            return answer
        time.sleep(POLL_SECONDS)
    raise DemoFailed(f"no answer came within {ANSWER_SECONDS:.0f} s")


def _private_messages(demo: DemoEnvironment, user: str) -> list[MessageJson]:
    return [message for message in demo.slack.messages(CHANNEL, user) if message["ephemeral"]]


def _find_private(demo: DemoEnvironment, user: str, seen: Collection[str]) -> str | None:
    """The first message to this user alone whose `ts` is not among those, or None.

    A worker may answer before Slack has the acknowledgement that announces it, so no order tells them apart.
    """
    new = (message["text"] for message in _private_messages(demo, user) if message["ts"] not in seen)
    return next(new, None)


def read_names(demo: DemoEnvironment) -> dict[str, str]:
    """The names of people, user groups and channels by their ids."""
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
    seen: Collection[str],
) -> list[Deploy]:
    """Prints the thread until every deploy in it has ended and Slack shows that, or prints the refusal."""
    deadline = time.monotonic() + MAX_RUN_SECONDS
    outcome_deadline: float | None = None
    auto_approver = AutoApprover(demo, CHANNEL, approver, transcript) if approver else None
    while True:
        demo.processes.check_running()
        deploys = [demo.store.get(deploy.id) or deploy for deploy in deploys]
        _show_thread(demo, deploys[0], transcript)
        for deploy in deploys:
            if auto_approver:
                auto_approver.press_pending_button(deploy)
        if _waits_for_people(deploys) and _cannot_continue(demo, deploys, approver, transcript, seen):
            return deploys
        if not any(deploy.in_progress for deploy in deploys):
            outcome_deadline = outcome_deadline or time.monotonic() + FINAL_MESSAGE_SECONDS
            thread = demo.threads.state(deploys[0].thread_id)
            if thread and thread.refused_privately and (refusal := _find_private(demo, user, seen)):
                transcript.print_message("refusal", f"slipway, only to {user}", refusal)
                return deploys
            if _thread_is_complete(demo, deploys):
                _show_thread(demo, deploys[0], transcript)
                return deploys
        now = time.monotonic()
        if now > deadline or (outcome_deadline is not None and now > outcome_deadline):
            phases = ", ".join(f"deploy {deploy.id} is {deploy.phase.value}" for deploy in deploys)
            raise DemoFailed(f"it did not end in time: {phases}")
        time.sleep(POLL_SECONDS)


def _waits_for_people(deploys: list[Deploy]) -> bool:
    """Whether nothing continues without an answer. In a group, other deploys may wait for one that asks."""
    in_progress = [deploy for deploy in deploys if deploy.in_progress]
    asking = [
        deploy
        for deploy in in_progress
        if deploy.phase is Phase.AWAITING_APPROVAL or unanswered_pause(deploy)
    ]
    return bool(asking) and all(deploy in asking or deploy.phase is Phase.WAITING for deploy in in_progress)


def _show_thread(demo: DemoEnvironment, deploy: Deploy, transcript: Transcript) -> None:
    thread = demo.threads.find(deploy.thread_id)
    if thread is None:
        return
    for message in demo.slack.thread(CHANNEL, thread.ts):
        is_card = message["ts"] == thread.ts
        speaker = f"slipway, card in #{CHANNEL}" if is_card else "slipway, in the thread"
        transcript.print_message(message["ts"], speaker, message["text"])


def _cannot_continue(
    demo: DemoEnvironment,
    deploys: list[Deploy],
    approver: str | None,
    transcript: Transcript,
    seen: Collection[str],
) -> bool:
    """Whether nobody here can approve or continue. Then the transcript says so."""
    paused = any(unanswered_pause(deploy) for deploy in deploys)
    thread = demo.threads.find(deploys[0].thread_id)
    if thread is None or not _thread_is_complete(demo, deploys):
        return False
    if approver is None:
        needs, button = ("waits at a pause", "Continue") if paused else ("needs an approver", "Approve")
        transcript.print_message("note", "demo", f"This {needs}. Add --approve-as bob to press {button}.")
        return True
    refusal = _find_private(demo, approver, seen)
    if refusal:
        transcript.print_message("refusal", f"slipway, only to {approver}", refusal)
    return refusal is not None


def _thread_is_complete(demo: DemoEnvironment, deploys: list[Deploy]) -> bool:
    """Whether Slack shows all that the records say."""
    thread_id = deploys[0].thread_id
    thread = demo.threads.find(thread_id)
    published = {thread_id, *(deploy.id for deploy in deploys)}
    if thread is None or any(demo.redis.zscore(redis_keys.PUBLISH, each) is not None for each in published):
        return False
    replies = sum(len(deploy.thread_messages) for deploy in deploys)
    return len(demo.slack.thread(CHANNEL, thread.ts)) > replies
