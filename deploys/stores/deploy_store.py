"""Deploys in Redis. Every change is one Lua script, so it happens whole or not at all."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

from redis import Redis
from redis.commands.core import Script

from deploys.errors import Conflict, NotOnDisk, SavedNotOnDisk, UnknownDeploy, UnknownSchema
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.redis_connection import to_text, to_texts
from deploys.redis_durability import Durability
from deploys.stores import audit, redis_keys
from deploys.stores.claims import Claim, DueDeploy, Submission

ADVANCE = "advance"


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


class DeployStore:
    """The records and everything that moves with them."""

    def __init__(
        self, redis: Redis, *, now: Callable[[], float] = time.time, durable_wait_seconds: float = 2.0
    ) -> None:
        """durable_wait_seconds: how long a write may take to reach the disk before that is said. Longer than
        the second that `appendfsync everysec` takes, shorter than Slack's three for an answer."""
        self.redis = redis
        self._now = now
        self._durable_wait_seconds = durable_wait_seconds
        self._durability = Durability(redis, now=now)

    # Asking

    def submit(self, deploy: Deploy) -> Submission:
        """Takes a new deploy in at the end of its service's line.

        Raises:
            TakenNotOnDisk: it was queued, and may still be lost.
        """
        [asked] = self._submit_all([deploy], None)
        return asked

    def submit_batch(self, batch: Batch, deploys: Sequence[Deploy]) -> list[Submission]:
        """Takes all deploys of a batch in, each as `request` does, or none: then those that are under way.

        Where they mind one another all are due at once: who waits in a line looks at the others too.
        """
        return self._submit_all(deploys, batch)

    def _submit_all(self, deploys: Sequence[Deploy], batch: Batch | None) -> list[Submission]:
        now = self._now()
        waiting = {each.id: each.in_phase(Phase.WAITING, each.request.requested_at) for each in deploys}
        script_keys = [
            redis_keys.ACTIVE_DEPLOYS,
            redis_keys.HISTORY,
            redis_keys.DUE,
            redis_keys.NEXT_JOBS,
            redis_keys.PUBLISH,
            redis_keys.AUDIT,
        ]
        script_keys.append(redis_keys.batch(batch.id if batch else ""))
        all_look = int(batch is not None and batch.coordinated)
        args: list[str | int] = [_ms(now), batch.to_json() if batch else "", all_look]
        for each in waiting.values():
            service = each.service.name
            script_keys += [
                redis_keys.record(each.id),
                redis_keys.service_queue(service),
                redis_keys.in_progress(service),
            ]
            script_keys.append(redis_keys.history(service))
            entry = audit.entry(each, by=each.request.requester, what="requested", now=now)
            args += [each.id, each.to_json(), each.request_key, len(entry), *entry]
        answers = self._script("request")(keys=script_keys, args=args)
        self._refuse_unless_durable()
        return [
            Submission(
                waiting.get(to_text(found)) or self._require(to_text(found)),
                int(ahead),
                is_duplicate=bool(existing),
            )
            for found, ahead, existing in answers
        ]

    def _require(self, deploy_id: str) -> Deploy:
        deploy = self.get(deploy_id)
        if deploy is None:
            raise UnknownDeploy(id=deploy_id)
        return deploy

    def adopt(self, deploy: Deploy, ended: Deploy | None = None) -> bool:
        """Takes in the record of a deploy that was lost, due at once, in the phase it has. False when there
        is a record of it, or another deploy of its service; nothing was written then.

        ended: the record that it replaces, which ended without knowing what its deploy did.
        """
        name, now = deploy.service.name, self._now()
        what = "found marked, without a record" if ended is None else "found stopped after its end"
        return bool(
            self._script("adopt")(
                keys=[
                    redis_keys.record(deploy.id),
                    redis_keys.service_queue(name),
                    redis_keys.ACTIVE_DEPLOYS,
                    redis_keys.HISTORY,
                    redis_keys.history(name),
                    redis_keys.DUE,
                    redis_keys.NEXT_JOBS,
                    redis_keys.PUBLISH,
                    redis_keys.AUDIT,
                ],
                args=[
                    deploy.id,
                    deploy.to_json(),
                    _ms(now),
                    ended.version if ended is not None else "",
                    *audit.entry(deploy, by="slipway", what=what, now=now),
                ],
            )
        )

    def amend(self, deploy_id: str, change: Callable[[Deploy], Deploy], *, by: str, what: str) -> Deploy:
        """Writes a person's decision. `change` is pure; it is tried again when the record moved meanwhile.
        Nothing is written if it gives the same record back.

        Raises:
            UnknownDeploy: there is no such record.
            TakenNotOnDisk: it was written, and may still be lost.
            Refused: whatever `change` refuses.
        """
        while True:
            deploy = self.get(deploy_id)
            if deploy is None:
                raise UnknownDeploy(id=deploy_id)
            changed = change(deploy)
            if changed is deploy:
                return deploy
            changed = changed.evolve(version=deploy.version + 1)
            now = self._now()
            written = self._script("amend")(
                keys=[
                    redis_keys.record(deploy_id),
                    redis_keys.DUE,
                    redis_keys.PUBLISH,
                    redis_keys.AUDIT,
                ],
                args=[
                    deploy_id,
                    deploy.version,
                    changed.to_json(),
                    _ms(now),
                    *audit.entry(changed, by=by, what=what, now=now),
                ],
            )
            if written:
                self._refuse_unless_durable()
                return changed

    # Moving

    def claim(
        self, deploy_id: str, worker: str, lease_seconds: float, *, due_by: float | None = None
    ) -> Claim | None:
        """The right to move this deploy; None when another has it, or it is not due by then (now).

        Raises:
            UnknownSchema: another version of Slipway wrote the record. Its workers may claim it at once.
        """
        token = f"{worker}:{secrets.token_hex(8)}"
        claimed_at = time.monotonic()
        answer = self._script("claim")(
            keys=[
                redis_keys.record(deploy_id),
                redis_keys.lease(deploy_id),
                redis_keys.FENCE,
                redis_keys.DUE,
            ],
            args=[
                deploy_id,
                token,
                _ms(lease_seconds),
                _ms(self._now()),
                _ms(self._now() if due_by is None else due_by),
            ],
        )
        if answer is None:
            return None
        record, version, fence = answer
        try:
            deploy = _parse_record(record, version)
        except UnknownSchema:
            self._release(deploy_id, token, self._now())
            raise
        return Claim(deploy, int(fence), token, claimed_at, lease_seconds)

    def commit(
        self,
        claim: Claim,
        deploy: Deploy,
        *,
        due_at: float,
        job: str = ADVANCE,
        what: str = "",
        keep: bool = False,
    ) -> Claim:
        """Writes the result of a step; `what` names it in the audit trail (empty: no entry).

        A deploy in phase ENDED leaves its line, and the next is due at once. With `keep` the claim goes on.

        Raises:
            Conflict: the lease or the version no longer stands; nothing was written.
        """
        before = claim.deploy
        after = deploy.evolve(version=before.version + 1)
        ended = after.phase is Phase.ENDED
        now = self._now()
        entry = audit.entry(after, by="slipway", what=what, now=now, fence=claim.fence) if what else []
        name = after.service.name
        answer = self._script("commit")(
            keys=[
                redis_keys.record(after.id),
                redis_keys.lease(after.id),
                redis_keys.service_queue(name),
                redis_keys.in_progress(name),
                redis_keys.ACTIVE_DEPLOYS,
                redis_keys.DUE,
                redis_keys.NEXT_JOBS,
                redis_keys.PUBLISH,
                redis_keys.AUDIT,
            ],
            args=[
                after.id,
                claim.token,
                before.version,
                after.to_json(),
                _ms(due_at),
                job,
                after.request_key,
                _ms(now),
                int(_visible_fields(before) != _visible_fields(after)),
                int(keep and not ended),
                int(not after.in_progress),
                int(ended),
                redis_keys.WATCHED,
                *entry,
            ],
        )
        if answer != b"ok":
            raise Conflict(id=after.id)
        return Claim(after, claim.fence, claim.token, claim.claimed_at, claim.lease_seconds)

    def release(self, claim: Claim, due_at: float) -> None:
        """Gives the claim back without a result; the deploy is due again then (epoch seconds)."""
        self._release(claim.deploy.id, claim.token, due_at)

    def make_due(self, deploy_ids: Sequence[str]) -> None:
        """Makes deploys due at once, where they are due later; those that have ended stay as they are."""
        if deploy_ids:
            now = dict.fromkeys(deploy_ids, _ms(self._now()))
            self.redis.zadd(redis_keys.DUE, now, xx=True, lt=True)

    # Reading

    def get(self, deploy_id: str) -> Deploy | None:
        """The record, or None when there is none."""
        found = self._load([deploy_id])
        return found[0] if found else None

    def batch(self, batch_id: str) -> Batch | None:
        """The batch, or None when there is none."""
        found = self.redis.get(redis_keys.batch(batch_id))
        return Batch.from_json(to_text(found)) if found else None

    def batch_deploys(self, batch: Batch) -> list[Deploy]:
        """The deploys of a batch, in its order."""
        return self._load(batch.deploys)

    def service_queue(self, service: str) -> list[str]:
        """Ids of the service's deploys, the active one first."""
        return to_texts(self.redis.lrange(redis_keys.service_queue(service), 0, -1))

    def active(self) -> list[Deploy]:
        """Every deploy that has not ended, in the order they were asked for."""
        found = self._load(to_texts(self.redis.smembers(redis_keys.ACTIVE_DEPLOYS)))
        return sorted(
            found, key=lambda deploy: (deploy.request.requested_at, deploy.batch_position, deploy.id)
        )

    def recent(self, service: str | None, count: int) -> list[Deploy]:
        """The newest deploys of a service, or of all, newest first; a batch in its order."""
        key = redis_keys.history(service) if service else redis_keys.HISTORY
        return self._load(to_texts(self.redis.zrevrange(key, 0, count - 1)))

    def due(self, now: float, limit: int = 1000) -> list[DueDeploy]:
        """Deploys that are due, longest overdue first."""
        scored: Any = self.redis.zrangebyscore(
            redis_keys.DUE, "-inf", _ms(now), start=0, num=limit, withscores=True
        )
        found = [(to_text(member), float(score) / 1000) for member, score in scored]
        if not found:
            return []
        bells = self.redis.hmget(redis_keys.NEXT_JOBS, [deploy_id for deploy_id, _ in found])
        return [
            DueDeploy(deploy_id, to_text(bell) if bell else ADVANCE, at)
            for (deploy_id, at), bell in zip(found, bells, strict=True)
        ]

    def watched(self, cluster_key: str, due_by: float) -> list[str]:
        """Deploys of this cluster whose rollouts are to be looked at by then (epoch seconds), the longest
        overdue first, so that none is passed over however many there are."""
        ids = to_texts(self.redis.smembers(redis_keys.watched(cluster_key)))
        if not ids:
            return []
        scores = self.redis.zmscore(redis_keys.DUE, ids)
        due = [
            (score, item)
            for item, score in zip(ids, scores, strict=True)
            if score is not None and score <= _ms(due_by)
        ]
        return [item for _, item in sorted(due)]

    def _load(self, ids: Sequence[str]) -> list[Deploy]:
        if not ids:
            return []
        pipe = self.redis.pipeline(transaction=False)
        for deploy_id in ids:
            pipe.hmget(redis_keys.record(deploy_id), "record", "version")
        return [_parse_record(record, version) for record, version in pipe.execute() if record is not None]

    def _release(self, deploy_id: str, token: str, due_at: float) -> None:
        self._script("release")(
            keys=[redis_keys.lease(deploy_id), redis_keys.DUE], args=[token, deploy_id, _ms(due_at)]
        )

    def _script(self, name: str) -> Script:
        return self.redis.register_script(_LUA[name])

    def confirm_on_disk(self) -> None:
        """Call between the intent and the change in AWS that it announces.

        Raises:
            NotOnDisk: what was written may still be lost.
        """
        if not self._durability.wait_for_disk(self._durable_wait_seconds):
            raise NotOnDisk(seconds=f"{self._durable_wait_seconds:g}")

    def _refuse_unless_durable(self) -> None:
        if not self._durability.wait_for_disk(self._durable_wait_seconds):
            raise SavedNotOnDisk(seconds=f"{self._durable_wait_seconds:g}")


def _parse_record(record: bytes | str, version: bytes | str) -> Deploy:
    return Deploy.from_json(record).evolve(version=int(version))


def _visible_fields(deploy: Deploy) -> dict[str, Any]:
    """What of a record people can see."""
    return deploy.model_dump(exclude={"version", "pending_confirmation", "phase_since"})


_LUA = {
    name: files("deploys").joinpath(f"lua/{name}.lua").read_text()
    for name in ("request", "adopt", "claim", "commit", "amend", "release")
}
