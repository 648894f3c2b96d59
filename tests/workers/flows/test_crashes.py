"""A worker that dies at any call: another takes over, and everything still ends as it should."""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

from deploys.deploy import Deploy, Outcome, Phase
from tests.workers.flows.test_stop_start import assert_strict_order
from tests.workers.yard import Yard

CHANGES = {
    "RegisterTaskDefinition",
    "UpdateService",
    "TagResource",
    "UntagResource",
    "StopServiceDeployment",
    "RunTask",
    "StopTask",
    "RegisterScalableTarget",
}


class Killed(BaseException):
    """kill -9 in the middle of a step."""


@contextmanager
def dying(
    monkeypatch: pytest.MonkeyPatch, *, at: int, after: bool, among: Set[str] = CHANGES
) -> Iterator[list[str]]:
    """The worker dies at its n-th call that changes something: before AWS gets it, or after."""
    made: list[str] = []
    real = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: Any, operation: str, parameters: Any) -> Any:
        if operation not in among:
            return real(client, operation, parameters)
        made.append(operation)
        if len(made) == at and not after:
            raise Killed
        answer = real(client, operation, parameters)
        if len(made) == at:
            raise Killed
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        yield made


def run(yard: Yard, service: str, tag: str, *, cancel_in: Phase | None = None) -> Deploy:
    """A deploy to its end, whoever dies on the way."""
    deploy_id = yard.ask(service, tag)
    cancelled = False
    for _ in range(3000):
        deploy = yard.get(deploy_id)
        if deploy.phase is Phase.ENDED:
            return deploy
        if deploy.phase is Phase.AWAITING_APPROVAL and not deploy.decisions:
            yard.approve(deploy_id)
        if cancel_in is deploy.phase and not cancelled:
            yard.cancel(deploy_id)
            cancelled = True
        try:
            yard.tick()
        except Killed:
            yard.lease_runs_out(deploy_id)
            yard.engine = yard.new_engine()
    raise AssertionError(yard.describe())


def assert_sound(yard: Yard, deploy: Deploy, service: str, count: int) -> None:
    """What holds after every end."""
    assert yard.service(service)["desiredCount"] == count
    assert yard.images_running(service) == {deploy.tag if deploy.outcome is Outcome.SUCCEEDED else "1.4.0"}
    assert yard.store.line(service) == []
    assert yard.store.due(yard.ecs.now() + 1e6) == []
    assert yard.store.live() == []
    mine = [
        arn
        for arn in yard.ecs.client("ecs").list_task_definitions(familyPrefix=service)["taskDefinitionArns"]
        if deploy_tag(yard, arn) == deploy.id
    ]
    assert len(mine) == 1, "registered more than once"


def deploy_tag(yard: Yard, arn: str) -> str | None:
    answer = yard.ecs.client("ecs").describe_task_definition(taskDefinition=arn, include=["TAGS"])
    return next((tag["value"] for tag in answer["tags"] if tag["key"] == "slipway:deploy"), None)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
def test_a_rolling_deploy_survives_a_death_at_each_change(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    with dying(monkeypatch, at=at, after=after) as made:
        deploy = run(yard, "web", "1.4.2")

    assert len(made) >= at, "the death never came"
    assert deploy.outcome is Outcome.SUCCEEDED
    assert_sound(yard, deploy, "web", 3)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6])
def test_a_stop_start_deploy_survives_a_death_at_each_change(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    with dying(monkeypatch, at=at, after=after) as made:
        deploy = run(yard, "billing", "1.4.2")

    assert len(made) >= at, "the death never came"
    assert deploy.outcome is Outcome.SUCCEEDED
    assert_sound(yard, deploy, "billing", 2)
    assert_strict_order(yard, "billing")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [5, 6, 7, 8])
def test_the_way_back_of_a_stop_start_deploy_survives_a_death_at_each_change(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    with dying(monkeypatch, at=at, after=after) as made:
        deploy = run(yard, "billing", "1.4.2", cancel_in=Phase.FOLLOWING)

    assert len(made) >= at, "the death never came"
    assert deploy.outcome is Outcome.CANCELLED
    assert_sound(yard, deploy, "billing", 2)
    assert_strict_order(yard, "billing")


def test_the_changes_of_clean_runs_are_all_covered(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    with dying(monkeypatch, at=0, after=False) as made:
        run(yard, "web", "1.4.2")
        rolling = len(made)
        run(yard, "billing", "1.4.2")
        stop_start = len(made) - rolling
        run(yard, "ledger", "1.4.2", cancel_in=Phase.FOLLOWING)
        back = len(made) - rolling - stop_start

    assert (rolling, stop_start, back) == (2, 6, 9)
