"""A throttled or failed read does not end the wait, in any phase."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from deploys.catalogue.nested_keys import PostCheck, PreTask
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.strict_order import assert_strict_order
from tests.workers.flows.worker_kills import assert_clean_end

READ_OPERATIONS = ("Describe*", "List*", "Get*")
ALARM_CHECK = PostCheck(alarms=("site-5xx",), duration=60)
MIGRATE = PreTask(command=("python", "-m", "web", "migrate"))


def start_rolling(harness: EngineHarness) -> str:
    return harness.request_deploy("web", "1.4.2")


def start_with_pre_task(harness: EngineHarness) -> str:
    return harness.request_deploy("web", "1.4.2", before=MIGRATE)


def start_with_check(harness: EngineHarness) -> str:
    return harness.request_deploy("web", "1.4.2", after=ALARM_CHECK)


def start_following(harness: EngineHarness) -> str:
    harness.ecs_client.update_service(cluster="production", service="web", forceNewDeployment=True)
    return harness.request_verb(Verb.FOLLOW, "web")


def start_stop_start(harness: EngineHarness) -> str:
    deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    return deploy_id


def start_and_cancel(harness: EngineHarness) -> str:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.tick(10)
    harness.cancel(deploy_id)
    return deploy_id


def start_stop_start_and_cancel(harness: EngineHarness) -> str:
    deploy_id = start_stop_start(harness)
    harness.until(lambda: harness.get(deploy_id).rollout.counts.new_pending)
    harness.cancel(deploy_id)
    return deploy_id


WAITING_PHASES: dict[Phase, tuple[Callable[[EngineHarness], str], Outcome]] = {
    Phase.RUNNING_PRE_TASK: (start_with_pre_task, Outcome.SUCCEEDED),
    Phase.DRAINING: (start_stop_start, Outcome.SUCCEEDED),
    Phase.FOLLOWING: (start_rolling, Outcome.SUCCEEDED),
    Phase.CHECKING: (start_with_check, Outcome.SUCCEEDED),
    Phase.FOLLOWING_EXTERNAL: (start_following, Outcome.SUCCEEDED),
    Phase.RESTORING: (start_stop_start_and_cancel, Outcome.CANCELLED),
    Phase.FOLLOWING_ROLLBACK: (start_and_cancel, Outcome.CANCELLED),
    Phase.SETTLING: (start_stop_start, Outcome.SUCCEEDED),
}
"""Every phase that waits for AWS, with a deploy that reaches it and its outcome."""


@pytest.mark.parametrize("phase", WAITING_PHASES)
def test_failed_reads_end_no_watch(harness: EngineHarness, phase: Phase) -> None:
    ask, outcome = WAITING_PHASES[phase]
    deploy_id = ask(harness)
    harness.until_phase(deploy_id, phase)
    faults = [
        harness.ecs.faults.add(operation=f"*{read}", kind=kind, times=2)
        for read in READ_OPERATIONS
        for kind in ("throttle", "error")
    ]

    harness.until(lambda: any(fault.hits for fault in faults))

    assert harness.get(deploy_id).phase is phase
    assert harness.until_over(deploy_id).outcome is outcome
    assert harness.leftover_keys() == []


def test_reads_that_fail_until_the_deadline_end_it_before_anything_changed_and_promise_nothing(
    harness: EngineHarness,
) -> None:
    harness.ecs.faults.add(operation="DescribeServices", kind="throttle", times=None)

    deploy_id = harness.request_deploy("web", "1.4.2", deadline=60)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert re.fullmatch(
        r"\*Refused\*, nothing was changed: AWS could not be asked for 1 min( \d\d s)?\. AWS does not answer "
        r"ecs:DescribeServices for now \(ThrottlingException: Rate exceeded\)\.",
        harness.thread_text(deploy_id, ThreadMessageKind.END),
    )


@contextmanager
def throttle_a_third_of_reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All reads of AWS."""
    real, chance = BaseClient._make_api_call, Random(7)  # type: ignore[attr-defined]

    def call(client: Any, operation: str, parameters: Any) -> Any:
        if operation.startswith(("Describe", "List", "Get")) and chance.random() < 1 / 3:
            raise ClientError(
                {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, operation
            )
        return real(client, operation, parameters)

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        yield


@pytest.mark.parametrize(
    ("service", "tag", "tasks", "outcome"),
    [
        ("web", "1.4.2", 3, Outcome.SUCCEEDED),
        ("web", "1.5.0-crash", 3, Outcome.ROLLED_BACK),
        ("billing", "1.4.2", 2, Outcome.SUCCEEDED),
    ],
)
def test_with_a_third_of_all_reads_throttled_the_end_is_the_same(
    harness: EngineHarness,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    tag: str,
    tasks: int,
    outcome: Outcome,
) -> None:
    deploy_id = harness.request_deploy(service, tag)
    with throttle_a_third_of_reads(monkeypatch):
        if service == "billing":
            harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
            harness.approve(deploy_id)
        deploy = harness.until_over(deploy_id)

    assert deploy.outcome is outcome
    assert_clean_end(harness, deploy, service, tasks)
    if service == "billing":
        assert_strict_order(harness, service)
