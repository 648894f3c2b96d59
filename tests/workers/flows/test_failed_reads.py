"""A throttled or failed read ends no watch, whatever it is that is waited for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from deploys.catalogue.service import CheckAfter, TaskBefore
from deploys.deploy import MilestoneKind, Outcome, Phase, Verb
from tests.workers.flows.test_crashes import assert_sound
from tests.workers.flows.test_stop_start import assert_strict_order
from tests.workers.yard import Yard

READS = ("Describe*", "List*", "Get*")
QUIET = CheckAfter(alarms=("site-5xx",), lasts=60)
MIGRATE = TaskBefore(command=("python", "-m", "web", "migrate"))


def rolling(yard: Yard) -> str:
    return yard.ask("web", "1.4.2")


def prepared(yard: Yard) -> str:
    return yard.ask("web", "1.4.2", before=MIGRATE)


def checked(yard: Yard) -> str:
    return yard.ask("web", "1.4.2", after=QUIET)


def looking_on(yard: Yard) -> str:
    yard.console.update_service(cluster="production", service="web", forceNewDeployment=True)
    return yard.ask_to(Verb.FOLLOW, "web")


def stopped(yard: Yard) -> str:
    deploy_id = yard.ask("billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    return deploy_id


def cancelled(yard: Yard) -> str:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.tick(10)
    yard.cancel(deploy_id)
    return deploy_id


def stopped_and_cancelled(yard: Yard) -> str:
    deploy_id = stopped(yard)
    yard.until(lambda: yard.get(deploy_id).rollout.new_pending)
    yard.cancel(deploy_id)
    return deploy_id


WAITS: dict[Phase, tuple[Callable[[Yard], str], Outcome]] = {
    Phase.PREPARING: (prepared, Outcome.SUCCEEDED),
    Phase.DRAINING: (stopped, Outcome.SUCCEEDED),
    Phase.FOLLOWING: (rolling, Outcome.SUCCEEDED),
    Phase.CHECKING: (checked, Outcome.SUCCEEDED),
    Phase.LOOKING_ON: (looking_on, Outcome.SUCCEEDED),
    Phase.RESTORING: (stopped_and_cancelled, Outcome.CANCELLED),
    Phase.FOLLOWING_BACK: (cancelled, Outcome.CANCELLED),
    Phase.SETTLING: (stopped, Outcome.SUCCEEDED),
}
"""Every phase that waits for AWS, with a deploy that comes to it and how that ends."""


@pytest.mark.parametrize("phase", WAITS)
def test_failed_reads_end_no_watch(yard: Yard, phase: Phase) -> None:
    ask, outcome = WAITS[phase]
    deploy_id = ask(yard)
    yard.until_phase(deploy_id, phase)
    faults = [
        yard.ecs.faults.add(operation=f"*{read}", kind=kind, times=2)
        for read in READS
        for kind in ("throttle", "error")
    ]

    yard.until(lambda: any(fault.struck for fault in faults))

    assert yard.get(deploy_id).phase is phase
    assert yard.until_over(deploy_id).outcome is outcome
    assert yard.leftovers() == []


def test_reads_that_fail_until_the_deadline_end_it_before_anything_changed_and_promise_nothing(
    yard: Yard,
) -> None:
    yard.ecs.faults.add(operation="DescribeServices", kind="throttle", times=None)

    deploy_id = yard.ask("web", "1.4.2", deadline=60)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert re.fullmatch(
        r"\*Refused\*, nothing was changed: AWS could not be asked for 1 min \d\d s\. AWS does not answer "
        r"ecs:DescribeServices for now \(ThrottlingException: Rate exceeded\)\.",
        yard.said(deploy_id, MilestoneKind.END),
    )


@contextmanager
def a_third_of_all_reads_throttled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever is read."""
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
    yard: Yard, monkeypatch: pytest.MonkeyPatch, service: str, tag: str, tasks: int, outcome: Outcome
) -> None:
    deploy_id = yard.ask(service, tag)
    with a_third_of_all_reads_throttled(monkeypatch):
        if service == "billing":
            yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
            yard.approve(deploy_id)
        deploy = yard.until_over(deploy_id)

    assert deploy.outcome is outcome
    assert_sound(yard, deploy, service, tasks)
    if service == "billing":
        assert_strict_order(yard, service)
