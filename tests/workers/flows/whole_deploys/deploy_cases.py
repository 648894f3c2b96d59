"""Every kind of deploy with the calls that it makes, and what runs it: people, workers, orphan recovery."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deploys.pauses import unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.request import Verb
from deploys.records.traffic import HookAction
from tests.builders import SIGNER
from tests.workers.engine_harness import TIMING, EngineHarness, SilentJobQueue, a_sandbox_service
from tests.workers.flows.claims_checker import ClaimsChecker
from tests.workers.flows.native_deployments import configure_native_service, pause_hook
from tests.workers.flows.pre_task_deploys import MIGRATE
from tests.workers.flows.worker_kills import CHANGING_OPERATIONS, WorkerKilled
from workers.ecs.aws.aws_clients import AwsClients
from workers.orphan_recovery import OrphanRecovery
from workers.scheduler import ORPHAN_RECOVERY_SECONDS

ALL_CHANGING_OPERATIONS = {*CHANGING_OPERATIONS, "ContinueServiceDeployment"}


DESIRED_COUNTS = {"web": 3, "billing": 2, "shop": 3}


MAX_SECONDS = 3600.0


@dataclass(frozen=True)
class DeployCase:
    """One kind of deploy."""

    service: str
    tag: str = "1.4.2"
    verb: Verb = Verb.DEPLOY
    cancel_in: Phase | None = None
    service_settings: Mapping[str, Any] | None = None
    """Changed keys of its entry in services.yml."""
    prepare: Callable[[EngineHarness], None] = lambda harness: None
    first_own_call: int = 1
    """Before this call it does what a deploy does that nobody cancels (number, from 1)."""


def deploy_once(harness: EngineHarness) -> None:
    """Deploys once, so that there is something to roll back."""
    harness.until_over(request_case(harness, DeployCase("web")))


def deny_stop(harness: EngineHarness) -> None:
    harness.ecs.faults.add(operation="StopServiceDeployment", kind="access-denied", times=None)


def add_pause(harness: EngineHarness) -> None:
    configure_native_service(harness, "shop", pause_hook())


DEPLOY_CASES: dict[str, tuple[DeployCase, list[str]]] = {
    "rolling": (DeployCase("web"), ["RegisterTaskDefinition", "UpdateService"]),
    "restart": (DeployCase("web", verb=Verb.RESTART), ["RegisterTaskDefinition", "UpdateService"]),
    "rollback": (
        DeployCase("web", verb=Verb.ROLLBACK, prepare=deploy_once),
        ["TagResource", "UpdateService"],
    ),
    "with a task before": (
        DeployCase("web", service_settings={"before": MIGRATE}),
        ["RegisterTaskDefinition", "RunTask", "UpdateService"],
    ),
    "rolling, cancelled": (
        DeployCase("web", cancel_in=Phase.FOLLOWING, first_own_call=2),
        ["RegisterTaskDefinition", "UpdateService", "StopServiceDeployment"],
    ),
    "rolling, set back": (
        DeployCase("web", cancel_in=Phase.FOLLOWING, prepare=deny_stop, first_own_call=4),
        ["RegisterTaskDefinition", "UpdateService", "StopServiceDeployment", "TagResource", "UpdateService"],
    ),
    "native": (
        DeployCase("shop", prepare=add_pause),
        ["RegisterTaskDefinition", "UpdateService", "ContinueServiceDeployment"],
    ),
    "stop-start": (
        DeployCase("billing"),
        [
            "RegisterTaskDefinition",
            "TagResource",  # what to restore
            "TagResource",  # about to suspend
            "RegisterScalableTarget",
            "TagResource",  # about to stop
            "UpdateService",
            "UpdateService",
            "RegisterScalableTarget",
            "UntagResource",
        ],
    ),
    "stop-start, cancelled while it drains": (
        DeployCase("billing", cancel_in=Phase.DRAINING, first_own_call=6),
        [
            "RegisterTaskDefinition",
            "TagResource",
            "TagResource",
            "RegisterScalableTarget",
            "TagResource",
            "UpdateService",
            "UpdateService",
            "RegisterScalableTarget",
            "UntagResource",
        ],
    ),
    "stop-start, cancelled while it starts": (
        DeployCase("billing", cancel_in=Phase.FOLLOWING, first_own_call=8),
        [
            "RegisterTaskDefinition",
            "TagResource",
            "TagResource",
            "RegisterScalableTarget",
            "TagResource",
            "UpdateService",
            "UpdateService",
            "UpdateService",
            "TagResource",  # rolls back
            "UpdateService",
            "RegisterScalableTarget",
            "UntagResource",
        ],
    ),
}


def request_case(harness: EngineHarness, case: DeployCase) -> str:
    if case.verb is not Verb.DEPLOY:
        return harness.request_verb(case.verb, case.service)
    return harness.request_deploy(case.service, case.tag, **(case.service_settings or {}))


class DeployRunner:
    """Runs a deploy with people who approve, continue and cancel once, with workers and the orphan
    recovery."""

    def __init__(self, harness: EngineHarness, case: DeployCase) -> None:
        self.harness = harness
        self.case = case
        self.claims_checker = ClaimsChecker(harness, case.service)
        self.false_claims: list[str] | None = None
        self.cancelled = False
        self.orphan_recovery = OrphanRecovery(
            [a_sandbox_service(name) for name in DESIRED_COUNTS],
            harness.store,
            harness.redis,
            AwsClients(now=harness.ecs.now),
            SilentJobQueue(),
            signer=SIGNER,
            settle_seconds=TIMING.settle_seconds,
            now=harness.ecs.now,
        )
        self.next_recovery_at = harness.ecs.now()

    def run_until_next_job(self, deploy: Deploy | None, until: float = math.inf) -> None:
        """Runs one second, then skips the seconds before `until` in which no job is due, since no record
        changes then."""
        self.run_one_second(deploy)
        now = self.harness.ecs.now()
        coming = self.harness.store.due(now + TIMING.watch_seconds)
        next_job_at = min((each.at for each in coming), default=now + TIMING.watch_seconds)
        for _ in range(math.ceil(min(next_job_at, self.next_recovery_at, until) - now)):
            self.harness.ecs.advance(1)
            self.claims_checker.take_snapshot()

    def run_one_second(self, deploy: Deploy | None) -> None:
        """What people, the orphan recovery and workers do within one second."""
        if deploy is not None:
            self._act_as_people(deploy)
        if self.harness.ecs.now() >= self.next_recovery_at:
            self.next_recovery_at = self.harness.ecs.now() + ORPHAN_RECOVERY_SECONDS
            self.orphan_recovery.scan_if_due()
        self.harness.tick()
        self.claims_checker.take_snapshot()
        now = self.harness.store.get(deploy.id) if deploy is not None else None
        if now is not None and now.outcome is not None and self.false_claims is None:
            self.false_claims = self.claims_checker.false_claims(now)

    def _act_as_people(self, deploy: Deploy) -> None:
        if deploy.phase is Phase.AWAITING_APPROVAL and not deploy.approval.decisions:
            self.harness.approve(deploy.id)
        if unanswered_pause(deploy):
            self.harness.answer_pause(deploy.id, HookAction.CONTINUE)
        if self.case.cancel_in is deploy.phase and not self.cancelled:
            self.cancelled = True
            self.harness.cancel(deploy.id)


def start_case(harness: EngineHarness, kind: str) -> tuple[DeployCase, DeployRunner]:
    case, _ = DEPLOY_CASES[kind]
    harness.ecs.autoscale("billing", minimum=2, maximum=6)
    case.prepare(harness)
    return case, DeployRunner(harness, case)


def run_to_end(runner: DeployRunner, deploy_id: str, lose_data: Callable[[], None]) -> Deploy:
    """Runs the deploy to its end. When a worker is killed, Redis loses data."""
    harness = runner.harness
    deadline = harness.ecs.now() + MAX_SECONDS
    while (deploy := harness.get(deploy_id)).phase is not Phase.ENDED:
        assert harness.ecs.now() < deadline, harness.describe_deploys()
        try:
            runner.run_until_next_job(deploy)
        except WorkerKilled:
            lose_data()
            harness.expire_heartbeat(deploy_id)
            harness.engine = harness.new_engine()
    return deploy


def run_until_killed(runner: DeployRunner, deploy_id: str) -> None:
    deploy = runner.harness.get(deploy_id)
    while deploy.phase is not Phase.ENDED:
        runner.run_until_next_job(deploy)
        deploy = runner.harness.get(deploy_id)
