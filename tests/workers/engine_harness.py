"""The engine against the sandbox's ECS, with a time that the test moves."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from redis import Redis

from deploys.access_rules import Action
from deploys.asker import Asker
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import Service
from deploys.decisions import answer_pause, decide, mark_question_shown, request_cancel
from deploys.holds.held_deploys import HoldSource
from deploys.holds.locks import LockHolds, StopHolds
from deploys.job_queue import WATCH_PREFIX, JobQueue
from deploys.pauses import latest_pause_number, unanswered_pause
from deploys.quoting import NO_SHARED_CHANNELS, SharedChannels
from deploys.records.approval import Verdict
from deploys.records.audit_entry import AuditEntry
from deploys.records.count_change import CountChange
from deploys.records.deploy import Deploy, new_deploy_id
from deploys.records.lock import Lock
from deploys.records.phases import Phase
from deploys.records.request import Verb
from deploys.records.stop_all import StopAll
from deploys.records.thread_messages import ThreadMessageKind
from deploys.records.traffic import HookAction
from deploys.records.typed_command import TypedCommand
from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys
from deploys.stores.active_deploys import parse_record
from deploys.stores.aws_budget import AwsBudget
from deploys.stores.claim_holder import holder_of
from deploys.stores.claims import DueDeploy
from deploys.stores.deploy_store import DeployStore
from deploys.stores.locks import Locks
from deploys.stores.stop_all import StopAllStore
from deploys.stores.typed_commands import TypedCommands
from deploys.stores.user_groups import UserGroups
from sandbox.ecs import EcsSandbox
from tests.builders import SIGNER, a_deploy, a_native_service, a_service, a_stop_start_service
from workers.ecs.aws.aws_clients import AwsClients
from workers.engine import Engine
from workers.step_context import Timing

TIMING = Timing(lease_seconds=60, watch_seconds=10, settle_seconds=75)
"""A rollout is read half as often as by default, because the reads are most of what a test takes. Tests that
depend on the default use the fixture `short_watch_interval`."""
ALICE = "U01ALICE00"
BOB = "U02BOB0000"


def a_sandbox_service(name: str, **changes: Any) -> Service:
    """The service as services.yml would have it for the sandbox's ECS."""
    if name in ("ledger", "billing"):
        return a_stop_start_service(name, **changes)
    return (a_native_service if name in ("shop", "site") else a_service)(name, **changes)


class SilentJobQueue(JobQueue):
    """Enqueues nothing: the harness runs what is due by itself."""

    def __init__(self) -> None:
        self._now = time.time

    def _try_enqueue(self, job: str, *args: str | None, **_: object) -> None:
        pass


class OpenAccessPolicy:
    """Allows everything, except to the users that a test refuses."""

    def __init__(self) -> None:
        self.refusals: dict[str, Exception] = {}
        self.services: dict[str, Service] = {}
        """What services.yml says now, if that is not what it said at the request."""

    def current_service(self, deploy: Deploy) -> Service:
        return self.services.get(deploy.service.name, deploy.service)

    def may(self, action: Action, asker: Asker, service_name: str) -> None:
        self._refuse(asker.user)

    def may_run(self, deploy: Deploy) -> None:
        self._refuse(deploy.request.requester)

    def may_cancel(self, asker: Asker, deploy: Deploy) -> None:
        self._refuse(asker.user)

    def may_decide(self, asker: Asker, deploy: Deploy) -> None:
        self._refuse(asker.user)

    def may_answer_pause(self, asker: Asker, deploy: Deploy, action: HookAction) -> None:
        self._refuse(asker.user)

    def _refuse(self, user: str) -> None:
        if user in self.refusals:
            raise self.refusals[user]


@dataclass
class EngineHarness:
    """Requests deploys, lets time pass and reads the result."""

    ecs: EcsSandbox
    redis: Redis
    access: OpenAccessPolicy = field(default_factory=OpenAccessPolicy)
    hold_sources: tuple[HoldSource, ...] = ()
    external_ids: dict[str, str] = field(default_factory=dict)
    """Of the roles in services.yml, by ARN: no record has them."""
    shared_channels: SharedChannels = NO_SHARED_CHANNELS
    budget: AwsBudget | None = None

    def __post_init__(self) -> None:
        self.store = DeployStore(self.redis, now=self.ecs.now)
        self.locks = Locks(self.redis)
        self.stops = StopAllStore(self.redis)
        self._parsed: dict[str, tuple[Any, Deploy]] = {}
        self.engine = self.new_engine()

    def lock(self, target: str, owner: str, reason: str = "checking the graphs", **changes: Any) -> Lock:
        """`/deploy lock TARGET REASON`."""
        taken, _ = self.locks.take(
            Lock(
                id=new_deploy_id(),
                target=target,
                services=(target,),
                owner=owner,
                reason=reason,
                since=self.ecs.now(),
                channel="C01DEPLOYS",
                team="T01SLIPWAY",
            ).evolve(**changes),
            AuditEntry(at="0", who=owner, what="locked"),
        )
        return taken

    def stop_all(self, user: str = BOB) -> StopAll:
        """`/deploy stop-all REASON`."""
        stop = StopAll(
            id=new_deploy_id(),
            user=user,
            reason="the database is slow",
            since=self.ecs.now(),
            channel="C01DEPLOYS",
            team="T01SLIPWAY",
        )
        return self.stops.stop(stop, AuditEntry(at="0", who=user, what="all deploys stopped"))

    def resume_all(self, stop: StopAll) -> None:
        """`/deploy resume-all`."""
        assert self.stops.resume(stop, AuditEntry(at="0", who=stop.user, what="all deploys resumed"))

    def new_engine(self, store: DeployStore | None = None) -> Engine:
        """A worker that has just started. store: of its own, if another worker goes on beside it."""
        return Engine(
            store=store or self.store,
            job_queue=SilentJobQueue(),
            aws=AwsClients(now=self.ecs.now, external_ids=self.external_ids),
            access=self.access,
            timing=TIMING,
            worker="worker",
            hold_sources=(
                StopHolds(self.stops),
                LockHolds(self.locks, Catalogue({}), UserGroups(self.redis)),
                *self.hold_sources,
            ),
            signer=SIGNER,
            shared_channels=self.shared_channels,
            budget=self.budget,
            now=self.ecs.now,
            sleep=self.ecs.advance,
        )

    def request_deploy(self, service: str, tag: str, **changes: Any) -> str:
        """`/deploy SERVICE TAG` by alice; the deploy's id."""
        known = self._known_service(service, **changes)
        deploy = a_deploy(known, tag=tag, request={"requester": ALICE, "requested_at": self.ecs.now()})
        return self.store.submit(deploy).deploy.id

    def request_by(self, user: str, service: str, tag: str) -> str:
        """`/deploy SERVICE TAG` by somebody else; the deploy's id."""
        asked = {"requester": user, "requested_at": self.ecs.now()}
        return self.store.submit(a_deploy(a_sandbox_service(service), tag=tag, request=asked)).deploy.id

    def _known_service(self, name: str, **changes: Any) -> Service:
        known = a_sandbox_service(name, **changes)
        if known.role:
            self.external_ids[known.role.arn] = known.role.external_id
        return known

    def request_verb(self, verb: Verb, service: str, target: str = "", **changes: Any) -> str:
        """`/deploy restart SERVICE` or `/deploy rollback SERVICE [TARGET]` by alice; the deploy's id."""
        known = self._known_service(service, **changes)
        deploy = a_deploy(
            known,
            verb=verb,
            tag="",
            rollback_target=target,
            request={"requester": ALICE, "requested_at": self.ecs.now()},
        )
        return self.store.submit(deploy).deploy.id

    def request_count(self, service: str, count: int, **changes: Any) -> str:
        """`/deploy scale SERVICE COUNT` by alice; its id."""
        return self._request(
            service, changes, verb=Verb.SCALE, tag="", count_change=CountChange(wanted=count)
        )

    def request_command(self, service: str, *arguments: str, **changes: Any) -> str:
        """`/deploy run SERVICE -- COMMAND` by alice; its id."""
        command = TypedCommand.of(arguments)
        deploy_id = self._request(service, changes, verb=Verb.RUN, tag="", command=command)
        if command.has_secret:
            TypedCommands(self.redis).save(deploy_id, arguments)
        return deploy_id

    def _request(self, service: str, changes: dict[str, Any], **record: Any) -> str:
        asked = {"requester": ALICE, "requested_at": self.ecs.now()}
        deploy = a_deploy(self._known_service(service, **changes), request=asked, **record)
        return self.store.submit(deploy).deploy.id

    def approve(self, deploy_id: str, user: str = BOB, verdict: Verdict = Verdict.APPROVED) -> None:
        """Presses a button of the open question."""
        question = self.get(deploy_id).approval.question
        self.store.amend(
            deploy_id,
            lambda d: decide(d, user, verdict, question, self.ecs.now()),
            by=user,
            what=verdict.value,
        )

    def mark_question_shown(self, deploy_id: str) -> Deploy:
        """Slack has accepted the card with the buttons of the open question."""
        question = self.get(deploy_id).approval.question
        return self.store.amend(
            deploy_id,
            lambda d: mark_question_shown(d, question, self.ecs.now()),
            by="slipway",
            what="question shown",
        )

    def answer_pause(self, deploy_id: str, action: HookAction, user: str = BOB) -> None:
        """Presses Continue or Roll back of the pause that waits."""
        pause = latest_pause_number(self.get(deploy_id))
        self.store.amend(
            deploy_id,
            lambda d: answer_pause(d, user, action, pause, self.ecs.now()),
            by=user,
            what=action.value,
        )

    def until_paused(self, deploy_id: str) -> Deploy:
        """Lets time pass until the rollout waits for an answer."""
        self.until(lambda: unanswered_pause(self.get(deploy_id)))
        return self.get(deploy_id)

    def cancel(self, deploy_id: str, user: str = ALICE) -> None:
        """`/deploy cancel`."""
        self.store.amend(
            deploy_id, lambda d: request_cancel(d, user, self.ecs.now()), by=user, what="cancelled"
        )

    def get(self, deploy_id: str) -> Deploy:
        """The record as it is. It is parsed only if it changed: tests read it far more often than that."""
        written: Any = self.redis.hmget(redis_keys.record(deploy_id), "record", "version")
        assert written[0] is not None
        if self._parsed.get(deploy_id, (None,))[0] != written:
            self._parsed[deploy_id] = written, parse_record(*written)
        return self._parsed[deploy_id][1]

    def tick(self, seconds: float = 1.0) -> None:
        """Runs everything that is due, then lets time pass."""
        self.run_jobs(self.store.due(self.ecs.now()), seconds)

    def run_jobs(self, jobs: Sequence[DueDeploy], seconds: float = 1.0) -> None:
        """Runs these jobs as a worker, then lets time pass."""
        for due in jobs:
            if due.job.startswith(WATCH_PREFIX):
                self.engine.watch(due.job.removeprefix(WATCH_PREFIX))
            else:
                self.engine.advance(due.deploy_id)
        self.ecs.advance(seconds)

    def until(self, condition: Callable[[], object], seconds: float = 1800) -> None:
        """Lets time pass until the condition holds, or fails. The condition only reads."""
        deadline = self.ecs.now() + seconds
        known_until, coming = -math.inf, list[DueDeploy]()
        while not condition():
            now = self.ecs.now()
            assert now < deadline, f"not within {seconds} s: {self.describe_deploys()}"
            if now >= known_until:
                known_until, coming = now + TIMING.watch_seconds, self.store.due(now + TIMING.watch_seconds)
            if due := [each for each in coming if each.at <= now]:
                self.run_jobs(due)
                known_until = -math.inf
            else:
                self.ecs.advance(1)

    def until_phase(self, deploy_id: str, phase: Phase) -> Deploy:
        """Lets time pass until the deploy is there; records change only when something is due."""
        deadline = self.ecs.now() + 1800
        while (deploy := self.get(deploy_id)).phase is not phase:
            assert self.ecs.now() < deadline, f"not {phase.value} within 1800 s: {self.describe_deploys()}"
            self.run_next_due(deadline)
        return deploy

    def step_into(self, deploy_id: str, phase: Phase) -> None:
        """Runs single steps until the deploy has just come into this phase, before its step."""
        engine: Any = self.engine
        engine._may_take_another_step = lambda claim: False
        deadline = self.ecs.now() + 1800
        while self.get(deploy_id).phase is not phase:
            assert self.ecs.now() < deadline, self.describe_deploys()
            self.tick()
        del engine._may_take_another_step

    def until_ended_in_ecs(self, deploy_id: str) -> None:
        """Lets the deploy follow its rollout, and then time pass that no worker uses, until ECS has ended
        that."""
        follow = self.get(deploy_id).verb is Verb.FOLLOW
        phase = Phase.FOLLOWING_EXTERNAL if follow else Phase.FOLLOWING
        service = self.until_phase(deploy_id, phase).service.ecs_service
        deadline = self.ecs.now() + 1800
        while True:
            arn = self.describe_service(service)["currentServiceDeployment"]
            [rollout] = self.ecs_client.describe_service_deployments(serviceDeploymentArns=[arn])[
                "serviceDeployments"
            ]
            if "finishedAt" in rollout:
                return
            assert self.ecs.now() < deadline, rollout["status"]
            self.ecs.advance(1)

    def run_next_due(self, deadline: float) -> None:
        """Skips whole seconds in which nothing is due, then runs what ticks of one second would run."""
        while (now := self.ecs.now()) < deadline:
            coming = self.store.due(now + TIMING.watch_seconds)
            if not coming:
                self.ecs.advance(TIMING.watch_seconds)
                continue
            if (first := min(each.at for each in coming)) > now:
                self.ecs.advance(math.ceil(first - now))
            return self.run_jobs([each for each in coming if each.at <= self.ecs.now()])
        return None

    def until_outcome(self, deploy_id: str, seconds: float = 7200) -> Deploy:
        """Lets time pass until the outcome is known."""
        deadline = self.ecs.now() + seconds
        while (deploy := self.get(deploy_id)).in_progress:
            assert self.ecs.now() < deadline, f"no outcome within {seconds} s: {self.describe_deploys()}"
            self.run_next_due(deadline)
        return deploy

    def until_over(self, deploy_id: str) -> Deploy:
        """Lets time pass until the deploy has ended and settled."""
        return self.until_phase(deploy_id, Phase.ENDED)

    def expire_heartbeat(self, deploy_id: str) -> None:
        """What time does to the heartbeat of a worker that died with this deploy."""
        if lease := self.redis.get(redis_keys.lease(deploy_id)):
            self.redis.delete(redis_keys.claim_holder(holder_of(to_text(lease))))

    def thread_text(self, deploy_id: str, kind: ThreadMessageKind | None = None) -> str:
        """The texts that were posted in the thread."""
        return "\n".join(
            m.text for m in self.get(deploy_id).thread_messages if kind is None or m.kind is kind
        )

    @cached_property
    def ecs_client(self) -> Any:
        """An ECS client as somebody else would use it."""
        return self.ecs.client("ecs")

    def describe_service(self, name: str) -> dict[str, Any]:
        """The ECS service as boto3 sees it."""
        answer = self.ecs_client.describe_services(cluster="production", services=[name])
        service: dict[str, Any] = answer["services"][0]
        return service

    def running_tags(self, name: str) -> set[str]:
        """Tags of the main container's image of the running tasks."""
        ecs = self.ecs_client
        arns = ecs.list_tasks(cluster="production", serviceName=name)["taskArns"]
        tasks = ecs.describe_tasks(cluster="production", tasks=arns)["tasks"] if arns else []
        return {
            container["image"].rpartition(":")[2]
            for task in tasks
            if task["lastStatus"] == "RUNNING"
            for container in task["containers"]
            if container["name"] == name
        }

    def leftover_keys(self) -> list[str]:
        """Names of the keys that hold anything of a deploy that has not ended: none once all have."""
        patterns = (
            redis_keys.ACTIVE_DEPLOYS,
            redis_keys.DUE,
            redis_keys.NEXT_JOBS,
            redis_keys.WAITS_FOR_ECS,
            redis_keys.EVENTS_PENDING,
            redis_keys.service_queue("*"),
            redis_keys.in_progress("*"),
            f"{redis_keys.WATCHED}*",
            redis_keys.lease("*"),
        )
        return sorted(name for pattern in patterns for name in to_texts(self.redis.keys(pattern)))

    def describe_deploys(self) -> str:
        """Where every deploy is, for a failed assertion."""
        return "; ".join(
            f"{d.service.name} {d.tag} {d.phase.value} {d.retries.last_error}"
            for d in self.store.recent(None, 20)
        )
