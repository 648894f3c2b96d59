"""A task whose first essential container is a sidecar: Slipway deploys and reports the app container."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.errors import ContainerUnclear
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import REGISTRY, a_service
from tests.workers.engine_harness import EngineHarness
from workers.queries.tags_query import describe_tags

LOG_ROUTER = {
    "name": "logs",
    "image": "public.ecr.aws/aws-observability/aws-for-fluent-bit:2",
    "essential": True,
    "firelensConfiguration": {"type": "fluentbit"},
}
ENVOY = {"name": "envoy", "image": "public.ecr.aws/envoy/envoy:v1.30", "essential": True}
AGENT = {"name": "agent", "image": LOG_ROUTER["image"], "essential": True}
PROXY_CONFIGURATION = {"proxyConfiguration": {"type": "APPMESH", "containerName": "envoy", "properties": []}}
COPIED_FIELDS = ("family", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")


def add_sidecar_first(harness: EngineHarness, name: str, sidecar: dict[str, Any], **more: Any) -> str:
    """Puts this container before the app in the service's revision, and runs it; the ARN."""
    running = harness.describe_service(name)["taskDefinition"]
    content = harness.ecs_client.describe_task_definition(taskDefinition=running)["taskDefinition"]
    request = {key: content[key] for key in COPIED_FIELDS if key in content}
    containers = [sidecar, *content["containerDefinitions"]]
    made = harness.ecs_client.register_task_definition(**request, containerDefinitions=containers, **more)
    arn: str = made["taskDefinition"]["taskDefinitionArn"]
    harness.ecs_client.update_service(cluster="production", service=name, taskDefinition=arn)
    harness.ecs.advance(300)
    return arn


def images_of_new_revision(harness: EngineHarness, deploy: Deploy) -> dict[str, str]:
    found = harness.ecs_client.describe_task_definition(taskDefinition=deploy.ecs.new_revision)[
        "taskDefinition"
    ]
    return {each["name"]: each["image"] for each in found["containerDefinitions"]}


@pytest.mark.parametrize(
    ("sidecar", "more"), [(LOG_ROUTER, {}), (ENVOY, PROXY_CONFIGURATION)], ids=["log router", "proxy"]
)
@pytest.mark.parametrize("name", ["web", "ledger"])
def test_the_app_is_deployed_and_not_the_sidecar_before_it(
    harness: EngineHarness, name: str, sidecar: dict[str, Any], more: dict[str, Any]
) -> None:
    add_sidecar_first(harness, name, sidecar, **more)

    deploy = harness.until_over(harness.request_deploy(name, "1.4.2", approvals=0))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert images_of_new_revision(harness, deploy) == {
        sidecar["name"]: sidecar["image"],
        name: f"{REGISTRY}/{name}:1.4.2",
    }
    assert harness.running_tags(name) == {"1.4.2"}
    assert (
        f"• container `{name}`: `{REGISTRY}/{name}:1.4.0` → `{REGISTRY}/{name}:1.4.2`"
        in harness.thread_text(deploy.id, ThreadMessageKind.PLAN)
    )
    assert f"`{name}` runs `1.4.2`" in harness.thread_text(deploy.id, ThreadMessageKind.END)
    head = describe_tags(a_service(name), harness.engine._aws).text.splitlines()[0]
    assert f"`{name}` is set to `1.4.2`" in head


def test_a_restart_and_a_rollback_are_called_by_the_app_s_tag(harness: EngineHarness) -> None:
    add_sidecar_first(harness, "web", LOG_ROUTER)
    harness.until_over(harness.request_deploy("web", "1.4.1"))
    harness.until_over(harness.request_deploy("web", "1.4.2"))

    restart = harness.until_over(harness.request_verb(Verb.RESTART, "web"))
    assert (restart.outcome, restart.tag) == (Outcome.SUCCEEDED, "1.4.2")
    back = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web", "1.4.1"))
    assert (back.outcome, back.tag) == (Outcome.SUCCEEDED, "1.4.1")
    assert harness.running_tags("web") == {"1.4.1"}


def test_an_unclear_app_is_refused_with_the_candidates_and_deployed_once_it_is_named(
    harness: EngineHarness,
) -> None:
    """A service without a load balancer, which would show which of the two is the app."""
    add_sidecar_first(harness, "ledger", AGENT)

    deploy = harness.until_over(harness.request_deploy("ledger", "1.4.2", approvals=0))

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy.id, ThreadMessageKind.END) == (
        "*Refused*, nothing was changed: I cannot tell which container of the task definition `ledger` is "
        f"the app: `agent` (`{LOG_ROUTER['image']}`), `ledger` (`{REGISTRY}/ledger:1.4.0`) could all be, "
        "and the "
        "service's load balancer, Service Connect and service discovery do not single one out. Nothing was "
        "registered. Write the one that gets the new tag in `services.yml`, as `containers` of `ledger`."
    )
    with pytest.raises(ContainerUnclear):
        describe_tags(a_service("ledger"), harness.engine._aws)
    named = harness.until_over(harness.request_deploy("ledger", "1.4.2", approvals=0, containers=("ledger",)))
    assert named.outcome is Outcome.SUCCEEDED
    assert images_of_new_revision(harness, named)["ledger"] == f"{REGISTRY}/ledger:1.4.2"


def test_an_unclear_app_keeps_nobody_from_a_restart(harness: EngineHarness) -> None:
    """A restart changes no image, so it cannot pick the wrong container."""
    add_sidecar_first(harness, "ledger", AGENT)

    restart = harness.request_verb(Verb.RESTART, "ledger")
    harness.until_phase(restart, Phase.AWAITING_APPROVAL)
    harness.approve(restart)

    assert harness.until_over(restart).outcome is Outcome.SUCCEEDED
