"""An empty rolloutState means unknown, not completed: ECS reports none behind a Classic Load Balancer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.errors import ExternalRolloutInProgress, NothingToFollow
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import a_service
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.conftest import AlterResponse
from tests.workers.flows.ecs_state_builders import (
    OLD_REVISION,
    OTHER_DEPLOYMENT,
    a_deployment,
    ecs_enum_values,
    service_with,
)
from workers.ecs.state import DeploymentState
from workers.flows.observe.rollout_status import find_deployment_in_progress
from workers.flows.plan.planning import check_service

OLDER_DEPLOYMENT = replace(a_deployment(OTHER_DEPLOYMENT, OLD_REVISION), status="ACTIVE")
IN_PROGRESS_BY_STATE = {
    "IN_PROGRESS": (True, True),
    "COMPLETED": (False, False),
    "FAILED": (False, False),
    "": (False, True),
}
"""By PRIMARY's state: whether a rollout is in progress if PRIMARY is alone, and if another deployment is
left."""


def test_every_rollout_state_has_its_row() -> None:
    assert set(IN_PROGRESS_BY_STATE) - {""} == ecs_enum_values("DeploymentRolloutState")


@pytest.mark.parametrize("beside", [(), (OLDER_DEPLOYMENT,)])
@pytest.mark.parametrize("state", IN_PROGRESS_BY_STATE)
def test_where_ecs_tells_no_state_another_deployment_that_is_left_is_one_in_progress(
    state: str, beside: tuple[DeploymentState, ...]
) -> None:
    primary = a_deployment(state=state)
    ecs_service = replace(service_with(primary), deployments=(primary, *beside))

    if IN_PROGRESS_BY_STATE[state][len(beside)]:
        with pytest.raises(ExternalRolloutInProgress):
            check_service(a_service(), ecs_service)
    else:
        check_service(a_service(), ecs_service)


@pytest.mark.parametrize(
    ("running", "left", "going"), [(3, 0, False), (1, 0, True), (3, 1, True)], ids=["over", "short", "beside"]
)
def test_what_is_left_of_another_deployment_tells_whether_one_goes_on(
    running: int, left: int, going: bool
) -> None:
    primary = replace(a_deployment(state=""), running=running)
    ecs_service = replace(
        service_with(primary), deployments=(primary, replace(OLDER_DEPLOYMENT, running=left))
    )

    assert find_deployment_in_progress(ecs_service) is (primary if going else None)


@pytest.fixture
def classic_load_balancer(alter_response: AlterResponse) -> None:
    """ECS answers as it does for a service behind a Classic Load Balancer."""

    def blank(parsed: dict[str, Any]) -> None:
        for deployment in parsed["services"][0]["deployments"]:
            deployment.pop("rolloutState", None)
            deployment.pop("rolloutStateReason", None)

    alter_response("DescribeServices", blank)


@pytest.mark.parametrize(
    ("tag", "outcome"), [("1.4.2", Outcome.SUCCEEDED), ("1.5.0-crash", Outcome.ROLLED_BACK)]
)
@pytest.mark.usefixtures("classic_load_balancer")
def test_behind_a_classic_load_balancer_the_service_deployment_decides(
    harness: EngineHarness, tag: str, outcome: Outcome
) -> None:
    assert harness.until_over(harness.request_deploy("web", tag)).outcome is outcome


@pytest.mark.usefixtures("classic_load_balancer")
def test_behind_a_classic_load_balancer_a_external_rollout_is_not_disturbed_and_can_be_followed(
    harness: EngineHarness,
) -> None:
    harness.ecs_client.update_service(cluster="production", service="web", forceNewDeployment=True)

    refused = harness.until_over(harness.request_deploy("web", "1.4.2"))
    followed = harness.request_verb(Verb.FOLLOW, "web")

    assert refused.outcome is Outcome.REFUSED
    assert "Another deployment of `web` is in progress" in refused.outcome_reason
    assert harness.until_phase(followed, Phase.FOLLOWING_EXTERNAL).ecs.deployment_id
    assert harness.until_over(followed).outcome is Outcome.SUCCEEDED


@pytest.mark.usefixtures("classic_load_balancer")
def test_behind_a_classic_load_balancer_a_service_at_rest_has_nothing_to_follow(
    harness: EngineHarness,
) -> None:
    deploy_id = harness.request_verb(Verb.FOLLOW, "web")
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    nothing = NothingToFollow(service="web", what="", since="", counts="").message.partition(",")[0]
    assert nothing in harness.thread_text(deploy_id, ThreadMessageKind.END)


@pytest.mark.usefixtures("classic_load_balancer")
def test_behind_a_classic_load_balancer_the_next_is_not_refused_for_what_is_left_of_the_one_before(
    harness: EngineHarness,
) -> None:
    first, second = harness.request_deploy("web", "1.4.2"), harness.request_deploy("web", "1.5.0")

    assert harness.until_over(second).outcome is Outcome.SUCCEEDED
    assert harness.get(first).outcome is Outcome.SUCCEEDED
