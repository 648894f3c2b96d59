"""People, deaths, faults and the console, in any order: what holds always, and after every end."""

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

from deploys.deploy import Deploy, Phase, Verb, Verdict
from deploys.errors import Refused
from tests.workers.flows.days import CRASHING, Watched

SEEN_BETWEEN_STEPS = [
    Phase.AWAITING_APPROVAL,
    Phase.DRAINING,
    Phase.FOLLOWING,
    Phase.RESTORING,
    Phase.FOLLOWING_BACK,
    Phase.SETTLING,
]

services = st.sampled_from(["web", "billing"])
tags = st.sampled_from(["1.4.2", "1.5.0", CRASHING])


class Days(Watched):
    """All that happens to a service that rolls and one that stops and starts."""

    # What people do

    @initialize(service=services, tag=tags, phase=st.sampled_from(SEEN_BETWEEN_STEPS))
    def a_day_begins(self, service: str, tag: str, phase: Phase) -> None:
        """With a deploy on its way."""
        self.deploy(service, tag)
        self.time_passes_until(phase, bob_is_there=True)

    @rule(service=services, tag=tags)
    def deploy(self, service: str, tag: str) -> None:
        """`/deploy SERVICE TAG`; a tag that is under way is the same deploy."""
        first = next((d for d in self.live(service) if d.live and d.errand == tag), None)

        self.take_note(self.yard.ask(service, tag), first)

    @rule(service=services, verb=st.sampled_from([Verb.RESTART, Verb.ROLLBACK]))
    def restart_or_roll_back(self, service: str, verb: Verb) -> None:
        """`/deploy restart SERVICE`, `/deploy rollback SERVICE`."""
        first = next((d for d in self.live(service) if d.live and d.errand == f"{verb.value}:"), None)

        self.take_note(self.yard.ask_to(verb, service), first)

    def take_note(self, deploy_id: str, first: Deploy | None) -> None:
        if first is not None:
            assert deploy_id == first.id
        else:
            assert deploy_id not in self.asked
            self.asked.append(deploy_id)

    @precondition(lambda self: self.question())
    @rule(times=st.sampled_from([1, 2]), verdict=st.sampled_from([*Verdict]))
    def answer(self, times: int, verdict: Verdict) -> None:
        """Bob presses a button, once or twice. It counts once."""
        deploy = self.question()
        assert deploy is not None
        for nth in range(times):
            try:
                self.yard.approve(deploy.id, verdict=verdict)
            except Refused:
                assert nth or not self.open(deploy)
        assert len(self.yard.get(deploy.id).decisions) <= 1

    @precondition(lambda self: self.asked)
    @rule(nth_newest=st.integers(0, 3))
    def cancel(self, nth_newest: int) -> None:
        """`/deploy cancel`, whatever became of that deploy."""
        self.cancel_if_possible(self.asked[-1 - nth_newest % len(self.asked)])

    # What happens

    @rule(times=st.integers(1, 10), seconds=st.sampled_from([0.5, 2, 10]))
    def time_passes(self, times: int, seconds: float) -> None:
        """Workers and ECS go on."""
        for _ in range(times):
            self.tick(seconds)

    @precondition(lambda self: self.yard.store.live())
    @rule(phase=st.sampled_from(SEEN_BETWEEN_STEPS), bob_is_there=st.booleans())
    def time_passes_until(self, phase: Phase, bob_is_there: bool) -> None:
        """They go on until a deploy is there, if it gets there at all. Bob approves if he can."""
        for _ in range(40):
            if any(deploy.phase is phase for deploy in self.yard.store.live()):
                break
            if bob_is_there:
                self.bob_approves()
            self.tick(2)

    @rule(calls=st.integers(1, 4), after=st.booleans())
    def a_worker_will_die(self, calls: int, after: bool) -> None:
        """At one of the next calls that change something: before AWS gets it, or after."""
        self.dies_in, self.dies_after_the_call = calls, after

    @rule(calls=st.integers(1, 4))
    def somebody_will_cancel_during_a_call(self, calls: int) -> None:
        """While a worker waits for AWS, which is doing what was asked."""
        self.cancelled_in = calls

    @rule(
        operation=st.sampled_from(["Update*", "Register*", "Describe*", "Stop*", "*"]),
        kind=st.sampled_from(["throttle", "error", "timeout-after", "timeout-before"]),
        times=st.integers(1, 4),
    )
    def aws_has_a_bad_moment(self, operation: str, kind: str, times: int) -> None:
        """The next calls are refused, or get no answer, though perhaps they were done."""
        self.ecs.faults.add(operation=f"ecs:{operation}", kind=kind, times=times, seconds=0.02)

    @rule(service=services, own_revision=st.booleans())
    def somebody_uses_the_console(self, service: str, own_revision: bool) -> None:
        """A new deployment of what runs, or of a revision of their own."""
        self.ecs.faults.clear()
        self.moved_by_hand.add(service)
        change: dict[str, Any] = {"forceNewDeployment": True}
        if own_revision:
            change = {"taskDefinition": self.somebodys_revision(service)}
        self.ecs.client("ecs").update_service(cluster="production", service=service, **change)


def test_whatever_happens_every_deploy_ends_well(redis: Redis) -> None:
    class OnThisRedis(Days):
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
