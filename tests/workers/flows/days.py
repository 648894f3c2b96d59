"""Two services, whoever watches them, and what is asked of every day: always, and after every end."""

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

from deploys.decisions import approved
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.errors import Refused
from deploys.scaling import Suspension
from sandbox.ecs import EcsSandbox, ManualClock
from tests.builders import NOW
from tests.shortcut import shorten
from tests.workers.flows.scaled import target
from tests.workers.flows.test_crashes import CHANGES, Killed
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags
from tests.workers.yard import Yard
from workers.ecs.pins import shown_tag

COUNTS = {"web": 3, "billing": 2}
CRASHING = "1.5.0-crash"
BOUND_TO_RESTORE = set(Phase) - {Phase.WAITING, Phase.PLANNING, Phase.AWAITING_APPROVAL, Phase.ENDED}
LONGEST_SECONDS = 4 * 3600
"""Until everything that was asked for has ended, once nothing goes wrong any more."""


class Watched(RuleBasedStateMachine):
    """A service that rolls, one that stops and starts, and what has to be true of them whatever happens."""

    redis: ClassVar[Redis]

    def __init__(self) -> None:
        super().__init__()
        self.redis.flushall()
        self.patch = pytest.MonkeyPatch()
        self.ecs = EcsSandbox(clock=ManualClock(start=NOW), seed=1)
        self.ecs.start()
        shorten(self.ecs, self.patch)
        numbers = itertools.count(1)
        self.patch.setattr("tests.builders.new_deploy_id", lambda: f"deploy{next(numbers):02}")
        self.patch.setattr(BaseClient, "_make_api_call", self.between_us_and_aws())
        self.yard = Yard(self.ecs, self.redis)
        self.ecs.autoscale("billing", minimum=COUNTS["billing"], maximum=6)
        self.asked: list[str] = []
        self.moved_by_hand: set[str] = set()
        self.unapproved: list[str] = []
        self.dies_in: int | None = None
        self.dies_after_the_call = False
        self.cancelled_in: int | None = None

    # What holds always

    @invariant()
    def one_at_a_time(self) -> None:
        for service in COUNTS:
            active = [d.id for d in self.live(service) if d.phase is not Phase.WAITING]
            assert active in ([], self.yard.store.line(service)[:1])

    @invariant()
    def nothing_is_left_at_zero(self) -> None:
        assert self.desired("web") == COUNTS["web"]
        if self.desired("billing") == 0:
            assert any(d.original and d.phase in BOUND_TO_RESTORE for d in self.live("billing"))

    @invariant()
    def nothing_is_changed_before_approval(self) -> None:
        assert self.unapproved == []

    @invariant()
    def strict_order_is_kept(self) -> None:
        """But for what others do: somebody in the console, and ECS's own way back from a crashing version."""
        crashed = any(d.tag == CRASHING for d in self.all_of("billing"))
        if "billing" not in self.moved_by_hand and not crashed:
            assert_strict_order(self.yard, "billing")

    @invariant()
    def nothing_goes_wrong_inside(self) -> None:
        for deploy in map(self.yard.get, self.asked):
            told = [deploy.last_error, deploy.reason, *(m.text for m in deploy.milestones)]
            assert not any("error inside Slipway" in text for text in told), told

    # The end

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # else that is the story
                self.trouble_ends()
                self.everything_ends()
                self.all_is_well()
        finally:
            self.patch.undo()
            self.ecs.stop()

    def trouble_ends(self) -> None:
        self.ecs.faults.clear()
        self.dies_in = self.cancelled_in = None

    def everything_ends(self) -> None:
        """By itself; bob approves what he is asked."""
        deadline = self.ecs.now() + LONGEST_SECONDS
        while self.yard.store.live():
            assert self.ecs.now() < deadline, self.yard.describe()
            self.bob_approves()
            self.tick(2)
            self.one_at_a_time()
            self.nothing_is_left_at_zero()

    def all_is_well(self) -> None:
        for deploy in map(self.yard.get, self.asked):
            assert deploy.outcome is not None
            ends = [m.text for m in deploy.milestones if m.kind is MilestoneKind.END]
            assert len(ends) == 1, ends
            if deploy.service.name not in self.moved_by_hand:
                assert deploy.outcome not in (Outcome.SUPERSEDED, Outcome.FAILED), ends
            if deploy.tag == CRASHING:
                assert deploy.outcome is not Outcome.SUCCEEDED
        assert self.yard.leftovers() == []
        assert restore_tags(self.yard, "billing") == []
        assert target(self.yard).suspended == Suspension()
        for service, count in COUNTS.items():
            assert self.desired(service) == count
            if service not in self.moved_by_hand:
                assert self.yard.images_running(service) == {self.tag_that_should_run(service)}
        self.nothing_is_changed_before_approval()
        self.strict_order_is_kept()
        self.nothing_goes_wrong_inside()

    # What is so

    def all_of(self, service: str) -> list[Deploy]:
        """Every deploy of the service, in the order they were asked for."""
        return [d for d in map(self.yard.get, self.asked) if d.service.name == service]

    def live(self, service: str) -> list[Deploy]:
        """Those that have not ended."""
        return [deploy for deploy in self.all_of(service) if deploy.phase is not Phase.ENDED]

    def question(self) -> Deploy | None:
        """The deploy that waits for bob, or for a worker to hear what he said."""
        return next((d for d in self.live("billing") if d.phase is Phase.AWAITING_APPROVAL), None)

    def open(self, question: Deploy) -> bool:
        """Whether he can still answer."""
        expires_at = question.question_expires_at
        expired = expires_at is not None and self.ecs.now() >= expires_at
        return not (question.decisions or question.cancel or expired)

    def desired(self, service: str) -> int:
        """Its desired count, looked up without a call that a fault could strike."""
        count: int = self.ecs.state()["services"][service]["desiredCount"]
        return count

    def tag_that_should_run(self, service: str) -> str:
        """What the last deploy that is said to have succeeded was to run."""
        won = [d for d in self.all_of(service) if d.outcome is Outcome.SUCCEEDED and d.plan]
        last = max(won, key=lambda d: d.ended_at or 0.0, default=None)
        return shown_tag(last.plan.changes[0].new_image) if last and last.plan else "1.4.0"

    # What makes it happen

    def tick(self, seconds: float) -> None:
        """Whoever dies, another worker goes on once the leases have run out."""
        try:
            self.yard.tick(seconds)
        except Killed:
            for deploy_id in self.asked:
                self.yard.lease_runs_out(deploy_id)
            self.yard.engine = self.yard.new_engine()
            self.ecs.advance(seconds)

    def bob_approves(self) -> None:
        """What he is asked."""
        question = self.question()
        if question and self.open(question):
            self.yard.approve(question.id)

    def cancel_if_possible(self, deploy_id: str) -> None:
        deploy = self.yard.get(deploy_id)
        try:
            self.yard.cancel(deploy_id)
        except Refused:
            assert deploy.cancel or deploy.back_to or deploy.outcome

    def between_us_and_aws(self) -> Any:
        """Where each call passes that is to change something, workers die and people change their minds."""
        real = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: Any, operation: str, parameters: Any) -> Any:
            if operation not in CHANGES or client.meta.config.user_agent_extra != "slipway":
                return real(client, operation, parameters)
            named = str([parameters.get(name) for name in ("service", "family", "resourceArn", "ResourceId")])
            service = next((name for name in COUNTS if name in named), "web")
            first = self.yard.get(self.yard.store.line(service)[0])
            if first.service.approvals and not approved(first):
                self.unapproved.append(f"{operation} for {first.id} in {first.phase.value}")
            self.dies_in, dies = counted_down(self.dies_in)
            self.cancelled_in, cancels = counted_down(self.cancelled_in)
            if dies and not self.dies_after_the_call:
                raise Killed
            try:
                return real(client, operation, parameters)
            finally:
                if cancels:
                    self.cancel_if_possible(first.id)
                if dies:
                    raise Killed

        return call

    def somebodys_revision(self, service: str) -> str:
        """A copy of what runs, made by somebody else."""
        ecs = self.ecs.client("ecs")
        running = ecs.describe_services(cluster="production", services=[service])["services"][0]
        told = ecs.describe_task_definition(taskDefinition=running["taskDefinition"])["taskDefinition"]
        known = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
        copy = {name: value for name, value in told.items() if name in known}
        arn: str = ecs.register_task_definition(**copy)["taskDefinition"]["taskDefinitionArn"]
        return arn


def counted_down(calls: int | None) -> tuple[int | None, bool]:
    """One call less, and whether it is this one."""
    return (None, True) if calls == 1 else (calls and calls - 1, False)
