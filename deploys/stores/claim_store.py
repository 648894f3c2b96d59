"""Who moves which deploy: claims are given out, confirmed and returned here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from redis import Redis
from redis.commands.core import Script

from deploys.errors import LeaseLost, LeaseTooShort, UnknownSchema
from deploys.stores import redis_keys
from deploys.stores.active_deploys import parse_record
from deploys.stores.claim_holder import HEARTBEAT_SECONDS, ClaimHolder, holder_of, uptime
from deploys.stores.claims import Claim
from deploys.stores.deploy_reader import DeployReader, to_ms
from deploys.stores.lua_scripts import lua_scripts


class ClaimStore(DeployReader):
    """Gives processes the right to run a deploy's next step (`deploys.stores.claim_holder`)."""

    scripts: ClassVar[Mapping[str, str]] = lua_scripts("claim", "confirm", "release")

    def __init__(self, redis: Redis, *, now: Callable[[], float] = time.time) -> None:
        super().__init__(redis)
        self.claim_holder = ClaimHolder(redis)
        self._now = now

    def claim(
        self, deploy_id: str, worker: str, lease_seconds: float, *, due_by: float | None = None
    ) -> Claim | None:
        """The right to run this deploy's next step; None if another worker has it, or the deploy is not due
        by then (default: now). A claim of a process that died is taken over.

        Raises:
            UnknownSchema: another version of Slipway wrote the record. Its workers may claim it at once.
        """
        claims, unreadable = self.claim_many([deploy_id], worker, lease_seconds, due_by=due_by)
        for error in unreadable.values():
            raise error
        return claims[0] if claims else None

    def claim_many(
        self, deploy_ids: Sequence[str], worker: str, lease_seconds: float, *, due_by: float | None = None
    ) -> tuple[list[Claim], dict[str, UnknownSchema]]:
        """Claims these deploys with one question to Redis, in their order, as far as `claim` would. Also
        returns the errors of those whose records cannot be read, by id: they are free again."""
        if not deploy_ids:
            return [], {}
        holder, now = self.claim_holder, self._now()
        tokens, claimed_at = [holder.new_token(worker) for _ in deploy_ids], uptime()
        script_keys = [
            redis_keys.FENCE,
            redis_keys.DUE,
            redis_keys.claim_holder(holder.id),
            redis_keys.EVENTS_PENDING,
        ]
        args: list[str | int] = [
            to_ms(lease_seconds),
            to_ms(now),
            to_ms(now if due_by is None else due_by),
            to_ms(HEARTBEAT_SECONDS),
            redis_keys.CLAIM_HOLDER,
        ]
        for deploy_id, token in zip(deploy_ids, tokens, strict=True):
            script_keys += [redis_keys.record(deploy_id), redis_keys.lease(deploy_id)]
            args += [deploy_id, token]
        answers = self._script("claim")(keys=script_keys, args=args)
        claims: list[Claim] = []
        unreadable: dict[str, UnknownSchema] = {}
        for deploy_id, token, answer in zip(deploy_ids, tokens, answers, strict=True):
            if answer is None:
                continue
            record, version, fence, due_ms = answer
            try:
                deploy = parse_record(record, version)
            except UnknownSchema as error:
                self._release(deploy_id, token, self._now())
                unreadable[deploy_id] = error
                continue
            holder.add(token)
            late_seconds = max(now - float(due_ms) / 1000, 0.0)
            claims.append(Claim(deploy, int(fence), token, claimed_at, lease_seconds, late_seconds))
        return claims, unreadable

    def confirm(self, claim: Claim, worst_seconds: float) -> float:
        """Asks Redis whether this process still has the deploy, right before a call that changes AWS: ECS
        cannot check a fence, so a call that might outlive the claim is not made.

        worst_seconds: the longest that the call can take (seconds).

        Returns until when nobody else can take the deploy (by `uptime`).

        Raises:
            LeaseLost: another worker has it, or the lease ran out.
            LeaseTooShort: the lease, or the time until this process seems dead, could end during the call.
        """
        asked_at = uptime()
        lease_ms = self._script("confirm")(
            keys=[redis_keys.lease(claim.deploy.id), redis_keys.claim_holder(holder_of(claim.token))],
            args=[claim.token, to_ms(HEARTBEAT_SECONDS)],
        )
        if lease_ms is None:
            raise LeaseLost(id=claim.deploy.id)
        held_until = asked_at + min(int(lease_ms) / 1000, HEARTBEAT_SECONDS)
        if held_until - uptime() <= worst_seconds:
            raise LeaseTooShort(id=claim.deploy.id)
        return held_until

    def release(self, claim: Claim, due_at: float) -> None:
        """Returns the claim without a result; the deploy is due again then (epoch seconds). If Redis does not
        take that, it is free once the heartbeat of this process is gone."""
        self.claim_holder.remove(claim.token)
        self._release(claim.deploy.id, claim.token, due_at)

    def _release(self, deploy_id: str, token: str, due_at: float) -> None:
        self._script("release")(
            keys=[redis_keys.lease(deploy_id), redis_keys.DUE], args=[token, deploy_id, to_ms(due_at)]
        )

    def _script(self, name: str) -> Script:
        return self.redis.register_script(self.scripts[name])
