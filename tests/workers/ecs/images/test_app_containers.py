"""Which containers are the app: a table over what marks a sidecar, and what gets traffic."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.errors import ContainerUnclear, NoAppContainer
from tests.builders import REGISTRY, a_service
from tests.workers.ecs.task_definition_builders import a_revision, container
from workers.ecs.images.app_containers import find_app_containers
from workers.ecs.state import Endpoints

Body = dict[str, Any]
WEB = container("web", f"{REGISTRY}/web:1.4.0", portMappings=[{"containerPort": 8080, "name": "http"}])
ADMIN = container("admin", f"{REGISTRY}/admin:7", portMappings=[{"containerPort": 9000, "name": "ops"}])
JOBS = container("jobs", f"{REGISTRY}/web:1.4.0")
MIGRATE = container("migrate", f"{REGISTRY}/web:1.4.0", essential=False)
OPTIONAL = container("optional", f"{REGISTRY}/optional:1", essential=False)
LOGS = container(
    "logs",
    "public.ecr.aws/aws-observability/aws-for-fluent-bit:2",
    firelensConfiguration={"type": "fluentbit"},
)
ENVOY = container("envoy", "public.ecr.aws/envoy/envoy:v1.30")
GUARD = container("aws-guardduty-agent-x1Z", f"{REGISTRY}/guard:1")
CONNECT = container("ecs-service-connect-abc", f"{REGISTRY}/connect:1")
ODD = container("odd", "${IMAGE}")
PROXY: Body = {"proxyConfiguration": {"type": "APPMESH", "containerName": "envoy"}}
SILENT = {"name": "silent", "image": "silent:1"}
NOTHING = Endpoints()

CLEAR: list[tuple[str, tuple[Body, ...], Body, Endpoints, list[str]]] = [
    ("one container", (WEB,), {}, NOTHING, ["web"]),
    ("a log router comes first", (LOGS, WEB), {}, NOTHING, ["web"]),
    ("the proxy comes first", (ENVOY, WEB), PROXY, NOTHING, ["web"]),
    ("GuardDuty's agent comes first", (GUARD, WEB), {}, NOTHING, ["web"]),
    ("Service Connect's proxy comes first", (CONNECT, WEB), {}, NOTHING, ["web"]),
    ("sidecars of every kind", (LOGS, ENVOY, GUARD, CONNECT, WEB), PROXY, NOTHING, ["web"]),
    ("an optional one comes first", (OPTIONAL, WEB), {}, NOTHING, ["web"]),
    (
        "one that says nothing is essential",
        ({"name": "web", "image": "web:1"}, OPTIONAL),
        {},
        NOTHING,
        ["web"],
    ),
    ("the load balancer names it", (ENVOY, WEB), {}, Endpoints(("web",)), ["web"]),
    ("it names an optional one", (WEB, OPTIONAL), {}, Endpoints(("optional",)), ["optional"]),
    ("Service Connect names its port", (ADMIN, WEB), {}, Endpoints((), ("http",)), ["web"]),
    ("both name the same", (ADMIN, WEB), {}, Endpoints(("web",), ("http",)), ["web"]),
    ("the load balancer names the proxy", (ENVOY, WEB), PROXY, Endpoints(("envoy",)), ["web"]),
    ("it names a log router", (LOGS, WEB), {}, Endpoints(("logs",)), ["web"]),
    ("it names what is not there", (WEB,), {}, Endpoints(("gone",), ("none",)), ["web"]),
    ("several of one image", (WEB, JOBS, MIGRATE), {}, NOTHING, ["web", "jobs", "migrate"]),
    ("the one with traffic is the main one", (JOBS, WEB), {}, Endpoints(("web",)), ["web", "jobs"]),
    (
        "those that share its image go with it",
        (MIGRATE, ENVOY, WEB),
        {},
        Endpoints(("web",)),
        ["web", "migrate"],
    ),
    ("only sidecars are essential", (LOGS, OPTIONAL), {}, NOTHING, ["optional"]),
    ("an unreadable sidecar is left alone", (WEB, ODD), {}, Endpoints(("web",)), ["web"]),
]


def names(found: list[Body]) -> list[str]:
    return [each["name"] for each in found]


@pytest.mark.parametrize(
    ("containers", "more", "endpoints", "app"), [row[1:] for row in CLEAR], ids=[row[0] for row in CLEAR]
)
def test_the_app_is_found(
    containers: tuple[Body, ...], more: Body, endpoints: Endpoints, app: list[str]
) -> None:
    assert names(find_app_containers(a_revision(*containers, **more), a_service(), endpoints)) == app


UNCLEAR: list[tuple[str, tuple[Body, ...], Endpoints, list[str]]] = [
    ("two images, no traffic", (WEB, ADMIN, LOGS), NOTHING, ["web", "admin"]),
    ("two optional images", (OPTIONAL, MIGRATE, LOGS), NOTHING, ["optional", "migrate"]),
    ("traffic goes to both", (WEB, ADMIN), Endpoints(("web",), ("ops",)), ["web", "admin"]),
    ("one image cannot be read", (WEB, ODD), NOTHING, ["web", "odd"]),
]


@pytest.mark.parametrize(
    ("containers", "endpoints", "candidates"), [row[1:] for row in UNCLEAR], ids=[row[0] for row in UNCLEAR]
)
def test_an_unclear_app_is_refused_with_the_candidates(
    containers: tuple[Body, ...], endpoints: Endpoints, candidates: list[str]
) -> None:
    revision = a_revision(*containers)
    images = {each["name"]: each["image"] for each in containers}

    with pytest.raises(ContainerUnclear) as raised:
        find_app_containers(revision, a_service(), endpoints)

    assert raised.value.message == (
        "I cannot tell which container of the task definition `web` is the app: "
        f"{', '.join(f'`{name}` (`{images[name]}`)' for name in candidates)} could all be, and the service's "
        "load balancer, Service Connect and service discovery do not single one out. Nothing was registered. "
        "Write the one that gets the new tag in `services.yml`, as `containers` of `web`."
    )
    assert names(find_app_containers(revision, a_service(), endpoints, guess=True))[0] == candidates[0]


def test_a_task_of_sidecars_alone_is_refused() -> None:
    revision = a_revision(LOGS, ENVOY, **PROXY)

    with pytest.raises(NoAppContainer) as raised:
        find_app_containers(revision, a_service(), NOTHING)

    assert raised.value.message == (
        "Every container of the task definition `web` is a sidecar by its own settings (a log router, a "
        "proxy or an agent that AWS adds): `logs`, `envoy`. Nothing was registered. Write the one that gets "
        "the new tag in `services.yml`, as `containers` of `web`."
    )
    assert names(find_app_containers(revision, a_service(), NOTHING, guess=True)) == ["logs"]


def test_what_services_yml_names_wins_even_where_it_is_a_log_router() -> None:
    service = a_service(containers=("logs",))

    assert names(find_app_containers(a_revision(LOGS, WEB), service, Endpoints(("web",)))) == ["logs"]
