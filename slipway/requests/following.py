"""`--wait`: tells what happens to deploys until their outcome is known, each thing once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from redis.exceptions import RedisError

from deploys.deploy_text import name_at_start, status_text
from deploys.formatting import duration
from deploys.mrkdwn import plural
from deploys.pauses import unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.redis_outage import describe_error
from deploys.stores.deploy_store import DeployStore
from slipway.requests import exit_codes
from slipway.requests.choices import Choice, choices_of
from slipway.requests.output import Output
from workers.thread.card_buttons import card_buttons

POLL_SECONDS = 0.5
UNMOVED_SECONDS = 20.0
"""A deploy that nothing keeps waiting has begun by then, if a worker runs."""


class Happening(NamedTuple):
    """One thing that happened to a deploy."""

    at: float
    text: str
    """Mrkdwn."""
    choices: Sequence[Choice] = ()


@dataclass
class Told:
    """What was told of one deploy."""

    phases: set[tuple[Phase, float]] = field(default_factory=set)
    messages: int = 0
    tasks: str = ""
    hold: str = ""
    error: str = ""
    choices: tuple[str, ...] = ()
    outcome: bool = False


def new_happenings(deploy: Deploy, told: Told, now: float) -> list[Happening]:
    """What was not told of this deploy yet, in order; notes it as told."""
    found = [*_phases(deploy, told), *_messages(deploy, told)]
    found.sort(key=lambda each: each.at)
    return [*found, *_state(deploy, told, now)]


def _phases(deploy: Deploy, told: Told) -> Iterator[Happening]:
    for entry in deploy.timeline:
        key = (entry.phase, entry.at)
        over = entry.phase in (Phase.SETTLING, Phase.ENDED)
        if key not in told.phases and not over:
            yield Happening(entry.at, f"*{deploy.service.name}* {entry.phase.facts.label}")
        told.phases.add(key)


def _messages(deploy: Deploy, told: Told) -> Iterator[Happening]:
    for message in deploy.thread_messages[told.messages :]:
        if message.kind is not ThreadMessageKind.END:  # the outcome says the same
            yield Happening(message.at, message.text)
    told.messages = len(deploy.thread_messages)


def _state(deploy: Deploy, told: Told, now: float) -> Iterator[Happening]:
    """What has no time of its own."""
    tasks = task_text(deploy)
    if tasks and tasks != told.tasks:
        yield Happening(now, tasks)
    hold = deploy.hold.sentence if deploy.hold and deploy.in_progress else ""
    if hold and hold != told.hold:
        yield Happening(now, f"Held: {hold}", _offered(deploy))
    error = deploy.retries.last_error if deploy.in_progress else ""
    if error and error != told.error:
        yield Happening(now, f"It is tried again: {error}")
    told.tasks, told.hold, told.error = tasks, hold, error
    if deploy.outcome and not told.outcome:
        told.outcome = True
        yield Happening(deploy.ended_at or now, outcome_text(deploy), _offered(deploy))
    elif asks(deploy):
        choices = _offered(deploy)
        commands = tuple(each.command for each in choices)
        if commands != told.choices:
            told.choices = commands
            yield Happening(now, f"{name_at_start(deploy)} waits for an answer:", choices)


def task_text(deploy: Deploy) -> str:
    """How many tasks run, while that matters."""
    counts = deploy.rollout.counts
    if not deploy.phase.facts.counts_tasks or not (counts.new_desired or counts.old_running):
        return ""
    failed = f", {counts.failed_tasks} failed" if counts.failed_tasks else ""
    running = f"{counts.new_running} of {plural(counts.new_desired, 'new task')} running{failed}"
    return running if deploy.count_change else f"{running}; {counts.old_running} old"


def outcome_text(deploy: Deploy) -> str:
    """How it ended, how long it took, and why."""
    took = duration((deploy.ended_at or 0) - deploy.request.requested_at) if deploy.ended_at else ""
    after = f" after {took}" if took else ""
    why = f": {deploy.outcome_reason}" if deploy.outcome_reason else "."
    return f"{name_at_start(deploy)} {status_text(deploy)}{after}{why}"


def asks(deploy: Deploy) -> bool:
    """Whether it goes on only once somebody has answered."""
    return deploy.in_progress and (
        deploy.phase is Phase.AWAITING_APPROVAL or unanswered_pause(deploy) is not None
    )


def _offered(deploy: Deploy) -> list[Choice]:
    """What can be done about a question or a refusal. A pause is rolled back by a cancel, too."""
    if deploy.outcome not in (None, Outcome.REFUSED):
        return []
    return choices_of(card_buttons(deploy))


def follow(
    ids: Sequence[str],
    store: DeployStore,
    output: Output,
    *,
    timeout: float | None = None,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Tells what happens until every outcome is known, however long Redis is away. Returns the exit code;
    timeout: seconds.

    Raises:
        KeyboardInterrupt: Ctrl-C; the deploys go on.
        RedisError: Redis does not answer when the time is up.
    """
    told = {each: Told() for each in ids}
    begun, warned, is_lost = now(), False, False
    with output.progress() as progress:
        while True:
            try:
                deploys = [found for each in ids if (found := store.get(each))]
            except RedisError as error:
                if not is_lost:
                    output.note(f"Redis {describe_error(error)}. What was asked for goes on once it is back.")
                is_lost = True
                if timeout is not None and now() - begun >= timeout:
                    raise
                sleep(POLL_SECONDS)
                continue
            is_lost = False
            for deploy in deploys:
                for each in new_happenings(deploy, told[deploy.id], now()):
                    output.happened(each.at, deploy, each.text, each.choices)
            open_ones = [each for each in deploys if each.in_progress]
            if not open_ones:
                code = exit_codes.code_of(each.outcome for each in deploys)
                output.ended(deploys, code)
                return code
            if not warned and _is_untouched(open_ones, store, now()):
                warned = True
                output.note("No worker has begun with it yet. Do workers and a scheduler run?")
            if timeout is not None and now() - begun >= timeout:
                output.note(goes_on([each.id for each in open_ones]))
                output.ended(deploys, exit_codes.TIME_IS_UP)
                return exit_codes.TIME_IS_UP
            progress.show(_progress_text(open_ones, now()))
            sleep(POLL_SECONDS)


def goes_on(ids: Sequence[str]) -> str:
    """That deploys go on although nobody waits for them any more."""
    cancels = "; ".join(f"`slipway cancel {each}` cancels it" for each in ids)
    goes = "It goes" if len(ids) == 1 else "They go"
    return f"{goes} on. `slipway wait {' '.join(ids)}` waits again; {cancels}."


def _is_untouched(deploys: Sequence[Deploy], store: DeployStore, now: float) -> bool:
    """Whether one that is the first in its queue has waited too long for a worker."""
    return any(
        each.phase is Phase.WAITING
        and not each.hold
        and now - each.request.requested_at > UNMOVED_SECONDS
        and store.service_queue(each.queue)[:1] == [each.id]
        for each in deploys
    )


def _progress_text(deploys: Sequence[Deploy], now: float) -> str:
    first = deploys[0]
    more = f", and {plural(len(deploys) - 1, 'more deploy')}" if len(deploys) > 1 else ""
    return f"{name_at_start(first)} {status_text(first)}, {duration(now - first.request.requested_at)}{more}"
