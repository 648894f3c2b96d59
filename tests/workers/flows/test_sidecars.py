"""A task whose first essential container is a sidecar: the app is what is deployed, shown and said to run."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Verb
from deploys.errors import ContainerUnclear
from tests.builders import REGISTRY, a_service
from tests.workers.yard import Yard
from workers.queries.tags import tags

LOGS = {
    "name": "logs",
    "image": "public.ecr.aws/aws-observability/aws-for-fluent-bit:2",
    "essential": True,
    "firelensConfiguration": {"type": "fluentbit"},
}
ENVOY = {"name": "envoy", "image": "public.ecr.aws/envoy/envoy:v1.30", "essential": True}
AGENT = {"name": "agent", "image": LOGS["image"], "essential": True}
PROXY = {"proxyConfiguration": {"type": "APPMESH", "containerName": "envoy", "properties": []}}
KEPT = ("family", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")


def with_sidecar(yard: Yard, name: str, sidecar: dict[str, Any], **more: Any) -> str:
    """The service runs its app with this container before it; the revision."""
    running = yard.service(name)["taskDefinition"]
    content = yard.console.describe_task_definition(taskDefinition=running)["taskDefinition"]
    request = {key: content[key] for key in KEPT if key in content}
    containers = [sidecar, *content["containerDefinitions"]]
    made = yard.console.register_task_definition(**request, containerDefinitions=containers, **more)
    arn: str = made["taskDefinition"]["taskDefinitionArn"]
    yard.console.update_service(cluster="production", service=name, taskDefinition=arn)
    yard.ecs.advance(300)
    return arn


def images(yard: Yard, deploy: Deploy) -> dict[str, str]:
    found = yard.console.describe_task_definition(taskDefinition=deploy.new_revision)["taskDefinition"]
    return {each["name"]: each["image"] for each in found["containerDefinitions"]}


@pytest.mark.parametrize(("sidecar", "more"), [(LOGS, {}), (ENVOY, PROXY)], ids=["log router", "proxy"])
@pytest.mark.parametrize("name", ["web", "ledger"])
def test_the_app_is_deployed_and_not_the_sidecar_before_it(
    yard: Yard, name: str, sidecar: dict[str, Any], more: dict[str, Any]
) -> None:
    with_sidecar(yard, name, sidecar, **more)

    deploy = yard.until_over(yard.ask(name, "1.4.2", approvals=0))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert images(yard, deploy) == {
        sidecar["name"]: sidecar["image"],
        name: f"{REGISTRY}/{name}:1.4.2",
    }
    assert yard.images_running(name) == {"1.4.2"}
    assert f"• container `{name}`: `{REGISTRY}/{name}:1.4.0` → `{REGISTRY}/{name}:1.4.2`" in yard.said(
        deploy.id, MilestoneKind.PLAN
    )
    assert f"`{name}` runs `1.4.2`" in yard.said(deploy.id, MilestoneKind.END)
    head = tags(a_service(name), yard.engine._aws).splitlines()[0]
    assert f"`{name}` is set to `1.4.2`" in head


def test_a_restart_and_a_rollback_are_called_by_the_app_s_tag(yard: Yard) -> None:
    with_sidecar(yard, "web", LOGS)
    yard.until_over(yard.ask("web", "1.4.1"))
    yard.until_over(yard.ask("web", "1.4.2"))

    restart = yard.until_over(yard.ask_to(Verb.RESTART, "web"))
    assert (restart.outcome, restart.tag) == (Outcome.SUCCEEDED, "1.4.2")
    back = yard.until_over(yard.ask_to(Verb.ROLLBACK, "web", "1.4.1"))
    assert (back.outcome, back.tag) == (Outcome.SUCCEEDED, "1.4.1")
    assert yard.images_running("web") == {"1.4.1"}


def test_an_unclear_app_is_refused_with_the_candidates_and_deployed_once_it_is_named(yard: Yard) -> None:
    """A worker: no load balancer tells which of the two it is."""
    with_sidecar(yard, "ledger", AGENT)

    deploy = yard.until_over(yard.ask("ledger", "1.4.2", approvals=0))

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy.id, MilestoneKind.END) == (
        "*Refused*, nothing was changed: I cannot tell which container of the task definition `ledger` is "
        f"the app: `agent` (`{LOGS['image']}`), `ledger` (`{REGISTRY}/ledger:1.4.0`) could all be, and the "
        "service's load balancer, Service Connect and service discovery do not single one out. Nothing was "
        "registered. Write the one that gets the new tag in `services.yml`, as `containers` of `ledger`."
    )
    with pytest.raises(ContainerUnclear):
        tags(a_service("ledger"), yard.engine._aws)
    named = yard.until_over(yard.ask("ledger", "1.4.2", approvals=0, containers=("ledger",)))
    assert named.outcome is Outcome.SUCCEEDED
    assert images(yard, named)["ledger"] == f"{REGISTRY}/ledger:1.4.2"


def test_an_unclear_app_keeps_nobody_from_a_restart(yard: Yard) -> None:
    """It makes no image of another, so there is nothing to get wrong."""
    with_sidecar(yard, "ledger", AGENT)

    restart = yard.ask_to(Verb.RESTART, "ledger")
    yard.until_phase(restart, Phase.AWAITING_APPROVAL)
    yard.approve(restart)

    assert yard.until_over(restart).outcome is Outcome.SUCCEEDED
