"""What must hold for two services at every moment, and after every deploy has ended."""

from __future__ import annotations

import itertools
import sys
from typing import Any, ClassVar

import pytest
from botocore.client import BaseClient
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
)
from redis import Redis

from deploys.decisions import is_approved
from deploys.errors import LeaseLost, Refused
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.restore_point import SuspendedState
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores import redis_keys
from deploys.stores.claim_holder import HEARTBEAT_SECONDS
from deploys.stores.deploy_store import DeployStore
from sandbox.ecs import EcsSandbox, ManualClock
from tests.builders import NOW
from tests.in_process_aws import call_sandbox_in_process
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.autoscaled_service import scalable_target
from tests.workers.flows.strict_order import assert_strict_order, restore_tags
from tests.workers.flows.worker_kills import CHANGING_OPERATIONS, WorkerKilled
from workers.ecs.images.pinned_tags import display_tag

DESIRED_COUNTS = {"web": 3, "billing": 2}
CRASHING_TAG = "1.5.0-crash"
PHASES_THAT_RESTORE = set(Phase) - {Phase.WAITING, Phase.PLANNING, Phase.AWAITING_APPROVAL, Phase.ENDED}
MAX_SECONDS = 4 * 3600
"""Within this time every deploy must have ended once all faults are cleared."""


class DeployInvariants(RuleBasedStateMachine):
    """A rolling and a stop-start service, and the invariants that must hold whatever happens."""

    redis: ClassVar[Redis]

    def __init__(self) -> None:
        super().__init__()
        self.redis.flushall()
        self.patch = pytest.MonkeyPatch()
        self.ecs = EcsSandbox(clock=ManualClock(start=NOW), seed=1)
        self.ecs.start()
        call_sandbox_in_process(self.ecs, self.patch)
        numbers = itertools.count(1)
        self.patch.setattr("tests.builders.new_deploy_id", lambda: f"deploy{next(numbers):02}")
        self.patch.setattr(BaseClient, "_make_api_call", self.intercept_aws_calls())
        self.harness = EngineHarness(self.ecs, self.redis)
        self.ecs.autoscale("billing", minimum=DESIRED_COUNTS["billing"], maximum=6)
        self.deploy_ids: list[str] = []
        self.changed_in_console: set[str] = set()
        self.changes_without_approval: list[str] = []
        self.calls_until_death: int | None = None
        self.die_after_call = False
        self.calls_until_cancel: int | None = None
        self.calls_until_pause: int | None = None
        self.pause_seconds = 0.0
        self.changes_after_waking: list[str] = []

    # Invariants

    @invariant()
    def one_active_deploy_per_service(self) -> None:
        for service in DESIRED_COUNTS:
            active = [d.id for d in self.unfinished_deploys_of(service) if d.phase is not Phase.WAITING]
            assert active in ([], self.harness.store.service_queue(service)[:1])

    @invariant()
    def nothing_is_left_at_zero(self) -> None:
        assert self.desired_count("web") == DESIRED_COUNTS["web"]
        if self.desired_count("billing") == 0:
            assert any(
                d.stop.restore_point and d.phase in PHASES_THAT_RESTORE
                for d in self.unfinished_deploys_of("billing")
            )

    @invariant()
    def nothing_is_changed_before_approval(self) -> None:
        assert self.changes_without_approval == []

    @invariant()
    def a_worker_that_wakes_changes_nothing(self) -> None:
        assert self.changes_after_waking == []

    @invariant()
    def strict_order_holds(self) -> None:
        """Exceptions: changes in the console, and ECS's own rollback of a crashing version."""
        crashed = any(d.tag == CRASHING_TAG for d in self.deploys_of("billing"))
        if "billing" not in self.changed_in_console and not crashed:
            assert_strict_order(self.harness, "billing")

    @invariant()
    def no_error_inside_slipway(self) -> None:
        for deploy in map(self.harness.get, self.deploy_ids):
            texts = [
                deploy.retries.last_error,
                deploy.outcome_reason,
                *(m.text for m in deploy.thread_messages),
            ]
            assert not any("error inside Slipway" in text for text in texts), texts

    # The end

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # otherwise the failure itself is reported
                self.clear_faults()
                self.run_all_to_end()
                self.check_final_state()
        finally:
            self.patch.undo()
            self.ecs.stop()

    def clear_faults(self) -> None:
        self.ecs.faults.clear()
        self.calls_until_death = self.calls_until_cancel = self.calls_until_pause = None

    def run_all_to_end(self) -> None:
        """Lets everything run to its end; bob approves every question."""
        deadline = self.ecs.now() + MAX_SECONDS
        while self.harness.store.active():
            assert self.ecs.now() < deadline, self.harness.describe_deploys()
            self.approve_as_bob()
            self.tick(2)
            self.one_active_deploy_per_service()
            self.nothing_is_left_at_zero()

    def check_final_state(self) -> None:
        for deploy in map(self.harness.get, self.deploy_ids):
            assert deploy.outcome is not None
            ends = [m.text for m in deploy.thread_messages if m.kind is ThreadMessageKind.END]
            assert len(ends) == 1, ends
            if deploy.service.name not in self.changed_in_console:
                assert deploy.outcome not in (Outcome.SUPERSEDED, Outcome.FAILED), ends
            if deploy.tag == CRASHING_TAG:
                assert deploy.outcome is not Outcome.SUCCEEDED
        assert self.harness.leftover_keys() == []
        assert restore_tags(self.harness, "billing") == []
        assert scalable_target(self.harness).suspended == SuspendedState()
        for service, count in DESIRED_COUNTS.items():
            assert self.desired_count(service) == count
            if service not in self.changed_in_console:
                assert self.harness.running_tags(service) == {self.expected_tag(service)}
        self.nothing_is_changed_before_approval()
        self.a_worker_that_wakes_changes_nothing()
        self.strict_order_holds()
        self.no_error_inside_slipway()

    # State

    def deploys_of(self, service: str) -> list[Deploy]:
        """Every deploy of the service, in the order of the requests."""
        return [d for d in map(self.harness.get, self.deploy_ids) if d.service.name == service]

    def unfinished_deploys_of(self, service: str) -> list[Deploy]:
        """Those that have not ended."""
        return [deploy for deploy in self.deploys_of(service) if deploy.phase is not Phase.ENDED]

    def pending_question(self) -> Deploy | None:
        """The deploy that waits for bob's decision, or for a worker to process it."""
        return next(
            (d for d in self.unfinished_deploys_of("billing") if d.phase is Phase.AWAITING_APPROVAL), None
        )

    def can_be_answered(self, question: Deploy) -> bool:
        """Whether he can still answer."""
        expires_at = question.approval.expires_at
        expired = expires_at is not None and self.ecs.now() >= expires_at
        return not (question.approval.decisions or question.cancel or expired)

    def desired_count(self, service: str) -> int:
        """Its desired count, read without an API call, which a fault could affect."""
        count: int = self.ecs.state()["services"][service]["desiredCount"]
        return count

    def expected_tag(self, service: str) -> str:
        """The tag of the last deploy that is reported as succeeded."""
        won = [d for d in self.deploys_of(service) if d.outcome is Outcome.SUCCEEDED and d.plan]
        last = max(won, key=lambda d: d.ended_at or 0.0, default=None)
        return display_tag(last.plan.changes[0].new_image) if last and last.plan else "1.4.0"

    # Actions

    def tick(self, seconds: float) -> None:
        """If a worker is killed, another one continues after the leases have expired."""
        try:
            self.harness.tick(seconds)
        except WorkerKilled:
            for deploy_id in self.deploy_ids:
                self.harness.expire_heartbeat(deploy_id)
            self.harness.engine = self.harness.new_engine()
            self.ecs.advance(seconds)

    def pause_worker(self, deploy_id: str) -> bool:
        """The worker that runs the deploy's step is paused, and another goes on. Whether that one had taken
        the deploy over when the first one wakes."""
        paused, lease = self.harness.engine, redis_keys.lease(deploy_id)
        before = self.redis.get(lease)
        self.harness.expire_heartbeat(deploy_id)
        self.harness.engine = self.harness.new_engine(DeployStore(self.redis, now=self.ecs.now))
        until = self.ecs.now() + HEARTBEAT_SECONDS + self.pause_seconds
        while self.ecs.now() < until:
            self.tick(5)
        self.harness.engine = paused
        return self.redis.get(lease) != before

    def approve_as_bob(self) -> None:
        """Approves the pending question, if there is one."""
        question = self.pending_question()
        if question and self.can_be_answered(question):
            self.harness.approve(question.id)

    def cancel_if_possible(self, deploy_id: str) -> None:
        deploy = self.harness.get(deploy_id)
        try:
            self.harness.cancel(deploy_id)
        except Refused:
            assert deploy.cancel or deploy.rollback.outcome or deploy.outcome

    def intercept_aws_calls(self) -> Any:
        """Wraps each API call that changes something: workers are killed and people cancel there."""
        real = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: Any, operation: str, parameters: Any) -> Any:
            if operation not in CHANGING_OPERATIONS or client.meta.config.user_agent_extra != "slipway":
                return real(client, operation, parameters)
            named = str([parameters.get(name) for name in ("service", "family", "resourceArn", "ResourceId")])
            service = next((name for name in DESIRED_COUNTS if name in named), "web")
            first = self.harness.get(self.harness.store.service_queue(service)[0])
            if first.service.approvals and not is_approved(first):
                self.changes_without_approval.append(f"{operation} for {first.id} in {first.phase.value}")
            self.calls_until_death, dies = count_down(self.calls_until_death)
            self.calls_until_cancel, cancels = count_down(self.calls_until_cancel)
            self.calls_until_pause, pauses = count_down(self.calls_until_pause)
            lost = pauses and self.pause_worker(first.id)
            if dies and not self.die_after_call:
                raise WorkerKilled
            try:
                return real(client, operation, parameters)
            except LeaseLost:
                lost = False
                raise
            finally:
                if lost:
                    self.changes_after_waking.append(f"{operation} for {first.id}")
                if cancels:
                    self.cancel_if_possible(first.id)
                if dies:
                    raise WorkerKilled

        return call

    def register_external_revision(self, service: str) -> str:
        """Registers a copy of the running revision, as somebody else does; its ARN."""
        ecs = self.ecs.client("ecs")
        running = ecs.describe_services(cluster="production", services=[service])["services"][0]
        content = ecs.describe_task_definition(taskDefinition=running["taskDefinition"])["taskDefinition"]
        known = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
        copy = {name: value for name, value in content.items() if name in known}
        arn: str = ecs.register_task_definition(**copy)["taskDefinition"]["taskDefinitionArn"]
        return arn


def count_down(calls: int | None) -> tuple[int | None, bool]:
    """The remaining calls, and whether this call is the one."""
    return (None, True) if calls == 1 else (calls and calls - 1, False)
