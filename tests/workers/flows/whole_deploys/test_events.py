"""Deploys whose rollouts are read every minute, with events of ECS between the reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from moto.sqs.models import sqs_backends
from structlog.testing import capture_logs

from deploys.pauses import unanswered_pause
from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores.deploy_reader import DeployReader
from deploys.stores.ecs_events import EcsEvents
from sandbox.ecs.account import ACCOUNT, REGION
from tests.builders import a_deploy
from tests.workers.engine_harness import EngineHarness, SilentJobQueue
from workers.events.event_queue import EventQueue
from workers.events.event_receiver import EventReceiver
from workers.flows.ending import TOLD_CONFIRM_SECONDS, confirm_twice
from workers.step_context import Timing

SLOW = Timing(lease_seconds=60, watch_seconds=60, settle_seconds=75)
STEP_SECONDS = 0.25
PATTERN = {
    "source": ["aws.ecs"],
    "detail-type": [
        "ECS Deployment State Change",
        "ECS Service Action",
        "ECS Task State Change",
        "ECS Hook State Change",
    ],
}


@dataclass
class DeploysWithEvents:
    """An engine that reads every minute, and a receiver of events."""

    harness: EngineHarness
    has_rule: bool = True
    reads: list[float] = field(default_factory=list)
    """When the engine read rollouts."""

    def __post_init__(self) -> None:
        ecs = self.harness.ecs
        sqs: Any = ecs.client("sqs")
        url = sqs.create_queue(QueueName="slipway-events")["QueueUrl"]
        if self.has_rule:
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            bus: Any = ecs.client("events")
            bus.put_rule(Name="slipway", EventPattern=json.dumps(PATTERN))
            bus.put_targets(Rule="slipway", Targets=[{"Id": "1", "Arn": found["Attributes"]["QueueArn"]}])
        self.queue = EventQueue(url, REGION)
        self._stored: Any = sqs_backends[ACCOUNT][REGION].queues["slipway-events"]
        self.events = EcsEvents(self.harness.redis, now=ecs.now)
        self.receiver = EventReceiver(
            self.events, DeployReader(self.harness.redis), SilentJobQueue(), now=ecs.now
        )
        self.harness.engine._timing = SLOW
        watch = self.harness.engine.watch

        def counted(cluster_key: str) -> None:
            self.reads.append(ecs.now())
            watch(cluster_key)

        self.harness.engine.watch = counted  # type: ignore[method-assign]

    def run_once(self) -> None:
        """Handles what has arrived and what is due, then lets some time pass."""
        if self._stored.messages:  # asking an empty queue takes longer than all the rest
            received = self.queue.receive(0)
            self.receiver.handle(received)
            self.queue.delete(received)
        self.events.confirm_arrival()
        due = {each.job: each for each in self.harness.store.due(self.harness.ecs.now())}
        self.harness.run_jobs(list(due.values()), STEP_SECONDS)

    def until(self, deploy_id: str, phase: Phase) -> Deploy:
        """Lets time pass until the deploy is there."""
        deadline = self.harness.ecs.now() + 900
        while (deploy := self.harness.get(deploy_id)).phase is not phase:
            assert self.harness.ecs.now() < deadline, self.harness.describe_deploys()
            self.run_once()
        return deploy

    def seconds_behind(self, deploy: Deploy) -> float:
        """From the end of its rollout in ECS to the outcome in the record."""
        [ended] = [
            each["finishedAt"]
            for each in self.harness.ecs.state()["serviceDeployments"]
            if each["arn"] == deploy.ecs.service_deployment_arn
        ]
        assert deploy.ended_at is not None
        return deploy.ended_at - float(ended)


@pytest.mark.parametrize(
    "pattern",
    [["sent"], ["doubled"], ["lost", "doubled", "late"]],
    ids="-".join,
)
def test_an_end_is_known_soon_although_ecs_is_read_every_minute(
    harness: EngineHarness, pattern: Sequence[str]
) -> None:
    harness.ecs.event_faults.set(pattern, late_seconds=5.0)
    deploys = DeploysWithEvents(harness)
    deploy_id = harness.request_deploy("web", "1.4.2")

    deploy = deploys.until(deploy_id, Phase.ENDED)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploys.seconds_behind(deploy) < (1.5 if "lost" not in pattern else 8)
    assert len(deploys.reads) < 25, "one a second at most, and mostly one in five"
    assert [each.kind for each in deploy.thread_messages] == [
        ThreadMessageKind.PLAN,
        ThreadMessageKind.PROGRESS,
        ThreadMessageKind.PROGRESS,
        ThreadMessageKind.END,
    ]
    assert harness.leftover_keys() == []


@pytest.mark.parametrize("pattern", [["sent"], ["lost", "doubled", "late"]], ids="-".join)
def test_a_stop_start_deploy_drains_starts_and_settles_as_it_should(
    harness: EngineHarness, pattern: Sequence[str]
) -> None:
    harness.ecs.event_faults.set(pattern, late_seconds=5.0)
    deploys = DeploysWithEvents(harness)
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.mark_question_shown(deploy_id)
    harness.approve(deploy_id)

    deploy = deploys.until(deploy_id, Phase.ENDED)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.ended_at is not None
    assert harness.ecs.now() - deploy.ended_at >= SLOW.settle_seconds, "no event makes it settle early"
    assert deploys.seconds_behind(deploy) < (1.5 if "lost" not in pattern else 8)


def test_a_pause_is_noticed_by_its_event(harness: EngineHarness) -> None:
    deploys = DeploysWithEvents(harness)
    deploy_id = harness.request_deploy("shop", "1.4.2")
    deploys.until(deploy_id, Phase.FOLLOWING)

    while not (waiting := hooks_that_wait(harness)):
        deploys.run_once()
    began = harness.ecs.now()
    while unanswered_pause(harness.get(deploy_id)) is None:
        assert harness.ecs.now() - began < 2, f"{waiting} waits for an answer"
        deploys.run_once()


def test_the_end_of_a_rollback_is_known_soon_too(harness: EngineHarness) -> None:
    deploys = DeploysWithEvents(harness)
    deploy_id = harness.request_deploy("web", "1.4.2")
    deploys.until(deploy_id, Phase.FOLLOWING)
    harness.cancel(deploy_id)

    deploy = deploys.until(deploy_id, Phase.ENDED)

    rollouts = [each for each in harness.ecs.state()["serviceDeployments"] if each["service"] == "web"]
    assert deploy.outcome is Outcome.CANCELLED
    assert deploy.ended_at is not None
    assert deploy.ended_at - max(float(each["finishedAt"] or 0) for each in rollouts) < 1.5


@pytest.mark.parametrize(
    ("observation", "final", "told", "seconds"),
    [
        (Observation.ROLLOUT_SUCCEEDED, False, True, TOLD_CONFIRM_SECONDS),
        (Observation.ROLLBACK_DONE, True, True, TOLD_CONFIRM_SECONDS),
        (Observation.ROLLBACK_DONE, False, True, SLOW.confirm_seconds),
        (Observation.ROLLBACK_DONE, True, False, SLOW.confirm_seconds),
    ],
)
def test_what_no_older_read_can_show_is_read_again_at_once_if_an_event_told_of_it(
    observation: Observation, final: bool, told: bool, seconds: float
) -> None:
    context: Any = SimpleNamespace(timing=SLOW, has_event_told_of_end=lambda: told)

    again = confirm_twice(a_deploy(), context, observation, soon=True, final=final)

    assert again is not None
    assert again.delay == seconds


def test_a_deadline_is_noticed_when_it_comes_although_ecs_is_read_every_minute(
    harness: EngineHarness,
) -> None:
    deploys = DeploysWithEvents(harness, has_rule=False)
    deploy_id = harness.request_deploy("web", "1.4.2", deadline=20)

    deploy = deploys.until(deploy_id, Phase.FOLLOWING_ROLLBACK)

    assert deploy.ecs.rollout_started_at is not None
    assert deploy.phase_since - deploy.ecs.rollout_started_at == pytest.approx(20, abs=2 * STEP_SECONDS)


def hooks_that_wait(harness: EngineHarness) -> list[str]:
    return [
        hook.id
        for each in harness.ecs.region.tables.service_deployments.values()
        for hook in each.hooks
        if hook.status == "AWAITING_ACTION"
    ]


def test_a_missing_rule_is_noticed_at_the_first_end(harness: EngineHarness) -> None:
    deploys = DeploysWithEvents(harness, has_rule=False)
    with capture_logs() as logs:
        deploy = deploys.until(harness.request_deploy("web", "1.4.2"), Phase.ENDED)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert 0 < deploys.seconds_behind(deploy) <= SLOW.watch_seconds + STEP_SECONDS
    assert (deploys.events.arrive, deploys.events.are_missed) == (False, True)
    assert [each["log_level"] for each in logs if "no event of ECS told of an end" in each["event"]] == [
        "warning"
    ]
