"""A look that nothing depends on fails for ever: the deploy goes on, and says what it could not see."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from deploys.deploy import MilestoneKind, Outcome, Phase, Verb
from deploys.errors import AwsDenied, AwsUnavailable, Conflict, InternalError, LeaseTooShort
from tests.builders import ARN, a_deploy, a_plan, an_original
from tests.workers.flows.scaled import SERVICE, begin, count, scaled
from tests.workers.yard import Yard
from workers.ecs import services
from workers.flows.best_effort import TRIES, attempt, best_effort
from workers.flows.goals import revision_to_return_to

LATE = "*Needs a look*: the service was found with desired count 0 after the end. I set it back to 2."
NOT_SETTLED = (
    "*Needs a look*: I could not check that the end held. AWS does not answer ecs:DescribeServices for now "
    "(ThrottlingException: Rate exceeded). Look at the service's revision and count."
)


def set_to_zero(yard: Yard) -> None:
    yard.console.update_service(cluster="production", service=SERVICE, desiredCount=0)


def wait(yard: Yard, seconds: int) -> None:
    for _ in range(seconds // 10):
        yard.tick(10)


def raising(error: Exception) -> Any:
    def look() -> str:
        raise error

    return look


def test_what_fails_gives_what_was_offered_instead() -> None:
    denied = AwsDenied(action="ecs:ListTasks", detail="no.")

    assert attempt(lambda: "seen") == "seen"
    assert attempt(raising(denied)) is denied
    assert best_effort(raising(denied), "unseen") == "unseen"


def test_an_error_that_nobody_expected_is_logged_under_the_reference_that_people_read() -> None:
    with capture_logs() as logged:
        failed = attempt(raising(KeyError("taskArns")))

    assert isinstance(failed, InternalError)
    assert logged[0]["reference"] in failed.message


@pytest.mark.parametrize("attempts", range(TRIES))
def test_what_passes_by_itself_is_tried_again_for_a_while(attempts: int) -> None:
    silent = AwsUnavailable(action="ecs:ListTasks", detail="slow")

    with pytest.raises(AwsUnavailable):
        attempt(raising(silent), attempts=attempts)
    assert attempt(raising(silent), attempts=TRIES) is silent


@pytest.mark.parametrize("error", [LeaseTooShort(id="abcd2345"), Conflict(id="abcd2345")])
def test_what_is_about_the_deploy_itself_is_no_failed_look(error: Exception) -> None:
    with pytest.raises(type(error)):
        best_effort(raising(error), "unseen")


def test_zero_is_set_right_though_scaling_cannot_be_put_back(yard: Yard) -> None:
    scaled(yard)
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.add(operation="RegisterScalableTarget", kind="access-denied", times=None)
    yard.until(lambda: "still suspended" in yard.said(deploy_id), 3600)
    set_to_zero(yard)
    wait(yard, 600)

    assert count(yard) == 2
    assert yard.get(deploy_id).phase is Phase.SETTLING
    assert LATE in yard.said(deploy_id, MilestoneKind.TROUBLE)
    yard.ecs.faults.clear()
    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert count(yard) == 2


def test_a_stopped_service_is_looked_at_after_the_end_until_a_look_succeeds(yard: Yard) -> None:
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.SETTLING)
    yard.ecs.faults.add(operation="DescribeServices", kind="throttle", times=None)
    wait(yard, 2400)
    told = [m for m in yard.get(deploy_id).milestones if m.text == f"{NOT_SETTLED} I keep trying."]
    assert 1 < len(told) < 5, "said again, and seldom"
    assert told[0].broadcast
    yard.ecs.faults.clear()
    set_to_zero(yard)

    yard.until_over(deploy_id)

    assert count(yard) == 2
    assert LATE in yard.said(deploy_id, MilestoneKind.TROUBLE)


def test_a_service_that_kept_running_is_not_looked_at_for_ever(yard: Yard) -> None:
    yard.ecs.faults.add(operation="UpdateService", kind="timeout-after")
    deploy_id = yard.ask("web", "1.4.2")
    yard.until_phase(deploy_id, Phase.SETTLING)
    yard.ecs.faults.add(operation="DescribeServices", kind="throttle", times=None)

    yard.until_over(deploy_id)

    assert NOT_SETTLED in yard.said(deploy_id, MilestoneKind.TROUBLE).splitlines()


def test_a_success_whose_tasks_cannot_be_read_is_one_and_strict_order_is_not_claimed(yard: Yard) -> None:
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.add(operation="ListTasks", kind="access-denied", times=None)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    (said,) = [m for m in deploy.milestones if m.kind is MilestoneKind.TROUBLE]
    assert said.broadcast
    assert said.text.startswith(
        "*Strict order is not proven*: I could not read which tasks ran beside which. AWS does not allow "
        "ecs:ListTasks: "
    )


def test_a_mark_that_stays_on_the_service_ends_the_deploy_all_the_same(yard: Yard) -> None:
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.add(operation="UntagResource", kind="throttle", times=None)

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED

    assert yard.said(deploy_id, MilestoneKind.TROUBLE) == (
        "The mark `slipway:restore` could not be taken off the ECS service: AWS does not answer "
        "ecs:UntagResource for now (ThrottlingException: Rate exceeded)."
    )


def test_a_rollout_is_followed_though_its_revisions_cannot_be_read(yard: Yard) -> None:
    yard.console.update_service(cluster="production", service="web", forceNewDeployment=True)
    yard.ecs.faults.add(operation="DescribeTaskDefinition", kind="access-denied", times=None)

    assert yard.until_over(yard.ask_to(Verb.FOLLOW, "web")).outcome is Outcome.SUCCEEDED


def test_a_rollback_does_not_need_the_registry(yard: Yard) -> None:
    yard.until_over(yard.ask("web", "1.4.2"))
    yard.ecs.faults.add(operation="ecr:*", kind="access-denied", times=None)

    deploy = yard.until_over(yard.ask_to(Verb.ROLLBACK, "web"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert (
        "• I cannot ask the image's registry, so I cannot check that the image exists"
        in yard.said(deploy.id, MilestoneKind.PLAN).splitlines()
    )


def test_a_rollback_retags_nothing_so_names_of_containers_do_not_refuse_it(yard: Yard) -> None:
    yard.until_over(yard.ask("web", "1.4.2"))
    refused = yard.until_over(yard.ask("web", "1.5.0", containers=("app",)))
    deploy = yard.until_over(yard.ask_to(Verb.ROLLBACK, "web", containers=("app",)))

    assert refused.outcome is Outcome.REFUSED
    assert deploy.outcome is Outcome.SUCCEEDED
    assert yard.images_running("web") == {"1.4.0"}


def test_a_rollback_knows_the_copy_that_runs_for_what_it_is_a_copy_of() -> None:
    first = a_deploy(plan=a_plan(), new_revision=f"{ARN}:task-definition/web:2", outcome=Outcome.SUCCEEDED)
    undone = a_deploy(
        original=an_original(revision=f"{ARN}:task-definition/web:2"),
        new_revision=f"{ARN}:task-definition/web:3",
        restore_revision=f"{ARN}:task-definition/web:4",
        outcome=Outcome.CANCELLED,
    )
    rollback = a_deploy(verb=Verb.ROLLBACK)

    found = revision_to_return_to(rollback, [undone, first], f"{ARN}:task-definition/web:4")

    assert found == f"{ARN}:task-definition/web:1"


def test_one_service_that_cannot_be_read_does_not_strand_the_others(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Services of a cluster are read together."""
    first, second = yard.ask("web", "1.4.2"), yard.ask("api", "1.4.2")
    yard.until_phase(first, Phase.FOLLOWING)
    yard.until_phase(second, Phase.FOLLOWING)
    real = services.describe

    def describe(region: Any, cluster: str, names: Any) -> Any:
        if "api" in names:
            raise KeyError("serviceArn")
        return real(region, cluster, names)

    monkeypatch.setattr(services, "describe", describe)
    with capture_logs():
        assert yard.until_over(first).outcome is Outcome.SUCCEEDED
        assert yard.get(second).phase is Phase.FOLLOWING
