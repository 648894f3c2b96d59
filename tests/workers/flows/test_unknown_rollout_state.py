"""An empty rolloutState is unknown, not done: behind a Classic Load Balancer ECS tells none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase, Verb
from deploys.errors import ForeignRollout, NothingToFollow
from tests.builders import a_service
from tests.workers.flows.conftest import Twist
from tests.workers.flows.test_rollout import OLD, OTHERS, a_deployment, enum, service_with
from tests.workers.yard import Yard
from workers.ecs.seen import DeploymentSeen
from workers.flows.planning import check_service
from workers.flows.rollout import in_progress

OLDER = replace(a_deployment(OTHERS, OLD), status="ACTIVE")
GOES_ON = {
    "IN_PROGRESS": (True, True),
    "COMPLETED": (False, False),
    "FAILED": (False, False),
    "": (False, True),
}
"""By PRIMARY's state: whether a rollout is in progress where PRIMARY is alone, and where another is left."""


def test_every_rollout_state_has_its_row() -> None:
    assert set(GOES_ON) - {""} == enum("DeploymentRolloutState")


@pytest.mark.parametrize("beside", [(), (OLDER,)])
@pytest.mark.parametrize("state", GOES_ON)
def test_where_ecs_tells_no_state_another_deployment_that_is_left_is_one_in_progress(
    state: str, beside: tuple[DeploymentSeen, ...]
) -> None:
    primary = a_deployment(state=state)
    seen = replace(service_with(primary), deployments=(primary, *beside))

    if GOES_ON[state][len(beside)]:
        with pytest.raises(ForeignRollout):
            check_service(a_service(), seen)
    else:
        check_service(a_service(), seen)


@pytest.mark.parametrize(
    ("running", "left", "going"), [(3, 0, False), (1, 0, True), (3, 1, True)], ids=["over", "short", "beside"]
)
def test_what_is_left_of_another_deployment_tells_whether_one_goes_on(
    running: int, left: int, going: bool
) -> None:
    primary = replace(a_deployment(state=""), running=running)
    seen = replace(service_with(primary), deployments=(primary, replace(OLDER, running=left)))

    assert in_progress(seen) is (primary if going else None)


@pytest.fixture
def classic(twist: Twist) -> None:
    """ECS answers as for a service behind a Classic Load Balancer."""

    def blank(parsed: dict[str, Any]) -> None:
        for deployment in parsed["services"][0]["deployments"]:
            deployment.pop("rolloutState", None)
            deployment.pop("rolloutStateReason", None)

    twist("DescribeServices", blank)


@pytest.mark.parametrize(
    ("tag", "outcome"), [("1.4.2", Outcome.SUCCEEDED), ("1.5.0-crash", Outcome.ROLLED_BACK)]
)
@pytest.mark.usefixtures("classic")
def test_behind_a_classic_load_balancer_the_service_deployment_decides(
    yard: Yard, tag: str, outcome: Outcome
) -> None:
    assert yard.until_over(yard.ask("web", tag)).outcome is outcome


@pytest.mark.usefixtures("classic")
def test_behind_a_classic_load_balancer_a_foreign_rollout_is_not_disturbed_and_can_be_followed(
    yard: Yard,
) -> None:
    yard.console.update_service(cluster="production", service="web", forceNewDeployment=True)

    refused = yard.until_over(yard.ask("web", "1.4.2"))
    followed = yard.ask_to(Verb.FOLLOW, "web")

    assert refused.outcome is Outcome.REFUSED
    assert "Another deployment of `web` is in progress" in refused.reason
    assert yard.until_phase(followed, Phase.LOOKING_ON).deployment_id
    assert yard.until_over(followed).outcome is Outcome.SUCCEEDED


@pytest.mark.usefixtures("classic")
def test_behind_a_classic_load_balancer_a_service_at_rest_has_nothing_to_follow(yard: Yard) -> None:
    deploy_id = yard.ask_to(Verb.FOLLOW, "web")
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    nothing = NothingToFollow(service="web", what="", since="", counts="").message.partition(",")[0]
    assert nothing in yard.said(deploy_id, MilestoneKind.END)


@pytest.mark.usefixtures("classic")
def test_behind_a_classic_load_balancer_the_next_in_line_is_not_refused_for_what_is_left_of_the_one_before(
    yard: Yard,
) -> None:
    first, second = yard.ask("web", "1.4.2"), yard.ask("web", "1.5.0")

    assert yard.until_over(second).outcome is Outcome.SUCCEEDED
    assert yard.get(first).outcome is Outcome.SUCCEEDED
