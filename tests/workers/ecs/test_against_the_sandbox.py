"""The adapters together, against the sandbox's ECS: the steps of a deploy one after the other."""

from __future__ import annotations

import pytest

from deploys.errors import AwsResultUnknown
from sandbox.ecs import EcsSandbox
from tests.builders import a_service
from tests.workers.ecs.reasons.stopped_task_builders import cause_texts
from tests.workers.ecs.task_definition_builders import retag_request
from workers.ecs import logs, service_deployments, services, task_definitions, tasks
from workers.ecs.aws.aws_clients import AwsClients, RegionClients
from workers.ecs.images import ecr, image_reference
from workers.ecs.images.image_changes import list_image_changes, read_main_image
from workers.ecs.images.image_reference import ImageReference
from workers.ecs.state import RevisionState, ServiceDeploymentState, ServiceState

CLUSTER = "production"


@pytest.fixture
def here(ecs: EcsSandbox) -> RegionClients:
    return AwsClients().region("eu-west-1")


def current(here: RegionClients, name: str) -> tuple[ServiceState, RevisionState]:
    service = services.describe(here, CLUSTER, [name])[name]
    return service, task_definitions.describe(here, service.revision)


def deploy(here: RegionClients, name: str, tag: str) -> ServiceState:
    """Registers a copy under this tag and points the service at it."""
    service, old = current(here, name)
    request = retag_request(old, a_service(name), tag, "abcd2345", service.endpoints)
    return services.update(here, CLUSTER, name, revision=task_definitions.register(here, request))


def main_image(here: RegionClients, name: str) -> ImageReference:
    """The image of the service's main container now."""
    service, revision = current(here, name)
    return read_main_image(revision, a_service(name), service.endpoints)


def follow(ecs: EcsSandbox, here: RegionClients, updated: ServiceState, *ends: str) -> ServiceDeploymentState:
    """Lets time pass until the rollout of this update has one of these statuses."""
    assert updated.primary is not None
    for _ in range(600):
        found = service_deployments.find_by_deployment_id(
            here, CLUSTER, updated.name, updated.primary.id, updated.primary.created_at
        )
        if found is not None and found.status in ends:
            return found
        ecs.advance(2)
    raise AssertionError(f"never {ends}: {found}")


def test_the_seeded_services_are_steady(here: RegionClients) -> None:
    described = services.describe(here, CLUSTER, ["web", "api", "ledger", "billing", "none"])

    assert {name: (found.status, found.desired, found.running) for name, found in described.items()} == {
        "web": ("ACTIVE", 3, 3),
        "api": ("ACTIVE", 2, 2),
        "ledger": ("ACTIVE", 1, 1),
        "billing": ("ACTIVE", 2, 2),
    }
    assert services.describe(here, "nowhere", ["web"]) == {}


def test_a_rollout_is_followed_by_its_identity_to_success(ecs: EcsSandbox, here: RegionClients) -> None:
    before, old = current(here, "web")
    assert before.primary is not None

    updated = deploy(here, "web", "1.4.2")
    assert updated.primary is not None
    assert updated.primary.id != before.primary.id
    ended = follow(ecs, here, updated, "SUCCESSFUL", "ROLLBACK_SUCCESSFUL")

    assert ended.status == "SUCCESSFUL"
    assert service_deployments.describe(here, [ended.arn])[ended.arn] == ended
    running = tasks.list_service_tasks(here, CLUSTER, "web", stopped=False)
    assert {task.started_by for task in running} == {updated.primary.id}
    assert {task.revision for task in running} == {updated.revision}
    found = ecr.find_image(here, main_image(here, "web"))
    assert found is not None
    assert {container.digest for task in running for container in task.containers} >= {found.digest}
    everything = tasks.list_service_tasks(here, CLUSTER, "web")
    assert {task.revision for task in everything} == {old.arn, updated.revision}


def test_a_sidecar_keeps_its_image(ecs: EcsSandbox, here: RegionClients) -> None:
    before, old = current(here, "api")

    updated = deploy(here, "api", "1.4.2")
    _, new = current(here, "api")

    (change,) = list_image_changes(old, a_service("api"), before.endpoints, "1.4.2")
    assert change.container == "api"
    assert new.arn == updated.revision
    by_name = {found["name"]: found["image"] for found in new.raw["containerDefinitions"]}  # type: ignore[attr-defined]
    assert by_name == {"api": change.new_image, "envoy": "public.ecr.aws/envoy/envoy:v1.30"}
    assert new.tags == (*old.tags, ("slipway:deploy", "abcd2345"))


def test_a_registered_revision_is_adopted_by_its_tag(here: RegionClients) -> None:
    _, old = current(here, "web")
    assert task_definitions.find_registered_for(here, "web", old.number, "abcd2345") is None

    arn = task_definitions.register(here, retag_request(old, a_service("web"), "1.4.2", "abcd2345"))

    assert task_definitions.find_registered_for(here, old.family, old.number, "abcd2345") == arn


def test_a_crash_is_explained_with_its_last_lines(ecs: EcsSandbox, here: RegionClients) -> None:
    updated = deploy(here, "web", "1.5.0-crash")
    assert updated.primary is not None
    ended = follow(ecs, here, updated, "ROLLBACK_SUCCESSFUL", "SUCCESSFUL")

    stopped = tasks.list_stopped_tasks(here, CLUSTER, "web", updated.primary.id)
    after = services.describe(here, CLUSTER, ["web"])["web"]
    texts = cause_texts(stopped, after.events, updated.primary.created_at)
    lines = logs.read_last_lines(here, task_definitions.describe(here, updated.revision), stopped[0], "web")

    assert ended.status == "ROLLBACK_SUCCESSFUL"
    assert ended.breaker_failures >= ended.breaker_threshold == 3
    assert (
        texts[0] == f"{len(stopped)} tasks: container `web` exited with code 1. Its last log lines say why."
    )
    assert lines
    assert all(line.strip() for line in lines)


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        ("1.5.0-unhealthy", "the load balancer's health checks failed in target group"),
        ("7.7.7", "the image could not be pulled: it is not there."),
        ("1.5.0-noroom", "ECS finds no capacity for a task."),
    ],
)
def test_each_way_to_fail_has_its_sentence(
    ecs: EcsSandbox, here: RegionClients, tag: str, sentence: str
) -> None:
    updated = deploy(here, "web", tag)
    assert updated.primary is not None

    for _ in range(300):
        ecs.advance(2)
        described = services.describe(here, CLUSTER, ["web"])["web"]
        stopped = tasks.list_stopped_tasks(here, CLUSTER, "web", updated.primary.id)
        texts = cause_texts(stopped, described.events, updated.primary.created_at)
        if any(sentence in text for text in texts):
            return
    raise AssertionError(texts)


def test_a_rollout_is_rolled_back_on_request(ecs: EcsSandbox, here: RegionClients) -> None:
    before, _ = current(here, "web")
    updated = deploy(here, "web", "1.5.0-slow")
    under_way = follow(ecs, here, updated, "IN_PROGRESS")

    service_deployments.stop(here, under_way.arn)

    follow(ecs, here, updated, "ROLLBACK_SUCCESSFUL")
    assert services.describe(here, CLUSTER, ["web"])["web"].revision == before.revision


def test_a_stopped_service_is_watched_until_every_task_is_stopped(
    ecs: EcsSandbox, here: RegionClients
) -> None:
    old = {task.arn for task in tasks.list_service_tasks(here, CLUSTER, "billing", stopped=False)}
    assert len(old) == 2

    updated = services.update(here, CLUSTER, "billing", desired=0)
    ecs.advance(1)
    alive = [
        task for task in tasks.list_service_tasks(here, CLUSTER, "billing") if task.last_status != "STOPPED"
    ]
    assert updated.desired == 0
    assert {task.arn for task in alive} == old, "a task on its way down is still alive"

    for _ in range(300):
        ecs.advance(2)
        states = {task.last_status for task in tasks.describe(here, CLUSTER, sorted(old)).values()}
        if states == {"STOPPED"}:
            break
    assert states == {"STOPPED"}
    assert cause_texts(tasks.list_service_tasks(here, CLUSTER, "billing"), (), 0) == ()


def test_ecr_knows_the_tags_and_which_are_newest(here: RegionClients) -> None:
    image = main_image(here, "web")

    assert ecr.is_in_ecr(image)
    assert ecr.find_image(here, image.with_tag("1.4.2")) is not None
    assert ecr.find_image(here, image.with_tag("9.9.9")) is None
    newest = ecr.list_recent_tags(here, image)
    assert len(newest) == 5
    pushed = [ecr.find_image(here, image_reference.parse_image(str(image.with_tag(tag)))) for tag in newest]
    times = [found.pushed_at for found in pushed if found is not None and found.pushed_at is not None]
    assert times == sorted(times, reverse=True)
    assert len(times) == 5


def test_services_are_tagged_for_a_restore(here: RegionClients) -> None:
    service, _ = current(here, "ledger")

    services.tag(here, service.arn, {"slipway:restore": "1"})
    assert current(here, "ledger")[0].tags == {**service.tags, "slipway:restore": "1"}

    services.untag(here, service.arn, ["slipway:restore"])
    assert current(here, "ledger")[0].tags == service.tags


@pytest.mark.parametrize(("kind", "applied"), [("timeout-before", False), ("timeout-after", True)])
def test_after_an_uncertain_change_a_read_tells_whether_it_was_done(
    ecs: EcsSandbox, here: RegionClients, kind: str, applied: bool
) -> None:
    ecs.faults.add(operation="UpdateService", kind=kind)

    with pytest.raises(AwsResultUnknown):
        services.update(here, CLUSTER, "web", desired=5)

    assert services.describe(here, CLUSTER, ["web"])["web"].desired == (5 if applied else 3)
    assert len(ecs.calls("UpdateService")) == 1
