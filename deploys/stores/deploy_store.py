"""Deploys in Redis. Every change is one Lua script, so it happens whole or not at all."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from redis import Redis

from deploys.errors import Conflict, LeaseLost, NotOnDisk, SavedNotOnDisk, UnknownDeploy
from deploys.publish_priority import PublishPriority, publish_priority
from deploys.records.audit_entry import SLIPWAY, AuditNote
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.redis_connection import to_text, to_texts
from deploys.redis_durability import Durability
from deploys.redis_round_trip import RoundTrip
from deploys.stores import audit, redis_keys
from deploys.stores.active_deploys import DeploySummary
from deploys.stores.claim_store import ClaimStore
from deploys.stores.claims import Claim, Room, Submission, UnchangedStep
from deploys.stores.deploy_reader import ADVANCE, to_ms
from deploys.stores.lua_scripts import lua_scripts
from deploys.stores.thread_store import save_response_url


class DeployStore(ClaimStore):
    """Writes the records and everything that changes with them."""

    scripts: ClassVar[Mapping[str, str]] = {
        **ClaimStore.scripts,
        **lua_scripts("submit", "adopt", "commit", "reschedule", "amend", "replace_ended", "replace_waiting"),
        **lua_scripts("correct_summary"),
    }

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
        super().__init__(redis, now=now)
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
        [submission] = self.submit_within([deploy], None, None) or []
        return submission

    def submit_batch(self, batch: Batch, deploys: Sequence[Deploy]) -> list[Submission]:
        """Adds all deploys of a batch, each as `submit` does, or none: then returns those in progress.

        If they depend on one another, all are due at once: one that waits in a queue reads the others too.
        """
        return self.submit_within(deploys, batch, None) or []

    def submit_within(
        self, deploys: Sequence[Deploy], batch: Batch | None, room: Room | None, *, response_url: str = ""
    ) -> list[Submission] | None:
        """The same, with one question to Redis, which reads the queue of a deploy without a batch, too. None:
        there may be no room for them, and nothing was added. response_url: where they are answered."""
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
        requester = deploys[0].request.requester
        script_keys += [
            redis_keys.batch(batch.id if batch else ""),
            redis_keys.SUMMARIES,
            redis_keys.requested_services(requester),
        ]
        all_due = int(batch is not None and batch.coordinated)
        args: list[str | int] = [
            to_ms(now),
            batch.to_json() if batch else "",
            all_due,
            room.of_each_service if room else "",
            room.of_requester if room else "",
        ]
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
            args += [each.id, *_stored(each), service, each.request_key, len(entry), *entry]
        trip = RoundTrip(self.redis)
        answer = trip.add_script(self._script("submit"), script_keys, args)
        kept = (
            save_response_url(trip, batch.id if batch else deploys[0].id, response_url)
            if response_url
            else None
        )
        queue = self.ask_for_queue(trip, waiting[deploys[0].id]) if batch is None else None
        is_on_disk = self._durability.ask(trip, self._durable_wait_seconds)
        trip.run()
        answers = answer.value()
        if not answers:
            return None
        if not is_on_disk():
            raise self._not_on_disk()
        if kept:
            kept.value()
        return [
            Submission(
                waiting.get(to_text(deploy_id)) or self._require(to_text(deploy_id)),
                int(ahead),
                is_duplicate=bool(is_duplicate),
                queue=queue() if queue and ahead and not is_duplicate else None,
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
                    redis_keys.SUMMARIES,
                ],
                args=[
                    deploy.id,
                    *_stored(deploy),
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
                    redis_keys.WAITS_FOR_ECS,
                    redis_keys.SUMMARIES,
                ],
                args=[
                    deploy_id,
                    deploy.version,
                    *_stored(changed),
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
                    redis_keys.SUMMARIES,
                ],
                args=[
                    old_id,
                    old.version,
                    *_stored(withdrawn),
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
                redis_keys.SUMMARIES,
            ],
            args=[
                after.id,
                claim.token,
                before.version,
                *_stored(after),
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

    def reschedule(self, steps: Sequence[UnchangedStep]) -> list[Conflict]:
        """Ends the claims of steps that changed nothing, with one question to Redis: each deploy is due
        again, and its record stays as it is.

        Returns what prevented that for some of them. LeaseLost: another worker has the deploy. Conflict: its
        record changed meanwhile, so it is due now.
        """
        if not steps:
            return []
        script_keys = [
            redis_keys.DUE,
            redis_keys.NEXT_JOBS,
            redis_keys.WAITS_FOR_ECS,
            redis_keys.EVENTS_PENDING,
        ]
        args: list[str | int] = [to_ms(self._now())]
        for each in steps:
            deploy = each.claim.deploy
            script_keys += [redis_keys.record(deploy.id), redis_keys.lease(deploy.id)]
            waits_for_ecs = int(deploy.phase.facts.waits_for_ecs)
            args += [deploy.id, each.claim.token, deploy.version, to_ms(each.due_at), each.job, waits_for_ecs]
        answers = to_texts(self._script("reschedule")(keys=script_keys, args=args))
        conflicts: list[Conflict] = []
        for each, answer in zip(steps, answers, strict=True):
            if answer == "commit":
                try:
                    self.commit(each.claim, each.claim.deploy, due_at=each.due_at, job=each.job)
                except Conflict as error:
                    self.release(each.claim, self._now())
                    conflicts.append(error)
                continue
            self.claim_holder.remove(each.claim.token)
            if answer != "ok":
                conflicts.append((LeaseLost if answer == "lease" else Conflict)(id=each.claim.deploy.id))
        return conflicts

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

    def correct_summaries(self) -> None:
        """Writes the summaries that are missing or of another state, and removes those of ended deploys: a
        Slipway without summaries wrote these records, or did so while others of this version ran."""
        stored = self.redis.hgetall(redis_keys.SUMMARIES)
        known = {to_text(each): to_text(summary) for each, summary in stored.items()}
        active = {each.id: each for each in self.readable(self.active_ids())}
        for deploy_id in known.keys() | active.keys():
            deploy = active.get(deploy_id)
            summary = DeploySummary.of(deploy).to_json() if deploy else ""
            if known.get(deploy_id) != summary:
                self._script("correct_summary")(
                    keys=[redis_keys.record(deploy_id), redis_keys.ACTIVE_DEPLOYS, redis_keys.SUMMARIES],
                    args=[deploy_id, deploy.version if deploy else "", summary],
                )

    def make_due(self, deploy_ids: Sequence[str]) -> None:
        """Makes deploys due at once that are due later. Those that have ended stay as they are."""
        if deploy_ids:
            now = dict.fromkeys(deploy_ids, to_ms(self._now()))
            self.redis.zadd(redis_keys.DUE, now, xx=True, lt=True)

    def confirm_on_disk(self) -> None:
        """Call after the intent is written and before AWS is changed.

        Raises:
            NotOnDisk: what was written may still be lost.
        """
        if not self._durability.wait_for_disk(self._durable_wait_seconds):
            raise NotOnDisk(seconds=f"{self._durable_wait_seconds:g}")

    def _refuse_unless_durable(self) -> None:
        if not self._durability.wait_for_disk(self._durable_wait_seconds):
            raise self._not_on_disk()

    def _not_on_disk(self) -> SavedNotOnDisk:
        return SavedNotOnDisk(seconds=f"{self._durable_wait_seconds:g}")


def _stored(deploy: Deploy) -> tuple[str, str]:
    """The record, and its summary (empty: it has ended), as the scripts write them."""
    return deploy.to_json(), "" if deploy.phase is Phase.ENDED else DeploySummary.of(deploy).to_json()


def _start_of_next_changed(before: Deploy, after: Deploy) -> bool:
    """Whether those that wait behind it know more, or less, about their start."""
    asked = [each.phase is Phase.AWAITING_APPROVAL for each in (before, after)]
    return asked[0] != asked[1] or (before.hold is None) != (after.hold is None)


def _looks_different(before: Deploy, after: Deploy) -> bool:
    """Whether people can see a difference."""
    # A field that a step left alone is the same object, so most need no comparison of what is in them.
    changed = [name for name in _VISIBLE_FIELDS if getattr(before, name) is not getattr(after, name)]
    return any(_shown_of(before, name) != _shown_of(after, name) for name in changed)


def _shown_of(deploy: Deploy, name: str) -> object:
    """This field of the record, without when something of it was read: no message tells that."""
    value = getattr(deploy, name)
    if name == "ecs":
        return deploy.ecs.evolve(service_deployment_read_at=0.0)
    if name == "rollout" and deploy.rollout.draining:
        return deploy.rollout.evolve(draining={"read_at": 0.0})
    return value


_VISIBLE_FIELDS = Deploy.model_fields.keys() - {"version", "pending_confirmation", "phase_since"}
