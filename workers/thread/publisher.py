"""Brings Slack up to date with the records. Only the publisher writes to a deploy's thread."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Container, Sequence
from functools import partial

import structlog
from redis.exceptions import RedisError
from rq.timeouts import BaseTimeoutException
from slack_sdk import WebClient
from structlog.contextvars import bound_contextvars

from deploys.decisions import mark_question_shown
from deploys.errors import LeaseLost, SavedNotOnDisk
from deploys.holds.held_deploys import HoldSource
from deploys.queue_forecast import QueueReader
from deploys.quoted_texts import CurrentServices, RecordedServices, as_shown
from deploys.quoting import NO_SHARED_CHANNELS, SharedChannels, must_hide_quotes, quotes_hidden
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.thread_state import RefusedChannel, ThreadState
from deploys.rollback_offer import DEPLOYS_READ, RollbackOffer, find_rollback_offer
from deploys.stores.deploy_store import DeployStore
from deploys.stores.thread_store import KEPT_SECONDS, ThreadRead, ThreadStore
from deploys.telemetry.metrics import LEASES_LOST
from deploys.telemetry.tracing import TRACING
from deploys.where_told import channels_told
from workers.thread.batch_thread_source import BatchThreadSource
from workers.thread.card_buttons import open_question_values
from workers.thread.copied_cards import edit_copies
from workers.thread.private_message import DeliveryResult, Recipient, send_private_message
from workers.thread.rate_limits import SharedRateLimits
from workers.thread.slack_calls import SlackCalls
from workers.thread.slack_error_handling import GIVE_UP_SECONDS, SlackCallFailed, SlackErrorKind, retry_pause
from workers.thread.sync import ThreadSync, seconds_between_time_updates
from workers.thread.thread_source import DeployThreadSource, PrivateRefusal, ThreadSource

log = structlog.get_logger()

LEASE_SECONDS = 60.0
"""How long one worker may write to a thread before another may. A sync takes at most half of it."""
TURN_SECONDS = 2.0
"""After this long a job that updates threads lets other jobs run (seconds). A call to Slack that hangs takes
longer."""
PUBLISHER_SECONDS = 15.0
"""How long a job that has died keeps another from updating threads (seconds)."""
KEEP_PUBLISHER_SECONDS = 1.0
"""How often the job says that it goes on (seconds)."""
LOOK_AHEAD_SECONDS = 0.2
"""How often the job asks whether it may go on (seconds)."""
COUNT_THREADS_SECONDS = 5.0
"""Between two counts of the threads that are behind (seconds)."""
THREADS_BETWEEN_LOOKS = 10
"""Threads that are updated before the most urgent ones are looked for again (count)."""
QUESTION_AGAIN_SECONDS = 2.0
"""Between two checks whether Slack is back, for a thread whose question nobody has seen. The shared rate
limits keep Slack from being called that often."""
MOST_AGE_SECONDS = max(GIVE_UP_SECONDS.values())
"""A forgotten thread is not opened again for a deploy that ended longer ago."""


class Publisher:
    """Publishes one thread at a time and never waits: what cannot be sent now stays due.

    Give it a client without retry handlers (`workers.thread.slack_client.slack_client`).
    """

    def __init__(
        self,
        client: WebClient,
        threads: ThreadStore,
        store: DeployStore,
        limits: SharedRateLimits,
        now: Callable[[], float],
        shared_channels: SharedChannels = NO_SHARED_CHANNELS,
        services: CurrentServices | None = None,
        hold_sources: Sequence[HoldSource] = (),
    ) -> None:
        """services: what services.yml says now; None: what it said at the request. hold_sources: what may
        hold a deploy when its turn comes."""
        self._client = client
        self._limits = limits
        self._calls = SlackCalls(client, limits)
        self._threads = threads
        self._store = store
        self._now = now
        self._shared_channels = shared_channels
        self._services = services or RecordedServices()
        self._hold_sources = hold_sources
        self._state: ThreadState | None = None
        """The state of the thread that is published now."""
        self._unsaved: ThreadState | None = None
        """The same, if it is still to be written."""
        self._behind, self._counted_at = 0, -math.inf
        """How many threads are behind (count), and when they were counted."""
        self._elapsed_time_at: float | None = None
        """When that thread shows the elapsed time again (`ThreadSync`)."""

    def publish_due(self, may_go_on: Callable[[], bool] = lambda: True) -> bool:
        """Updates the threads that are due, the most urgent first, until all are or the turn is over. Does
        nothing if another job is doing that. Returns whether threads are left that another turn could
        update. may_go_on: asked before the first thread, and once in LOOK_AHEAD_SECONDS."""
        owner, tried = secrets.token_hex(8), set[str]()  # one that another worker has claimed stays due
        if not (waiting := self._find_waiting(tried)):
            return False
        if not self._threads.become_publisher(owner, PUBLISHER_SECONDS):
            return False
        began = kept_at = time.monotonic()
        asked_at = -math.inf
        try:
            while waiting:
                for record_id in waiting[:THREADS_BETWEEN_LOOKS]:
                    now = time.monotonic()
                    if now - began > TURN_SECONDS:
                        return True
                    if now - asked_at >= LOOK_AHEAD_SECONDS:
                        if not may_go_on():
                            return True
                        asked_at = now
                    if now - kept_at >= KEEP_PUBLISHER_SECONDS:
                        if not self._threads.keep_publisher(owner, PUBLISHER_SECONDS):
                            return False
                        kept_at = now
                    tried.add(record_id)
                    self._publish_isolated(record_id)
                waiting = self._find_waiting(tried)
        finally:
            self._threads.release_publisher(owner)
        # What became due before the release counted on this job.
        return any(each not in tried for each in self._threads.due(self._now()))

    def _find_waiting(self, tried: Container[str]) -> list[str]:
        """The threads that are due, but for these. Those whose call has no token yet are due again when it
        has: nothing of them is read before."""
        due = [each for each in self._threads.due_threads(self._now()) if each.id not in tried]
        waiting = [each for each in due if each.waits_for]
        if not waiting:
            return [each.id for each in due]
        now = self._now()
        turns = self._limits.turns([each.waits_for for each in waiting])
        postponed = {each: now + seconds for each, seconds in zip(waiting, turns, strict=True) if seconds > 0}
        self._threads.postpone(postponed)
        return [each.id for each in due if each not in postponed]

    def _publish_isolated(self, record_id: str) -> None:
        """An error here must not stop the threads behind it."""
        try:
            self.publish(record_id)
        except (BaseTimeoutException, RedisError):
            raise
        except Exception:
            log.exception("a thread could not be updated", deploy=record_id)

    def publish(self, record_id: str) -> None:
        """Shows as much of a deploy or batch as Slack takes now; the rest stays due in the publish set."""
        with bound_contextvars(deploy=record_id), TRACING.span("publish"):
            self._publish(record_id)

    def _publish(self, record_id: str) -> None:
        owner = secrets.token_hex(8)
        if not self._threads.claim(record_id, owner, LEASE_SECONDS):
            return  # the publish set tells the worker that has it that more is due
        batch_id = None
        try:
            batch_id = self._publish_claimed(record_id, owner)
        except LeaseLost:
            LEASES_LOST.add(of="thread")
            log.warning("lost the thread's lease; another worker goes on", deploy=record_id)
        except BaseException:
            self._threads.release(record_id, owner)
            raise
        if batch_id is not None:
            self.publish(batch_id)

    def _publish_claimed(self, record_id: str, owner: str) -> str | None:
        """Returns the id of the batch, if the deploy is reported in the thread of its batch. The claim has
        ended then."""
        due_score = self._threads.start_sync(record_id, self._now() + LEASE_SECONDS)
        source, known = self._find_source(record_id)
        if source is not None and source.id != record_id:
            self._threads.mark_due(source.id, self._now(), self._threads.priority(record_id))
            self._threads.finish_sync(record_id, due_score, owner=owner)
            return source.id
        if source is None or known is None:
            self._threads.finish_sync(record_id, due_score, owner=owner)
            return None
        with quotes_hidden(any(must_hide_quotes(self._shared_channels, each) for each in source.channels)):
            self._publish_source(source, known, due_score, owner)
        return None

    def _find_source(self, record_id: str) -> tuple[ThreadSource | None, ThreadRead | None]:
        """What the thread shows, and what is known of it."""
        deploy = self._store.get(record_id)
        batch = None
        if deploy is None or deploy.batch_id:
            batch = self._store.batch(record_id if deploy is None else deploy.thread_id)
        queues = QueueReader(self._store, self._now(), self._hold_sources)
        if batch is not None:
            known = self._threads.read(batch.id)
            members = self._as_shown(self._store.batch_deploys(batch))
            return BatchThreadSource(batch, [*map(queues.read, members)], known.stop, self._recent), known
        if deploy is None:
            return None, None
        known = self._threads.read(deploy.id)
        [deploy] = self._as_shown([deploy])
        found = queues.read(deploy)
        offer = self._find_offer(deploy)
        source = DeployThreadSource(deploy, found.ahead, found.forecast, known.stop, offer, self._recent)
        return source, known

    def _find_offer(self, deploy: Deploy) -> RollbackOffer | None:
        """What its card offers to roll back to."""
        if deploy.outcome is not Outcome.SUCCEEDED:
            return None
        return find_rollback_offer(deploy, self._recent(deploy.service.name))

    def _recent(self, service: str) -> Sequence[Deploy]:
        return self._store.recent(service, DEPLOYS_READ)

    def _as_shown(self, deploys: Sequence[Deploy]) -> list[Deploy]:
        """The deploys of one thread, without what must not be quoted in all channels that are told of it."""
        channels = {channel for each in deploys for channel in channels_told(each)}
        hide_quotes = any(must_hide_quotes(self._shared_channels, each) for each in channels)
        return [as_shown(each, self._services, hide_quotes=hide_quotes) for each in deploys]

    def _publish_source(self, source: ThreadSource, known: ThreadRead, due_score: float, owner: str) -> None:
        thread = self._state = known.state
        self._unsaved = None
        again_at = copies_at = self._elapsed_time_at = None
        waits_for = ""
        if thread is not None:
            self._note_questions_shown(source, thread)  # by an earlier sync that ended before it noted them
        if not self._is_given_up(source, thread):
            again_at = self._open_or_sync(source, thread or ThreadState(channel=source.channel), owner)
            waits_for = _waits_for(self._state, again_at)
            copies_in = edit_copies(source.id, known.copies, self._threads, self._calls)
            copies_at = None if copies_in is None else self._now() + copies_in
        times = [at for at in (again_at, copies_at, source.forecast_ends_at) if at is not None]
        if times:
            self._threads.schedule(
                source.id,
                min(times),
                due_score,
                waits_for=waits_for if min(times) == again_at else "",
                elapsed_time=not waits_for and min(times) == self._elapsed_time_at,
                owner=owner,
                unsaved=self._unsaved,
            )
            return
        self._threads.finish_sync(source.id, due_score, owner=owner, unsaved=self._unsaved)
        if source.is_over:
            ended_at = self._now() if source.outcome_at is None else source.outcome_at
            self._threads.forget_after(source.id, ended_at + KEPT_SECONDS - self._now())

    def _save(self, source: ThreadSource, owner: str, thread: ThreadState, *, later: bool = False) -> None:
        self._state = self._unsaved = thread
        if not later:
            self._threads.save(source.id, owner, thread)
            self._unsaved = None

    def _open_or_sync(self, source: ThreadSource, thread: ThreadState, owner: str) -> float | None:
        """Opens or syncs the thread, unless the first checks are still to come or refused the deploy."""
        if not thread.ts:
            if (refusal := source.private_refusal) and not thread.private_answer_impossible:
                return self._tell_refusal(source, refusal, thread, owner)
            if self._now() < source.opens_at:
                return source.opens_at
        return self._sync(source, thread, owner)

    def _tell_refusal(
        self, source: ThreadSource, refusal: PrivateRefusal, thread: ThreadState, owner: str
    ) -> float | None:
        """Tells only the requester. The channel sees it only if no route to them works."""
        if thread.refused_privately:
            return None
        if thread.last_problem == SlackErrorKind.UNREACHABLE.value and self._now() < thread.retry_at:
            return thread.retry_at
        match send_private_message(self._client, self._recipient(source), refusal.text, refusal.buttons):
            case DeliveryResult.DELIVERED:
                refused = thread.evolve(refused_privately=True, last_problem="", failed_tries=0, retry_at=0.0)
                self._save(source, owner, refused)
                return None
            case DeliveryResult.CLOSED:
                closed = thread.evolve(private_answer_impossible=True)
                self._save(source, owner, closed)
                return self._sync(source, closed, owner)
            case DeliveryResult.LATER:
                tries = thread.failed_tries + 1
                retry_at = self._now() + retry_pause(SlackErrorKind.UNREACHABLE, tries)
                delayed = thread.evolve(
                    last_problem=SlackErrorKind.UNREACHABLE.value, failed_tries=tries, retry_at=retry_at
                )
                self._save(source, owner, delayed)
                return retry_at

    def _sync(self, source: ThreadSource, thread: ThreadState, owner: str) -> float | None:
        if self._now() < thread.retry_at and not self._has_newer_question(source, thread):
            return thread.retry_at
        sync = ThreadSync(
            self._calls,
            source,
            thread,
            save=partial(self._save, source, owner),
            now=self._now,
            idle_seconds=seconds_between_time_updates(self._count_behind()),
        )
        try:
            return sync.run()
        except SlackCallFailed as error:
            thread = self._thread_after_error(error, source, sync.thread)
            self._save(source, owner, thread)
            return thread.retry_at
        finally:
            self._elapsed_time_at = sync.elapsed_time_at
            self._note_questions_shown(source, sync.thread)

    def _count_behind(self) -> int:
        if not 0 <= (now := self._now()) - self._counted_at < COUNT_THREADS_SECONDS:
            self._behind, self._counted_at = self._threads.behind(), now
        return self._behind

    def _has_newer_question(self, source: ThreadSource, thread: ThreadState) -> bool:
        """Whether a question came up after Slack was unreachable, so that it waits less than was noted."""
        waits = thread.retry_at - self._now()
        return (
            thread.last_problem == SlackErrorKind.UNREACHABLE.value
            and source.has_unshown_question(thread)
            and waits > QUESTION_AGAIN_SECONDS
        )

    def _note_questions_shown(self, source: ThreadSource, thread: ThreadState) -> None:
        """The time of a question begins once Slack has a card with its buttons."""
        for deploy in source.unshown_questions():
            if not set(open_question_values(deploy)) <= set(thread.open_questions):
                continue
            change = partial(mark_question_shown, question=deploy.approval.question, at=thread.card_sent_at)
            try:
                self._store.amend(deploy.id, change, by="slipway", what="question shown")
            except SavedNotOnDisk:
                log.warning("Redis has not confirmed that the question's time is on disk", deploy=deploy.id)

    def _thread_after_error(
        self, error: SlackCallFailed, source: ThreadSource, thread: ThreadState
    ) -> ThreadState:
        """What to remember after an error that affects every call for this thread."""
        tries = thread.failed_tries + 1
        wait = max(error.retry_after, retry_pause(error.kind, tries))
        if error.kind is SlackErrorKind.UNREACHABLE and source.has_unshown_question(thread):
            wait = min(wait, QUESTION_AGAIN_SECONDS)
        requester_told = thread.requester_told
        if error.kind is SlackErrorKind.CHANNEL and thread.channel != source.asked_in and not thread.ts:
            return self._card_where_asked(error, source, thread)
        if error.kind is SlackErrorKind.CHANNEL and not requester_told:
            requester_told = self._tell_requester(source, error)
        say = log.error if error.kind is SlackErrorKind.TOKEN else log.warning
        say(
            "the thread is behind",
            deploy=source.id,
            channel=thread.channel,
            because=error.kind.value,
            method=error.method,
            error=error.detail,
            next_try_in=round(wait, 1),
        )
        return thread.evolve(
            last_problem=error.kind.value,
            failed_tries=tries,
            retry_at=self._now() + wait,
            requester_told=requester_told,
        )

    def _card_where_asked(
        self, error: SlackCallFailed, source: ThreadSource, thread: ThreadState
    ) -> ThreadState:
        """The channel that services.yml names for the card cannot be used."""
        refused = RefusedChannel(channel=thread.channel, error=error.detail.split(" ")[0])
        log.error("the card is where it was asked for", deploy=source.id, **refused.model_dump())
        return thread.evolve(channel=source.asked_in, refused_channel=refused, retry_at=self._now())

    def _tell_requester(self, source: ThreadSource, error: SlackCallFailed) -> bool:
        text = source.unreachable_text(error.detail.split(" ")[0])
        return send_private_message(self._client, self._recipient(source), text) is not DeliveryResult.LATER

    def _recipient(self, source: ThreadSource) -> Recipient:
        url = self._threads.response_url(source.id)
        return Recipient(source.requester, source.asked_in, source.private_thread, url)

    def _is_given_up(self, source: ThreadSource, thread: ThreadState | None) -> bool:
        """Whether the thread was tried long enough after its deploy ended."""
        if source.outcome_at is None:
            return False
        patience = MOST_AGE_SECONDS if thread is None else None
        if thread is not None and thread.last_problem:
            patience = GIVE_UP_SECONDS[SlackErrorKind(thread.last_problem)]
        if patience is None or self._now() <= source.outcome_at + patience:
            return False
        log.error(
            "gave up on the thread", deploy=source.id, because=thread.last_problem if thread else "too old"
        )
        return True


def _waits_for(thread: ThreadState | None, again_at: float | None) -> str:
    """The call, none that asks people something, that has its turn at Slack then (`DueThread.waits_for`);
    empty: the thread is due again because of something else."""
    if thread is None or again_at is None:
        return ""
    turns = {"chat.update": thread.card_next_try, f"chat.postMessage:{thread.channel}": thread.reply_next_try}
    due = {
        call: turn.at
        for call, turn in turns.items()
        if turn is not None and not turn.question and again_at >= turn.at
    }
    return max(due, key=due.__getitem__, default="")
