"""Claims a deploy, takes its next step, commits. Everything a worker does to a record goes through here."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Sequence

import structlog
from redis.exceptions import RedisError
from rq.timeouts import BaseTimeoutException

from deploys.errors import AwsUnavailable, Conflict, LeaseTooShort, SlipwayError, UnknownSchema
from deploys.job_queue import JobQueue
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase, Stage
from deploys.redis_outage import REDIS_OUTAGE
from deploys.stores.claims import Claim
from deploys.stores.deploy_store import DeployStore
from workers.ecs.aws import role_session_names
from workers.ecs.aws.aws_clients import MAX_CALL_SECONDS, AwsClients
from workers.ecs_reader import BatchReader, FailedReader, LiveReader
from workers.flows import steps
from workers.flows.step_errors import handle_step_error
from workers.step_context import AccessPolicy, EcsReader, StepContext, StepResult, Timing

log = structlog.get_logger()

RETRY_SECONDS = 1.0
"""After a turn that began too late for its call (seconds)."""
JITTER_UP_TO_SECONDS = 60.0
"""Waits up to this long are looks and tries, which jitter may stretch; longer ones lead to times that people
were told."""
RELEASE_TRY_SECONDS = 25.0
"""How long a job tries to give back what it holds while Redis is away: well within a job's time (seconds)."""
WATCH_BATCH_SIZE = 40
"""Deploys one watch job looks at: what it can do well within a lease (count)."""


class Engine:
    """Moves deploys. Holds nothing of them between two steps."""

    def __init__(
        self,
        *,
        store: DeployStore,
        job_queue: JobQueue,
        aws: AwsClients,
        access: AccessPolicy,
        timing: Timing,
        worker: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._job_queue = job_queue
        self._aws = aws
        self._access = access
        self._timing = timing
        self._worker = worker
        self._now = now

    def advance(self, deploy_id: str) -> None:
        """Moves one deploy as far as it goes without waiting."""
        claim = self._store.claim(deploy_id, self._worker, self._timing.lease_seconds)
        if claim is not None:
            self._run(claim, LiveReader(self._aws))

    def watch(self, cluster_key: str) -> None:
        """Looks at all rollouts of a cluster that are due or nearly so, many a call."""
        soon = self._now() + self._timing.watch_seconds / 4
        due = self._store.watched(cluster_key, due_by=soon)
        claims = [claim for each in due[:WATCH_BATCH_SIZE] if (claim := self._claim(each, soon))]
        try:
            together = self._read_together(claims)
            while claims:
                self._run_isolated(claims.pop(0), together)
        finally:
            for claim in claims:  # the job ran out of time: others may take these at once
                self._release_with_retries(claim, self._now())
        if len(due) > WATCH_BATCH_SIZE:
            self._job_queue.watch(cluster_key)

    def _claim(self, deploy_id: str, due_by: float) -> Claim | None:
        try:
            return self._store.claim(deploy_id, self._worker, self._timing.lease_seconds, due_by=due_by)
        except UnknownSchema:
            log.exception("a record cannot be read", deploy=deploy_id)
            return None

    def _run_isolated(self, claim: Claim, reader: EcsReader) -> None:
        """Runs one of several: what breaks here is not to strand the others."""
        try:
            self._run(claim, reader)
        except (BaseTimeoutException, RedisError):
            raise
        except Exception:
            log.exception("a deploy could not be moved", deploy=claim.deploy.id)

    def _read_together(self, claims: Sequence[Claim]) -> EcsReader:
        try:
            return BatchReader.read(self._aws, [claim.deploy for claim in claims])
        except AwsUnavailable as error:
            return FailedReader(error)  # asking one by one would only add to the load
        except (BaseTimeoutException, RedisError):
            raise
        except Exception as error:
            # What one of them has that cannot be read is not to strand the others.
            known = isinstance(error, SlipwayError)
            log.warning("looked one by one", error=str(error), exc_info=not known)
            return LiveReader(self._aws)

    def _run(self, claim: Claim, reader: EcsReader) -> None:
        turn = self._context(claim, reader)
        while True:
            deploy = turn.claim.deploy
            try:
                left = self._run_step(deploy, turn)
                keep = left.delay <= 0 and self._has_time_for_another_step(turn.claim)
                shown = turn.claim.deploy
                turn.claim = self._commit(turn.claim, left, keep=keep)
            except LeaseTooShort:
                log.warning("too little of the lease was left", deploy=deploy.id, phase=deploy.phase.value)
                self._store.release(turn.claim, self._now() + RETRY_SECONDS)
                return
            except Conflict:
                # Somebody decided meanwhile, or another worker took over: the record says which.
                self._store.release(turn.claim, self._now())
                self._job_queue.advance(deploy.id)
                return
            except RedisError:
                self._release_with_retries(turn.claim, self._now() + RETRY_SECONDS)
                raise
            if (
                turn.claim.deploy.thread_messages != shown.thread_messages
                or turn.claim.deploy.phase != shown.phase
            ):
                self._job_queue.publish(deploy.id)
            if turn.claim.deploy.outcome != shown.outcome or turn.claim.deploy.phase is Phase.ENDED:
                self._enqueue_batch(turn.claim.deploy)
            if turn.claim.deploy.phase is Phase.ENDED:
                self._enqueue_next_in_queue(deploy)
                return
            if left.delay > 0:
                return
            if not keep:
                self._job_queue.advance(deploy.id)
                return
            turn = self._context(turn.claim, LiveReader(self._aws))

    def _release_with_retries(self, claim: Claim, due_at: float) -> None:
        """Releases the claim as soon as Redis takes that; after some time it is left to run out by itself."""
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

    def _context(self, claim: Claim, reader: EcsReader) -> StepContext:
        return StepContext(
            claim,
            store=self._store,
            region=self._aws.for_service(
                claim.deploy.service, role_session_names.for_deploy(claim.deploy.id)
            ),
            access=self._access,
            reader=reader,
            timing=self._timing,
            now=self._now,
        )

    def _run_step(self, deploy: Deploy, context: StepContext) -> StepResult:
        try:
            taken = steps.STEPS[deploy.phase](deploy, context)
        except (LeaseTooShort, Conflict, BaseTimeoutException, RedisError):
            raise  # Redis is no trouble of the deploy's: the step is taken again when it is back
        except Exception as error:
            reference = secrets.token_hex(4)
            known = isinstance(error, SlipwayError)
            log.warning(
                "step failed",
                deploy=deploy.id,
                phase=deploy.phase.value,
                error=str(error) if known else type(error).__name__,
                reference=reference,
                exc_info=not known,
            )
            return handle_step_error(context.claim.deploy, error, context, reference)
        return (
            StepResult(taken.deploy.reset_attempts(), taken.delay) if taken.deploy.retries.attempts else taken
        )

    def _commit(self, claim: Claim, result: StepResult, *, keep: bool) -> Claim:
        before, after = claim.deploy, result.deploy
        moved = (before.phase, before.outcome) != (after.phase, after.outcome)
        return self._store.commit(
            claim,
            after,
            due_at=self._now() + self._with_jitter(result.delay),
            job=steps.job_for_phase(after),
            what=after.phase.value if moved else "",
            keep=keep,
        )

    def _with_jitter(self, seconds: float) -> float:
        if seconds > JITTER_UP_TO_SECONDS:
            return seconds
        return seconds * (1 + self._timing.jitter * random.random())

    def _has_time_for_another_step(self, claim: Claim) -> bool:
        return claim.seconds_left() > 2 * MAX_CALL_SECONDS

    def _enqueue_batch(self, deploy: Deploy) -> None:
        """Those that were asked for with it may begin now, or are left alone."""
        batch = self._store.batch(deploy.batch_id) if deploy.batch_id else None
        if batch is None or not batch.coordinated:
            return
        others = [
            each for each in self._store.batch_deploys(batch) if each.in_progress and each.id != deploy.id
        ]
        untouched = [each.id for each in others if each.phase.facts.stage is Stage.BEFORE_REVISION]
        self._store.make_due(untouched)
        for each in untouched:
            self._job_queue.advance(each)

    def _enqueue_next_in_queue(self, deploy: Deploy) -> None:
        for waiting in self._store.service_queue(deploy.service.name)[:1]:
            self._job_queue.advance(waiting)
