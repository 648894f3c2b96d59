"""The engine of the workers: claims a deploy, runs its next step and commits the result."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from functools import partial

import structlog
from redis.exceptions import RedisError
from rq.timeouts import BaseTimeoutException
from structlog.contextvars import bound_contextvars

from deploys.decisions import is_service_untouched
from deploys.environment_values import names_of, values_hidden
from deploys.errors import (
    AwsBudgetSpent,
    AwsUnavailable,
    Conflict,
    LeaseLost,
    LeaseTooShort,
    SlipwayError,
)
from deploys.failure_followup import changed_by
from deploys.holds.held_deploys import HoldSource
from deploys.job_queue import WATCH_BATCH_SIZE, WATCH_PREFIX, JobQueue
from deploys.quoted_texts import with_quotes
from deploys.quoting import NO_SHARED_CHANNELS, SharedChannels, must_hide_quotes, quotes_hidden
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase, Stage
from deploys.records.quote import Quote
from deploys.records.retries import AwsWait
from deploys.redis_outage import REDIS_OUTAGE
from deploys.rollback_offer import DEPLOYS_READ
from deploys.stores.aws_budget import AwsBudget, CallNeed
from deploys.stores.claims import Claim, UnchangedStep
from deploys.stores.deploy_store import DeployStore
from deploys.stores.thread_store import ThreadStore
from deploys.telemetry.metrics import LEASES_LOST, STEP_LAG
from deploys.telemetry.tracing import TRACING
from deploys.where_told import channels_told
from workers.call_need import call_need, change_ahead
from workers.deploy_metrics import report_commit, report_error
from workers.ecs.aws import principals
from workers.ecs.aws.aws_clients import MAX_CALL_SECONDS, AwsClients
from workers.ecs.aws.call_budget import LONGEST_PATIENCE_SECONDS, STEP_PATIENCE_SECONDS, Caller, calls_by
from workers.ecs.aws.lease_check import LEASE_CHECK
from workers.ecs.aws.request_ids import REQUEST_IDS
from workers.ecs.revision_reads import RevisionReads
from workers.ecs.task_definitions import read_variables
from workers.ecs_reader import BatchReader, EcsReader, FailedReader, LiveReader
from workers.flows import steps
from workers.flows.cancel_check import check_cancel
from workers.flows.observe.deadline import deadline_at
from workers.flows.own_revisions import known_revisions
from workers.flows.step_errors import handle_step_error
from workers.step_context import AccessPolicy, ServiceRead, StepContext, StepResult, Timing
from workers.tag_signature import TagSigner
from workers.watch_interval import WatchClock

log = structlog.get_logger()

RETRY_SECONDS = 1.0
"""Until the next try, if too little of the lease was left for a call (seconds)."""
JITTER_UP_TO_SECONDS = 60.0
"""Waits up to this long are between reads or tries, and jitter may lengthen them; longer ones lead to times
that people have been shown (seconds)."""
PAST_DEADLINE_SECONDS = 0.01
"""What is due at a deadline is due so much after it: times in Redis have milliseconds."""
RELEASE_TRY_SECONDS = 25.0
"""How long a job tries to release its claim while Redis is away: well within a job's time (seconds)."""
SOON_SECONDS = 1.25
"""Deploys that are due so soon are read together with those that are due (seconds)."""
SHOWN_WAIT_SECONDS = 10.0
"""A wait for AWS's limits of this length is shown to people (seconds)."""
TURN_SECONDS = 2.0
"""After this long a job that takes what is due begins with no other deploy, so that other jobs run
(seconds)."""
DEPLOYS_BETWEEN_LOOKS = 10
"""Deploys that such a job tries before it looks again what is due, and in which order (count)."""
RESCHEDULE_SECONDS = 1.0
"""After this long a job that reads many rollouts ends the steps that changed nothing, so that what people
decided about these deploys is not kept waiting by the others (seconds)."""
EndUnchanged = Callable[[UnchangedStep], None]


class Engine:
    """Moves deploys. It keeps nothing about them between two steps. The job that runs it updates the threads
    that are due then."""

    def __init__(
        self,
        *,
        store: DeployStore,
        job_queue: JobQueue,
        aws: AwsClients,
        access: AccessPolicy,
        timing: Timing,
        worker: str,
        signer: TagSigner,
        hold_sources: Sequence[HoldSource] = (),
        shared_channels: SharedChannels = NO_SHARED_CHANNELS,
        is_current: Callable[[], bool] = lambda: True,
        budget: AwsBudget | None = None,
        watch_clock: WatchClock | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """budget: how many calls AWS takes; None: as many as there are. watch_clock: how often rollouts are
        looked at; None: as often as `timing` says.

        is_current: whether services.yml is still the one that `access` and `hold_sources` go by. If not,
        no further step is taken: the next job goes by the new one."""
        self._store = store
        self._job_queue = job_queue
        self._aws = aws
        self._access = access
        self._timing = timing
        self._worker = worker
        self._signer = signer
        self._hold_sources = hold_sources
        self._shared_channels = shared_channels
        self._is_current = is_current
        self._budget = budget
        self._watch_clock = watch_clock
        self._now = now
        self._sleep = sleep

    def advance(self, deploy_id: str) -> None:
        """Moves one deploy as far as it goes without waiting. An earlier version enqueues this."""
        claim = self._store.claim(deploy_id, self._worker, self._timing.lease_seconds)
        if claim is not None:
            STEP_LAG.observe(claim.late_seconds, step="advance")
            self._run(claim, LiveReader(self._aws), self._reschedule_one)

    def advance_due(self) -> None:
        """Moves the deploys that are due, one after another, until none is left or its turn is over; then
        another job goes on. Deploys whose rollouts are read together are left to `watch`."""
        began = time.monotonic()
        tried: set[str] = set()
        while waiting := self._due_to_advance(tried):
            for deploy_id in waiting[:DEPLOYS_BETWEEN_LOOKS]:
                if time.monotonic() - began > TURN_SECONDS or not self._is_current():
                    return self._job_queue.advance(deploy_id)
                tried.add(deploy_id)  # one that another worker has claimed may stay due
                for claim in self._claim([deploy_id], self._now(), "advance"):
                    self._run_isolated(claim, LiveReader(self._aws), self._reschedule_one)
        return None

    def _due_to_advance(self, tried: Container[str]) -> list[str]:
        return [
            each.deploy_id
            for each in self._store.due(self._now())
            if each.deploy_id not in tried and not each.job.startswith(WATCH_PREFIX)
        ]

    def watch(self, cluster_key: str) -> None:
        """Moves all rollouts of a cluster that are due, or nearly so, and reads many of them in one call."""
        interval = self._watch_clock.seconds(cluster_key) if self._watch_clock else self._timing.watch_seconds
        soon = self._now() + min(interval / 4, SOON_SECONDS)
        due = self._store.watched(cluster_key, due_by=soon)
        claims = self._claim(due[:WATCH_BATCH_SIZE], soon, "watch")
        unchanged: list[UnchangedStep] = []
        try:
            self._shared_channels.look_up(each for claim in claims for each in channels_told(claim.deploy))
            # What AWS answers to all may get into the messages of each.
            hidden = any(self._must_hide_quotes(claim.deploy) for claim in claims)
            with quotes_hidden(hidden) as quotes, calls_by(self._caller_of_all(cluster_key, claims)):
                reader = self._read_together(claims)
            claims.sort(key=lambda claim: not reader.shows_end(claim.deploy))
            rescheduled_at = time.monotonic()
            while claims and self._is_current():
                self._run_isolated(claims.pop(0), reader, unchanged.append, quotes)
                if time.monotonic() - rescheduled_at > RESCHEDULE_SECONDS:
                    self._reschedule(unchanged)
                    rescheduled_at = time.monotonic()
            self._reschedule(unchanged)
        finally:
            # Out of time, or outdated: another job may take these at once.
            for claim in [*(each.claim for each in unchanged), *claims]:
                self._release_with_retries(claim, self._now())
        if claims or len(due) > WATCH_BATCH_SIZE:
            self._job_queue.watch(cluster_key)

    def _claim(self, deploy_ids: Sequence[str], due_by: float, step: str) -> list[Claim]:
        claims, unreadable = self._store.claim_many(
            deploy_ids, self._worker, self._timing.lease_seconds, due_by=due_by
        )
        for deploy_id, error in unreadable.items():
            log.error("a record cannot be read", deploy=deploy_id, exc_info=error)
        for claim in claims:
            STEP_LAG.observe(claim.late_seconds, step=step)
        return claims

    def _reschedule(self, steps: list[UnchangedStep]) -> None:
        """Ends these steps, which changed nothing, and empties the list."""
        conflicts = self._store.reschedule(steps)
        steps.clear()
        for conflict in conflicts:
            self._note_conflict(conflict)

    def _reschedule_one(self, step: UnchangedStep) -> None:
        self._reschedule([step])

    def _note_conflict(self, conflict: Conflict) -> None:
        """Somebody decided meanwhile, or another worker took over: the record says which."""
        deploy_id = str(conflict.facts["id"])
        if isinstance(conflict, LeaseLost):
            LEASES_LOST.add(of="deploy")
            log.warning("lost the lease; another worker goes on", deploy=deploy_id)
        self._job_queue.advance(deploy_id)

    def _run_isolated(
        self, claim: Claim, reader: EcsReader, end_unchanged: EndUnchanged, quotes: Sequence[Quote] = ()
    ) -> None:
        """Runs one of several deploys: an error here must not stop the others."""
        try:
            self._run(claim, reader, end_unchanged, quotes)
        except (BaseTimeoutException, RedisError):
            raise
        except Exception:
            log.exception("a deploy could not be moved", deploy=claim.deploy.id)

    def _read_together(self, claims: Sequence[Claim]) -> EcsReader:
        try:
            return BatchReader.read(self._aws, [claim.deploy for claim in claims], self._now())
        except AwsUnavailable as error:
            return FailedReader(error)  # asking one by one would only add to the load
        except (BaseTimeoutException, RedisError):
            raise
        except Exception as error:
            # If one of them cannot be read, that must not stop the others.
            is_known = isinstance(error, SlipwayError)
            log.warning(
                "deploys are read one by one",
                deploys=",".join(claim.deploy.id for claim in claims),
                error=str(error),
                exc_info=not is_known,
            )
            return LiveReader(self._aws)

    def _caller_of_all(self, cluster_key: str, claims: Sequence[Claim]) -> Caller | None:
        """Reads them all together, with the greatest need and the earliest request of them."""
        deploys = [claim.deploy for claim in claims]
        if self._budget is None or not deploys:
            return None
        need = min(call_need(each, changes=False) for each in deploys)
        asked_at = min(each.request.requested_at for each in deploys)
        return Caller(self._budget, f"watch {cluster_key}", asked_at, lambda changes: need, sleep=self._sleep)

    def _caller_of(self, deploy: Deploy) -> Caller | None:
        if self._budget is None:
            return None
        is_urgent = call_need(deploy, changes=False) is CallNeed.RESTORE
        return Caller(
            self._budget,
            deploy.id,
            deploy.request.requested_at,
            lambda changes: call_need(deploy, changes=changes),
            LONGEST_PATIENCE_SECONDS if is_urgent else STEP_PATIENCE_SECONDS,
            sleep=self._sleep,
        )

    def _run(
        self, claim: Claim, reader: EcsReader, end_unchanged: EndUnchanged, read_quotes: Sequence[Quote] = ()
    ) -> None:
        """end_unchanged: is given the last step, if it changed nothing. read_quotes: what the reader's own
        errors quote."""
        with bound_contextvars(deploy=claim.deploy.id):
            self._run_steps(claim, reader, end_unchanged, read_quotes)

    def _run_steps(
        self, claim: Claim, reader: EcsReader, end_unchanged: EndUnchanged, read_quotes: Sequence[Quote]
    ) -> None:
        context = self._context(claim, reader)
        REQUEST_IDS.take()  # of whatever this process did before
        while True:
            deploy = context.claim.deploy
            try:
                with (
                    TRACING.span(f"step {deploy.phase.value}", **{"slipway.service": deploy.service.name}),
                    quotes_hidden(self._must_hide_quotes(deploy), before=read_quotes) as quotes,
                    values_hidden(
                        partial(read_variables, context.region, known_revisions(deploy)),
                        (*names_of(deploy.service), deploy.tag),
                    ),
                ):
                    result = self._run_step(deploy, context)
                result = replace(result, deploy=with_quotes(result.deploy, quotes))
                if _changes_nothing(context.claim, result):
                    due_at = self._due_at(result)
                    end_unchanged(UnchangedStep(context.claim, due_at, steps.job_for_phase(result.deploy)))
                    return
                keep = result.delay <= 0 and self._may_take_another_step(context.claim)
                before = context.claim.deploy
                context.claim = self._commit(context.claim, result, keep=keep)
            except LeaseTooShort:
                LEASES_LOST.add(of="deploy")
                self._audit_uncommitted(context.claim)
                log.warning("too little of the lease was left", deploy=deploy.id, phase=deploy.phase.value)
                self._store.release(context.claim, self._now() + RETRY_SECONDS)
                return
            except Conflict as error:
                self._audit_uncommitted(context.claim)
                self._store.release(context.claim, self._now())
                self._note_conflict(error)
                return
            except RedisError:
                self._release_with_retries(context.claim, self._now() + RETRY_SECONDS)
                raise
            after = context.claim.deploy
            report_commit(before, after)
            self._enqueue_others(before, after, result)
            if after.phase is Phase.ENDED:
                self._enqueue_next_in_queue(deploy)
                return
            if result.delay > 0:
                return
            if not keep:
                self._job_queue.advance(deploy.id)
                return
            # Whatever changes the service reads it itself.
            before_revision = after.phase.facts.stage is Stage.BEFORE_REVISION
            context = self._context(
                context.claim,
                LiveReader(self._aws),
                context.known_service() if before_revision else None,
                context.known_revisions() if before_revision else None,
            )

    def _release_with_retries(self, claim: Claim, due_at: float) -> None:
        """Releases the claim as soon as Redis accepts that; after some time its lease is left to run out."""
        until = time.monotonic() + min(claim.seconds_left(), RELEASE_TRY_SECONDS)
        while True:
            try:
                self._store.release(claim, due_at)
                return REDIS_OUTAGE.record_recovery()
            except RedisError as error:
                REDIS_OUTAGE.record_failure(error)
                if time.monotonic() >= until:
                    return None
                time.sleep(REDIS_OUTAGE.retry_delay())

    def _must_hide_quotes(self, deploy: Deploy) -> bool:
        return any(must_hide_quotes(self._shared_channels, each) for each in channels_told(deploy))

    def _context(
        self,
        claim: Claim,
        reader: EcsReader,
        known_service: ServiceRead | None = None,
        revisions: RevisionReads | None = None,
    ) -> StepContext:
        return StepContext(
            claim,
            store=self._store,
            region=self._aws.for_service(
                claim.deploy.service, principals.session_for_deploy(claim.deploy.id)
            ),
            access=self._access,
            reader=reader,
            timing=self._watch_clock.timing(self._timing, claim.deploy)
            if self._watch_clock
            else self._timing,
            now=self._now,
            signer=self._signer,
            hold_sources=self._hold_sources,
            known_service=known_service,
            known_revisions=revisions,
        )

    def _run_step(self, deploy: Deploy, context: StepContext) -> StepResult:
        deploy = check_cancel(deploy, context)
        try:
            with calls_by(self._caller_of(deploy)) as caller:
                if caller is not None and (change := change_ahead(deploy)):
                    caller.take_ahead(change, context.region.name, context.region.account)
                return self._try_step(deploy, context)
        except AwsBudgetSpent as error:
            return _wait_for_turn(context.claim.deploy, error, self._now())

    def _try_step(self, deploy: Deploy, context: StepContext) -> StepResult:
        try:
            with LEASE_CHECK.by(context.confirm_claim):
                result = steps.STEPS[deploy.phase](deploy, context)
        except (AwsBudgetSpent, LeaseTooShort, Conflict, BaseTimeoutException, RedisError):
            raise  # an outage of Redis is not the deploy's failure: the step runs again once Redis is back
        except Exception as error:  # noqa: BLE001 - it is reported, and the deploy never left as it is
            reference = secrets.token_hex(4)
            report_error(error, deploy, reference)
            return handle_step_error(context.claim.deploy, error, context, reference)
        if result.deploy.retries.attempts or result.deploy.retries.aws_wait:
            return replace(result, deploy=result.deploy.reset_attempts())
        return result

    def _commit(self, claim: Claim, result: StepResult, *, keep: bool) -> Claim:
        before, after = claim.deploy, result.deploy
        moved = (before.phase, before.outcome) != (after.phase, after.outcome)
        return self._store.commit(
            claim,
            after,
            due_at=self._due_at(result),
            job=steps.job_for_phase(after),
            what=after.phase.value if moved else "",
            keep=keep,
            overtaken_by=result.overtaken_by,
            notes=result.audit,
            aws_requests=REQUEST_IDS.take(),
        )

    def _audit_uncommitted(self, claim: Claim) -> None:
        if aws_requests := REQUEST_IDS.take():
            self._store.audit_uncommitted(claim, aws_requests)

    def _due_at(self, result: StepResult) -> float:
        """When the next step is due (epoch seconds): after the step's delay, or at a deadline before that."""
        now = self._now()
        jitter = self._timing.jitter if result.delay <= JITTER_UP_TO_SECONDS else 0.0
        due_at = now + result.delay * (1 + jitter * random.random())
        deadline = deadline_at(result.deploy, now)
        if deadline is None or deadline <= now:
            return due_at
        return min(due_at, deadline + PAST_DEADLINE_SECONDS)

    def _may_take_another_step(self, claim: Claim) -> bool:
        return claim.seconds_left() > 2 * MAX_CALL_SECONDS and self._is_current()

    def _enqueue_batch(self, deploy: Deploy) -> None:
        """Other deploys of the batch may be able to start now, or must not start any more."""
        batch = self._store.batch(deploy.batch_id) if deploy.batch_id else None
        if batch is None or not batch.coordinated:
            return
        others = [
            each for each in self._store.batch_deploys(batch) if each.in_progress and each.id != deploy.id
        ]
        not_started = [each.id for each in others if each.phase.facts.stage is Stage.BEFORE_REVISION]
        self._store.make_due(not_started)
        for deploy_id in not_started:
            self._job_queue.advance(deploy_id)

    def _enqueue_others(self, before: Deploy, after: Deploy, result: StepResult) -> None:
        if after.outcome != before.outcome or after.phase is Phase.ENDED:
            self._enqueue_batch(after)
        if result.overtaken_by:
            self._job_queue.advance(result.overtaken_by)
        began = is_service_untouched(before) and not is_service_untouched(after)
        if began or after.outcome != before.outcome:
            self._publish_earlier(after)

    def _publish_earlier(self, deploy: Deploy) -> None:
        """The messages of earlier deploys say something else now: the card of the one that runs offers to
        roll it back no more, and those about failures name what came after them. If this is lost, a press of
        the button says so."""
        threads = ThreadStore(self._store.redis)
        for each in changed_by(deploy, self._store.recent(deploy.service.name, DEPLOYS_READ)):
            threads.mark_due(each.thread_id, self._now())

    def _enqueue_next_in_queue(self, deploy: Deploy) -> None:
        for deploy_id in self._store.service_queue(deploy.queue)[:1]:
            self._job_queue.advance(deploy_id)


def _changes_nothing(claim: Claim, result: StepResult) -> bool:
    """Whether nothing is to be written of a step but when the next one is due."""
    told = result.overtaken_by or result.audit or REQUEST_IDS
    return result.delay > 0 and not told and result.deploy == claim.deploy


def _wait_for_turn(deploy: Deploy, error: AwsBudgetSpent, now: float) -> StepResult:
    """The step runs again when its turn comes. Nothing failed, so no try is counted."""
    seconds, before = float(error.facts["seconds"]), int(error.facts["before"])
    wait = AwsWait(limit=error.facts["limit"], until=now + seconds, before=before)
    shown = wait if seconds >= SHOWN_WAIT_SECONDS else None
    return StepResult(deploy.evolve(retries={"aws_wait": shown}), delay=seconds)
