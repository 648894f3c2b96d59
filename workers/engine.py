"""Claims a deploy, takes its next step, commits. Everything a worker does to a record goes through here."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Sequence

import structlog
from pydantic import ValidationError
from redis.exceptions import RedisError
from rq.timeouts import BaseTimeoutException

from deploys.bell import Bell
from deploys.claims import Claim
from deploys.deploy import Deploy, Phase
from deploys.errors import AwsUnavailable, Conflict, LeaseTooShort, SlipwayError
from deploys.store import Store
from workers.ecs import session_names
from workers.ecs.session import WORST_CALL_SECONDS, Aws
from workers.flows import steps
from workers.flows.together import BEFORE_THE_FIRST_CHANGE
from workers.flows.trouble import after_error
from workers.sights import Fresh, Together, Unseen
from workers.turn import Gate, Next, Pace, Sights, Turn

log = structlog.get_logger()

AGAIN_SECONDS = 1.0
"""After a turn that began too late for its call (seconds)."""
STRETCHED_SECONDS = 60.0
"""Waits up to this long are looks and tries, which jitter may stretch; longer ones lead to times that people
were told."""
WATCHED_TOGETHER = 40
"""Deploys one watch job looks at: what it can do well within a lease (count)."""


class Engine:
    """Moves deploys. Holds nothing of them between two steps."""

    def __init__(
        self,
        *,
        store: Store,
        bell: Bell,
        aws: Aws,
        gate: Gate,
        pace: Pace,
        worker: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._bell = bell
        self._aws = aws
        self._gate = gate
        self._pace = pace
        self._worker = worker
        self._now = now

    def advance(self, deploy_id: str) -> None:
        """Moves one deploy as far as it goes without waiting."""
        claim = self._store.claim(deploy_id, self._worker, self._pace.lease_seconds)
        if claim is not None:
            self._run(claim, Fresh(self._aws))

    def watch(self, cluster_key: str) -> None:
        """Looks at all rollouts of a cluster that are due or nearly so, many a call."""
        soon = self._now() + self._pace.watch_seconds / 4
        due = self._store.watched(cluster_key, due_by=soon)
        claims = [claim for each in due[:WATCHED_TOGETHER] if (claim := self._claim(each, soon))]
        try:
            together = self._look(claims)
            while claims:
                self._run_alone(claims.pop(0), together)
        finally:
            for claim in claims:  # the job ran out of time: others may take these at once
                self._store.release(claim, self._now())
        if len(due) > WATCHED_TOGETHER:
            self._bell.watch(cluster_key)

    def _claim(self, deploy_id: str, due_by: float) -> Claim | None:
        try:
            return self._store.claim(deploy_id, self._worker, self._pace.lease_seconds, due_by=due_by)
        except ValidationError:
            log.exception("a record cannot be read", deploy=deploy_id)
            return None

    def _run_alone(self, claim: Claim, sights: Sights) -> None:
        """Runs one of several: what breaks here is not to strand the others."""
        try:
            self._run(claim, sights)
        except (BaseTimeoutException, RedisError):
            raise
        except Exception:
            log.exception("a deploy could not be moved", deploy=claim.deploy.id)

    def _look(self, claims: Sequence[Claim]) -> Sights:
        try:
            return Together.look(self._aws, [claim.deploy for claim in claims])
        except AwsUnavailable as error:
            return Unseen(error)  # asking one by one would only add to the load
        except (BaseTimeoutException, RedisError):
            raise
        except Exception as error:
            # What one of them has that cannot be read is not to strand the others.
            known = isinstance(error, SlipwayError)
            log.warning("looked one by one", error=str(error), exc_info=not known)
            return Fresh(self._aws)

    def _run(self, claim: Claim, sights: Sights) -> None:
        turn = self._turn(claim, sights)
        while True:
            deploy = turn.claim.deploy
            try:
                left = self._step(deploy, turn)
                keep = left.after <= 0 and self._time_for_another(turn.claim)
                shown = turn.claim.deploy
                turn.claim = self._commit(turn.claim, left, keep=keep)
            except LeaseTooShort:
                log.warning("too little of the lease was left", deploy=deploy.id, phase=deploy.phase.value)
                self._store.release(turn.claim, self._now() + AGAIN_SECONDS)
                return
            except Conflict:
                # Somebody decided meanwhile, or another worker took over: the record says which.
                self._store.release(turn.claim, self._now())
                self._bell.advance(deploy.id)
                return
            if turn.claim.deploy.milestones != shown.milestones or turn.claim.deploy.phase != shown.phase:
                self._bell.publish(deploy.id)
            if turn.claim.deploy.outcome != shown.outcome or turn.claim.deploy.phase is Phase.ENDED:
                self._ring_company(turn.claim.deploy)
            if turn.claim.deploy.phase is Phase.ENDED:
                self._ring_next(deploy)
                return
            if left.after > 0:
                return
            if not keep:
                self._bell.advance(deploy.id)
                return
            turn = self._turn(turn.claim, Fresh(self._aws))

    def _turn(self, claim: Claim, sights: Sights) -> Turn:
        return Turn(
            claim,
            store=self._store,
            region=self._aws.of(claim.deploy.service, session_names.for_deploy(claim.deploy.id)),
            gate=self._gate,
            sights=sights,
            pace=self._pace,
            now=self._now,
        )

    def _step(self, deploy: Deploy, turn: Turn) -> Next:
        try:
            taken = steps.STEPS[deploy.phase](deploy, turn)
        except (LeaseTooShort, Conflict, BaseTimeoutException):
            raise
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
            return after_error(turn.claim.deploy, error, turn, reference)
        return Next(taken.deploy.trying_anew(), taken.after) if taken.deploy.attempts else taken

    def _commit(self, claim: Claim, left: Next, *, keep: bool) -> Claim:
        before, after = claim.deploy, left.deploy
        moved = (before.phase, before.outcome) != (after.phase, after.outcome)
        return self._store.commit(
            claim,
            after,
            due_at=self._now() + self._stretched(left.after),
            bell=steps.bell(after),
            what=after.phase.value if moved else "",
            keep=keep,
        )

    def _stretched(self, seconds: float) -> float:
        if seconds > STRETCHED_SECONDS:
            return seconds
        return seconds * (1 + self._pace.jitter * random.random())

    def _time_for_another(self, claim: Claim) -> bool:
        return claim.left() > 2 * WORST_CALL_SECONDS

    def _ring_company(self, deploy: Deploy) -> None:
        """Those that were asked for with it may begin now, or are left alone."""
        batch = self._store.batch(deploy.batch) if deploy.batch else None
        if batch is None or not batch.mindful:
            return
        others = [each for each in self._store.members(batch) if each.live and each.id != deploy.id]
        untouched = [each.id for each in others if each.phase in BEFORE_THE_FIRST_CHANGE]
        self._store.hurry(untouched)
        for each in untouched:
            self._bell.advance(each)

    def _ring_next(self, deploy: Deploy) -> None:
        for waiting in self._store.line(deploy.service.name)[:1]:
            self._bell.advance(waiting)
