"""A best-effort read keeps failing: the deploy goes on and reports what it could not read."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from deploys.errors import AwsDenied, AwsUnavailable, Conflict, InternalError, LeaseTooShort
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import ARN, a_deploy, a_plan, a_restore_point
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.autoscaled_service import (
    SERVICE,
    autoscale_billing,
    desired_count,
    start_approved_deploy,
)
from workers.ecs import services
from workers.flows.best_effort import TRIES_BEFORE_GIVING_UP, attempt, best_effort
from workers.flows.plan.rollback_target import find_rollback_revision

FOUND_AT_ZERO = "*Needs attention*: the desired count was 0 after the deploy ended. I set it back to 2."
NOT_SETTLED = (
    "*Needs attention*: I could not check that the result holds. AWS does not answer ecs:DescribeServices "
    "for now (ThrottlingException: Rate exceeded). Look at the service's revision and count."
)


def set_count_to_zero(harness: EngineHarness) -> None:
    harness.ecs_client.update_service(cluster="production", service=SERVICE, desiredCount=0)


def let_time_pass(harness: EngineHarness, seconds: int) -> None:
    for _ in range(seconds // 10):
        harness.tick(10)


def raise_when_called(error: Exception) -> Any:
    def look() -> str:
        raise error

    return look


def test_what_fails_gives_what_was_offered_instead() -> None:
    denied = AwsDenied(action="ecs:ListTasks", detail="no.")

    assert attempt(lambda: "seen") == "seen"
    assert attempt(raise_when_called(denied)) is denied
    assert best_effort(raise_when_called(denied), "unseen") == "unseen"


def test_an_error_that_nobody_expected_is_logged_under_the_reference_that_people_read() -> None:
    with capture_logs() as logged:
        failed = attempt(raise_when_called(KeyError("taskArns")))

    assert isinstance(failed, InternalError)
    assert logged[0]["reference"] in failed.message


@pytest.mark.parametrize("attempts", range(TRIES_BEFORE_GIVING_UP))
def test_what_passes_by_itself_is_tried_again_for_a_while(attempts: int) -> None:
    silent = AwsUnavailable(action="ecs:ListTasks", detail="slow")

    with pytest.raises(AwsUnavailable):
        attempt(raise_when_called(silent), attempts=attempts)
    assert attempt(raise_when_called(silent), attempts=TRIES_BEFORE_GIVING_UP) is silent


@pytest.mark.parametrize("error", [LeaseTooShort(id="abcd2345"), Conflict(id="abcd2345")])
def test_what_is_about_the_deploy_itself_is_no_failed_look(error: Exception) -> None:
    with pytest.raises(type(error)):
        best_effort(raise_when_called(error), "unseen")


def test_zero_is_set_right_though_scaling_cannot_be_put_back(harness: EngineHarness) -> None:
    autoscale_billing(harness)
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation="RegisterScalableTarget", kind="access-denied", times=None)
    harness.until(lambda: "still suspended" in harness.thread_text(deploy_id), 3600)
    set_count_to_zero(harness)
    let_time_pass(harness, 600)

    assert desired_count(harness) == 2
    assert harness.get(deploy_id).phase is Phase.SETTLING
    assert FOUND_AT_ZERO in harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM)
    harness.ecs.faults.clear()
    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert desired_count(harness) == 2


def test_a_stopped_service_is_looked_at_after_the_end_until_a_look_succeeds(harness: EngineHarness) -> None:
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.SETTLING)
    harness.ecs.faults.add(operation="DescribeServices", kind="throttle", times=None)
    let_time_pass(harness, 2400)
    alerts = [m for m in harness.get(deploy_id).thread_messages if m.text == f"{NOT_SETTLED} I keep trying."]
    assert 1 < len(alerts) < 5, "said again, and seldom"
    assert alerts[0].broadcast
    harness.ecs.faults.clear()
    set_count_to_zero(harness)

    harness.until_over(deploy_id)

    assert desired_count(harness) == 2
    assert FOUND_AT_ZERO in harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM)


def test_a_service_that_kept_running_is_not_looked_at_for_ever(harness: EngineHarness) -> None:
    harness.ecs.faults.add(operation="UpdateService", kind="timeout-after")
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.SETTLING)
    harness.ecs.faults.add(operation="DescribeServices", kind="throttle", times=None)

    harness.until_over(deploy_id)

    assert NOT_SETTLED in harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM).splitlines()


def test_a_success_whose_tasks_cannot_be_read_is_one_and_strict_order_is_not_claimed(
    harness: EngineHarness,
) -> None:
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation="ListTasks", kind="access-denied", times=None)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    (message,) = [m for m in deploy.thread_messages if m.kind is ThreadMessageKind.PROBLEM]
    assert message.broadcast
    assert message.text.startswith(
        "*Strict order is not proven*: I could not read which tasks ran at the same time. AWS does not allow "
        "ecs:ListTasks: "
    )


def test_a_mark_that_stays_on_the_service_ends_the_deploy_all_the_same(harness: EngineHarness) -> None:
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation="UntagResource", kind="throttle", times=None)

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED

    assert harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM) == (
        "The tag `slipway:restore` could not be removed from the ECS service: AWS does not answer "
        "ecs:UntagResource for now (ThrottlingException: Rate exceeded)."
    )


def test_a_rollout_is_followed_though_its_revisions_cannot_be_read(harness: EngineHarness) -> None:
    harness.ecs_client.update_service(cluster="production", service="web", forceNewDeployment=True)
    harness.ecs.faults.add(operation="DescribeTaskDefinition", kind="access-denied", times=None)

    assert harness.until_over(harness.request_verb(Verb.FOLLOW, "web")).outcome is Outcome.SUCCEEDED


def test_a_rollback_does_not_need_the_registry(harness: EngineHarness) -> None:
    harness.until_over(harness.request_deploy("web", "1.4.2"))
    harness.ecs.faults.add(operation="ecr:*", kind="access-denied", times=None)

    deploy = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert (
        "• I cannot ask the image's registry, so I cannot check that the image exists"
        in harness.thread_text(deploy.id, ThreadMessageKind.PLAN).splitlines()
    )


def test_a_rollback_retags_nothing_so_names_of_containers_do_not_refuse_it(harness: EngineHarness) -> None:
    harness.until_over(harness.request_deploy("web", "1.4.2"))
    refused = harness.until_over(harness.request_deploy("web", "1.5.0", containers=("app",)))
    deploy = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web", containers=("app",)))

    assert refused.outcome is Outcome.REFUSED
    assert deploy.outcome is Outcome.SUCCEEDED
    assert harness.running_tags("web") == {"1.4.0"}


def test_a_rollback_knows_the_copy_that_runs_for_what_it_is_a_copy_of() -> None:
    first = a_deploy(
        plan=a_plan(), ecs={"new_revision": f"{ARN}:task-definition/web:2"}, outcome=Outcome.SUCCEEDED
    )
    undone = a_deploy(
        stop={"restore_point": a_restore_point(revision=f"{ARN}:task-definition/web:2")},
        ecs={"new_revision": f"{ARN}:task-definition/web:3"},
        rollback={"revision_copy": f"{ARN}:task-definition/web:4"},
        outcome=Outcome.CANCELLED,
    )
    rollback = a_deploy(verb=Verb.ROLLBACK)

    found = find_rollback_revision(rollback, [undone, first], f"{ARN}:task-definition/web:4")

    assert found == f"{ARN}:task-definition/web:1"


def test_one_service_that_cannot_be_read_does_not_strand_the_others(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The services of a cluster are read in one call."""
    first, second = harness.request_deploy("web", "1.4.2"), harness.request_deploy("api", "1.4.2")
    harness.until_phase(first, Phase.FOLLOWING)
    harness.until_phase(second, Phase.FOLLOWING)
    real = services.describe

    def describe(region: Any, cluster: str, names: Any) -> Any:
        if "api" in names:
            raise KeyError("serviceArn")
        return real(region, cluster, names)

    monkeypatch.setattr(services, "describe", describe)
    with capture_logs():
        assert harness.until_over(first).outcome is Outcome.SUCCEEDED
        assert harness.get(second).phase is Phase.FOLLOWING
