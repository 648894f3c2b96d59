"""People, killed workers, faults and console changes in any order: the invariants hold, also at the end."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis import Redis

from deploys.errors import Refused
from deploys.records.approval import Verdict
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.request import Verb
from tests.workers.flows.whole_deploys.deploy_invariants import CRASHING_TAG, DeployInvariants

PHASES_BETWEEN_STEPS = [
    Phase.AWAITING_APPROVAL,
    Phase.DRAINING,
    Phase.FOLLOWING,
    Phase.RESTORING,
    Phase.FOLLOWING_ROLLBACK,
    Phase.SETTLING,
]

services = st.sampled_from(["web", "billing"])
tags = st.sampled_from(["1.4.2", "1.5.0", CRASHING_TAG])


class DeployStateMachine(DeployInvariants):
    """Everything that can happen to a rolling and a stop-start service."""

    # What people do

    @initialize(service=services, tag=tags, phase=st.sampled_from(PHASES_BETWEEN_STEPS))
    def start_with_a_deploy(self, service: str, tag: str, phase: Phase) -> None:
        """Starts with one deploy in progress."""
        self.deploy(service, tag)
        self.time_passes_until(phase, bob_is_there=True)

    @rule(service=services, tag=tags)
    def deploy(self, service: str, tag: str) -> None:
        """`/deploy SERVICE TAG`; a tag that is in progress is the same deploy."""
        first = next(
            (d for d in self.unfinished_deploys_of(service) if d.in_progress and d.request_key == tag), None
        )

        self.record_request(self.harness.request_deploy(service, tag), first)

    @rule(service=services, verb=st.sampled_from([Verb.RESTART, Verb.ROLLBACK]))
    def restart_or_roll_back(self, service: str, verb: Verb) -> None:
        """`/deploy restart SERVICE`, `/deploy rollback SERVICE`."""
        first = next(
            (
                d
                for d in self.unfinished_deploys_of(service)
                if d.in_progress and d.request_key == f"{verb.value}:"
            ),
            None,
        )

        self.record_request(self.harness.request_verb(verb, service), first)

    def record_request(self, deploy_id: str, same_deploy: Deploy | None) -> None:
        if same_deploy is not None:
            assert deploy_id == same_deploy.id
        else:
            assert deploy_id not in self.deploy_ids
            self.deploy_ids.append(deploy_id)

    @precondition(lambda self: self.pending_question())
    @rule(times=st.sampled_from([1, 2]), verdict=st.sampled_from([*Verdict]))
    def answer(self, times: int, verdict: Verdict) -> None:
        """Bob presses a button, once or twice. It counts once."""
        deploy = self.pending_question()
        assert deploy is not None
        for nth in range(times):
            try:
                self.harness.approve(deploy.id, verdict=verdict)
            except Refused:
                assert nth or not self.can_be_answered(deploy)
        assert len(self.harness.get(deploy.id).approval.decisions) <= 1

    @precondition(lambda self: self.deploy_ids)
    @rule(nth_newest=st.integers(0, 3))
    def cancel(self, nth_newest: int) -> None:
        """`/deploy cancel`, whatever state the deploy is in."""
        self.cancel_if_possible(self.deploy_ids[-1 - nth_newest % len(self.deploy_ids)])

    # Events

    @rule(times=st.integers(1, 10), seconds=st.sampled_from([0.5, 2, 10]))
    def time_passes(self, times: int, seconds: float) -> None:
        """Workers and ECS continue."""
        for _ in range(times):
            self.tick(seconds)

    @precondition(lambda self: self.harness.store.active())
    @rule(phase=st.sampled_from(PHASES_BETWEEN_STEPS), bob_is_there=st.booleans())
    def time_passes_until(self, phase: Phase, bob_is_there: bool) -> None:
        """They continue until a deploy reaches this phase, if it does. Bob approves if he can."""
        for _ in range(40):
            if any(deploy.phase is phase for deploy in self.harness.store.active()):
                break
            if bob_is_there:
                self.approve_as_bob()
            self.tick(2)

    @rule(calls=st.integers(1, 4), after=st.booleans())
    def a_worker_will_die(self, calls: int, after: bool) -> None:
        """A worker is killed at one of the next changing calls, before or after AWS gets it."""
        self.calls_until_death, self.die_after_call = calls, after

    @rule(calls=st.integers(1, 4), seconds=st.sampled_from([0, 30, 120]))
    def a_worker_will_be_paused(self, calls: int, seconds: float) -> None:
        """A worker is paused at one of the next changing calls, and wakes long after its heartbeat ended."""
        self.calls_until_pause, self.pause_seconds = calls, seconds

    @rule(calls=st.integers(1, 4))
    def somebody_will_cancel_during_a_call(self, calls: int) -> None:
        """Somebody cancels while a worker waits for AWS to do what it asked."""
        self.calls_until_cancel = calls

    @rule(
        operation=st.sampled_from(["Update*", "Register*", "Describe*", "Stop*", "*"]),
        kind=st.sampled_from(["throttle", "error", "timeout-after", "timeout-before"]),
        times=st.integers(1, 4),
    )
    def aws_calls_fail(self, operation: str, kind: str, times: int) -> None:
        """The next calls are refused, or get no answer although they may have been done."""
        self.ecs.faults.add(operation=f"ecs:{operation}", kind=kind, times=times, seconds=0.02)

    @rule(service=services, own_revision=st.booleans())
    def somebody_deploys_in_the_console(self, service: str, own_revision: bool) -> None:
        """Deploys the running revision again, or another one."""
        self.ecs.faults.clear()
        self.changed_in_console.add(service)
        change: dict[str, Any] = {"forceNewDeployment": True}
        if own_revision:
            change = {"taskDefinition": self.register_external_revision(service)}
        self.ecs.client("ecs").update_service(cluster="production", service=service, **change)


def test_whatever_happens_every_deploy_ends_well(redis: Redis) -> None:
    class OnThisRedis(DeployStateMachine):
        pass

    OnThisRedis.redis = redis
    run_state_machine_as_test(
        OnThisRedis,
        settings=settings(
            max_examples=8,
            stateful_step_count=15,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
