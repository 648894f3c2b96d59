"""Deploys in Redis. Every change is one Lua script, so it happens whole or not at all."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from importlib.resources import files

from redis import Redis
from redis.commands.core import Script

from deploys.errors import (
    Conflict,
    LeaseLost,
    LeaseTooShort,
    NotOnDisk,
    SavedNotOnDisk,
    UnknownDeploy,
    UnknownSchema,
)
from deploys.publish_priority import PublishPriority, publish_priority
from deploys.records.audit_entry import SLIPWAY, AuditNote
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.redis_connection import to_text
from deploys.redis_durability import Durability
from deploys.stores import audit, redis_keys
from deploys.stores.active_deploys import parse_record
from deploys.stores.claim_holder import HEARTBEAT_SECONDS, ClaimHolder, holder_of, uptime
from deploys.stores.claims import Claim, Submission
from deploys.stores.deploy_reader import ADVANCE, DeployReader, to_ms


class DeployStore(DeployReader):
    """Writes the records and everything that changes with them."""

    def __init__(
        self,
        redis: Redis,
        *,
        now: Callable[[], float] = time.time,
        durable_wait_seconds: float = 2.0,
        catalogue_version: str = "",
    ) -> None:
        """catalogue_version: of the services.yml that this process has read, for the audit trail.

        durable_wait_seconds: how long a write may take to reach the disk before people are told. Longer
        than the second that `appendfsync everysec` takes, shorter than Slack's three for an answer."""
        super().__init__(redis)
        self.claim_holder = ClaimHolder(redis)
        self._now = now
        self._durable_wait_seconds = durable_wait_seconds
        self._durability = Durability(redis, now=now)
        self.catalogue_version = catalogue_version

    def with_catalogue_version(self, version: str) -> DeployStore:
        """The same store, for what is decided by another services.yml."""
        other = copy.copy(self)
        other.catalogue_version = version
        return other

    def submit(self, deploy: Deploy) -> Submission:
        """Adds a new deploy at the end of its service's queue.

        Raises:
            SavedNotOnDisk: it was queued, and may still be lost.
        """
        [submission] = self._submit_all([deploy], None)
        return submission

    def submit_batch(self, batch: Batch, deploys: Sequence[Deploy]) -> list[Submission]:
        """Adds all deploys of a batch, each as `submit` does, or none: then returns those in progress.

        If they depend on one another, all are due at once: one that waits in a queue reads the others too.
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
        all_due = int(batch is not None and batch.coordinated)
        args: list[str | int] = [to_ms(now), batch.to_json() if batch else "", all_due]
        for each in waiting.values():
            service = each.service.name
            script_keys += [
                redis_keys.record(each.id),
                redis_keys.service_queue(each.queue),
                redis_keys.in_progress(service),
                redis_keys.history(service),
                redis_keys.open_by(each.request.requester),
            ]
            request = each.request
            entry = self._entry(each, who=request.requester, what="requested", now=now, source=request.source)
            args += [each.id, each.to_json(), each.request_key, len(entry), *entry]
        answers = self._script("submit")(keys=script_keys, args=args)
        self._refuse_unless_durable()
        return [
            Submission(
                waiting.get(to_text(deploy_id)) or self._require(to_text(deploy_id)),
                int(ahead),
                is_duplicate=bool(is_duplicate),
            )
            for deploy_id, ahead, is_duplicate in answers
        ]

    def _require(self, deploy_id: str) -> Deploy:
        deploy = self.get(deploy_id)
        if deploy is None:
            raise UnknownDeploy(id=deploy_id)
        return deploy

    def adopt(self, deploy: Deploy, ended: Deploy | None = None) -> bool:
        """Writes the record of a deploy whose record was lost. It is due at once, in the phase it has.
        Returns False, and writes nothing, if it has a record or its service has another deploy.

        ended: the record to replace, which ended without knowing what its deploy did.
        """
        name, now = deploy.service.name, self._now()
        what = "found marked, without a record" if ended is None else "found stopped after its end"
        return bool(
            self._script("adopt")(
                keys=[
                    redis_keys.record(deploy.id),
                    redis_keys.service_queue(deploy.queue),
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
                    to_ms(now),
                    ended.version if ended is not None else "",
                    *self._entry(deploy, who=SLIPWAY, what=what, now=now),
                ],
            )
        )

    def amend(
        self, deploy_id: str, change: Callable[[Deploy], Deploy], *, by: str, what: str, **audited: str
    ) -> Deploy:
        """Writes a person's decision. `change` is pure; it is called again if the record changed meanwhile.
        Nothing is written if it returns the same record.

        audited: fields of the audit's entry that differ from the record's, such as the channel of a click.

        Raises:
            UnknownDeploy: there is no such record.
            SavedNotOnDisk: it was written, and may still be lost.
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
                    redis_keys.PUBLISH_PRIORITIES,
                ],
                args=[
                    deploy_id,
                    deploy.version,
                    changed.to_json(),
                    to_ms(now),
                    int(PublishPriority.QUESTION),  # the person who decided looks at the card
                    *self._entry(changed, who=by, what=what, now=now, **audited),
                ],
            )
            if written:
                self._refuse_unless_durable()
                return changed

    def replace_waiting(
        self, old_id: str, new_id: str, withdraw: Callable[[Deploy, Deploy], Deploy], *, by: str
    ) -> Deploy | None:
        """Writes the old deploy withdrawn, and gives the new one its place in the queue, in one script.
        `withdraw` is pure, given the old and the new one; it is called again if one of them changed
        meanwhile. None: they do not wait behind one another any more, and nothing was written.

        Raises:
            UnknownDeploy: there is no such record.
            SavedNotOnDisk: it was written, and may still be lost.
            Refused: whatever `withdraw` refuses.
        """
        while True:
            old, new = self._require(old_id), self._require(new_id)
            withdrawn = withdraw(old, new).evolve(version=old.version + 1)
            now = self._now()
            answer = self._script("replace_waiting")(
                keys=[
                    redis_keys.record(old_id),
                    redis_keys.record(new_id),
                    redis_keys.service_queue(old.queue),
                    redis_keys.DUE,
                    redis_keys.PUBLISH,
                    redis_keys.AUDIT,
                ],
                args=[
                    old_id,
                    old.version,
                    withdrawn.to_json(),
                    new_id,
                    new.version,
                    to_ms(now),
                    *self._entry(withdrawn, who=by, what="replaced", now=now),
                ],
            )
            if answer == b"queue":
                return None
            if answer == b"ok":
                self._refuse_unless_durable()
                return withdrawn

    def claim(
        self, deploy_id: str, worker: str, lease_seconds: float, *, due_by: float | None = None
    ) -> Claim | None:
        """The right to run this deploy's next step; None if another worker has it, or the deploy is not due
        by then (default: now). A claim of a process that died is taken over.

        Raises:
            UnknownSchema: another version of Slipway wrote the record. Its workers may claim it at once.
        """
        holder, now = self.claim_holder, self._now()
        token, claimed_at = holder.new_token(worker), uptime()
        answer = self._script("claim")(
            keys=[
                redis_keys.record(deploy_id),
                redis_keys.lease(deploy_id),
                redis_keys.FENCE,
                redis_keys.DUE,
                redis_keys.claim_holder(holder.id),
                redis_keys.EVENTS_PENDING,
            ],
            args=[
                deploy_id,
                token,
                to_ms(lease_seconds),
                to_ms(now),
                to_ms(now if due_by is None else due_by),
                to_ms(HEARTBEAT_SECONDS),
                redis_keys.CLAIM_HOLDER,
            ],
        )
        if answer is None:
            return None
        record, version, fence, due_ms = answer
        try:
            deploy = parse_record(record, version)
        except UnknownSchema:
            self._release(deploy_id, token, self._now())
            raise
        holder.add(token)
        late_seconds = max(now - float(due_ms) / 1000, 0.0)
        return Claim(deploy, int(fence), token, claimed_at, lease_seconds, late_seconds)

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

    def commit(
        self,
        claim: Claim,
        deploy: Deploy,
        *,
        due_at: float,
        job: str = ADVANCE,
        what: str = "",
        keep: bool = False,
        overtaken_by: str = "",
        notes: Sequence[AuditNote] = (),
        aws_requests: Sequence[str] = (),
    ) -> Claim:
        """Writes the result of a step; `what` names it in the audit trail (empty: no entry). `notes` are
        entries of their own, before that one.

        aws_requests: ids of the calls of the step that changed AWS. They make an entry of their own if the
        step has none.

        A deploy in phase ENDED leaves its queue, and the next one is due at once. With `keep` the claim goes
        on. overtaken_by: id of a deploy behind it in the queue that becomes the first, and is due at once, if
        this one is the first.

        Raises:
            Conflict: the lease ran out, or the record changed; nothing was written.
        """
        before = claim.deploy
        after = deploy.evolve(version=before.version + 1)
        ended = after.phase is Phase.ENDED
        now = self._now()
        what = what or (f"acted: {before.phase.value}" if aws_requests else "")
        audited = {"fence": str(claim.fence), "aws_requests": ",".join(aws_requests)}
        entries: list[str | int] = []
        for note in notes:
            told = {"fence": str(claim.fence), "why": note.why}
            fields = self._entry(after, who=SLIPWAY, what=note.what, now=now, **told)
            entries += [len(fields), *fields]
        if what:
            fields = self._entry(after, who=SLIPWAY, what=what, now=now, **audited)
            entries += [len(fields), *fields]
        name = after.service.name
        answer = self._script("commit")(
            keys=[
                redis_keys.record(after.id),
                redis_keys.lease(after.id),
                redis_keys.service_queue(after.queue),
                redis_keys.in_progress(name),
                redis_keys.ACTIVE_DEPLOYS,
                redis_keys.DUE,
                redis_keys.NEXT_JOBS,
                redis_keys.PUBLISH,
                redis_keys.AUDIT,
                redis_keys.PUBLISH_PRIORITIES,
                redis_keys.WAITS_FOR_ECS,
                redis_keys.EVENTS_PENDING,
            ],
            args=[
                after.id,
                claim.token,
                before.version,
                after.to_json(),
                to_ms(due_at),
                job,
                after.request_key,
                to_ms(now),
                int(publish_priority(after)) if _looks_different(before, after) else "",
                int(keep and not ended),
                int(not after.in_progress),
                int(ended),
                redis_keys.WATCHED,
                int(after.phase.facts.waits_for_ecs),
                overtaken_by,
                *entries,
            ],
        )
        if not keep or ended or answer == b"lease":
            self.claim_holder.remove(claim.token)
        if answer != b"ok":
            raise (LeaseLost if answer == b"lease" else Conflict)(id=after.id)
        if _start_of_next_changed(before, after):
            self._show_queue(after.queue)
        return Claim(after, claim.fence, claim.token, claim.claimed_at, claim.lease_seconds)

    def _show_queue(self, queue: str) -> None:
        """Has the cards of those that wait brought up to date: they say what they wait for."""
        waiting = dict.fromkeys(self.service_queue(queue)[1:], to_ms(self._now()))
        if waiting:
            self.redis.zadd(redis_keys.PUBLISH, waiting)

    def audit_uncommitted(self, claim: Claim, aws_requests: Sequence[str]) -> None:
        """Writes an entry for calls that changed AWS in a step whose result could not be written."""
        deploy, fence = claim.deploy, str(claim.fence)
        what = f"acted: {deploy.phase.value}, the result was not written"
        entry = audit.about(
            deploy,
            who=SLIPWAY,
            what=what,
            at=self._now(),
            fence=fence,
            aws_requests=",".join(aws_requests),
            catalogue=self.catalogue_version,
        )
        audit.write(self.redis, entry)

    def _entry(self, deploy: Deploy, *, who: str, what: str, now: float, **audited: str) -> list[str]:
        audited = {"catalogue": self.catalogue_version, **audited}
        return audit.about(deploy, who=who, what=what, at=now, **audited).to_fields()

    def replace_ended(self, deploy: Deploy, changed: Deploy) -> bool:
        """Writes the record of an ended deploy again; nothing is due by that. False: it changed meanwhile,
        and nothing was written."""
        changed = changed.evolve(version=deploy.version + 1)
        return bool(
            self._script("replace_ended")(
                keys=[redis_keys.record(deploy.id), redis_keys.ACTIVE_DEPLOYS],
                args=[deploy.id, deploy.version, changed.to_json()],
            )
        )

    def release(self, claim: Claim, due_at: float) -> None:
        """Returns the claim without a result; the deploy is due again then (epoch seconds). If Redis does not
        take that, it is free once the heartbeat of this process is gone."""
        self.claim_holder.remove(claim.token)
        self._release(claim.deploy.id, claim.token, due_at)

    def make_due(self, deploy_ids: Sequence[str]) -> None:
        """Makes deploys due at once that are due later. Those that have ended stay as they are."""
        if deploy_ids:
            now = dict.fromkeys(deploy_ids, to_ms(self._now()))
            self.redis.zadd(redis_keys.DUE, now, xx=True, lt=True)

    def _release(self, deploy_id: str, token: str, due_at: float) -> None:
        self._script("release")(
            keys=[redis_keys.lease(deploy_id), redis_keys.DUE], args=[token, deploy_id, to_ms(due_at)]
        )

    def _script(self, name: str) -> Script:
        return self.redis.register_script(_LUA[name])

    def confirm_on_disk(self) -> None:
        """Call after the intent is written and before AWS is changed.

        Raises:
            NotOnDisk: what was written may still be lost.
        """
        if not self._durability.wait_for_disk(self._durable_wait_seconds):
            raise NotOnDisk(seconds=f"{self._durable_wait_seconds:g}")

    def _refuse_unless_durable(self) -> None:
        if not self._durability.wait_for_disk(self._durable_wait_seconds):
            raise SavedNotOnDisk(seconds=f"{self._durable_wait_seconds:g}")


def _start_of_next_changed(before: Deploy, after: Deploy) -> bool:
    """Whether those that wait behind it know more, or less, about their start."""
    asked = [each.phase is Phase.AWAITING_APPROVAL for each in (before, after)]
    return asked[0] != asked[1] or (before.hold is None) != (after.hold is None)


def _looks_different(before: Deploy, after: Deploy) -> bool:
    """Whether people can see a difference."""
    # A field that a step left alone is the same object, so most need no comparison of what is in them.
    fields = ((getattr(before, name), getattr(after, name)) for name in _VISIBLE_FIELDS)
    return any(old is not new and old != new for old, new in fields)


_VISIBLE_FIELDS = Deploy.model_fields.keys() - {"version", "pending_confirmation", "phase_since"}
_LUA = {
    name: files("deploys.stores").joinpath(f"lua/{name}.lua").read_text()
    for name in (
        "submit",
        "adopt",
        "claim",
        "commit",
        "confirm",
        "amend",
        "release",
        "replace_ended",
        "replace_waiting",
    )
}
