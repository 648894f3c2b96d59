"""The images of a copy whose base is not the revision that runs."""

from __future__ import annotations

import pytest

from deploys.errors import BaseLacksContainer, ContainerUnclear, NoSuchContainer
from tests.builders import REGISTRY, a_service
from tests.workers.ecs.task_definition_builders import a_revision, container
from workers.ecs.images.image_changes import find_retagged_containers, list_image_changes_on_base
from workers.ecs.state import Endpoints

APP = f"{REGISTRY}/web"
OTHER = f"{REGISTRY}/moved"
Images = dict[str, str]
Changes = list[tuple[str, str, str]]


@pytest.mark.parametrize(
    ("running", "base", "expected"),
    [
        # an old image, a placeholder, another repository: the running one decides
        ({"web": f"{APP}:1.4.0"}, {"web": f"{APP}:0.1"}, [("web", f"{APP}:1.4.0", f"{APP}:1.4.2")]),
        ({"web": f"{APP}:1.4.0"}, {"web": "nginx"}, [("web", f"{APP}:1.4.0", f"{APP}:1.4.2")]),
        ({"web": f"{APP}:1.4.0"}, {"web": f"{OTHER}:1"}, [("web", f"{APP}:1.4.0", f"{APP}:1.4.2")]),
        (
            {"web": f"{APP}@sha256:{'a' * 64}"},
            {"web": "nginx"},
            [("web", f"{APP}@sha256:{'a' * 64}", f"{APP}:1.4.2")],
        ),
        # a sidecar that has the placeholder's repository stays
        (
            {"web": f"{APP}:1.4.0"},
            {"web": "nginx", "proxy": "nginx:1.27"},
            [("web", f"{APP}:1.4.0", f"{APP}:1.4.2")],
        ),
        # a new container of the main repository goes along, and one that stopped sharing it still does
        (
            {"web": f"{APP}:1.4.0"},
            {"web": "nginx", "jobs": f"{APP}:0.1"},
            [("web", f"{APP}:1.4.0", f"{APP}:1.4.2"), ("jobs", "none", f"{APP}:1.4.2")],
        ),
        (
            {"web": f"{APP}:1.4.0", "jobs": f"{APP}:1.4.0"},
            {"web": "nginx", "jobs": "nginx"},
            [("web", f"{APP}:1.4.0", f"{APP}:1.4.2"), ("jobs", f"{APP}:1.4.0", f"{APP}:1.4.2")],
        ),
        # the main container is the one that runs, also if it does not come first any more
        (
            {"web": f"{APP}:1.4.0", "jobs": f"{APP}:1.4.0"},
            {"log": "fluent:2", "web": f"{APP}:0.1"},
            [("web", f"{APP}:1.4.0", f"{APP}:1.4.2")],
        ),
        # renamed
        ({"web": f"{APP}:1.4.0"}, {"app": f"{OTHER}:1"}, [("app", f"{APP}:1.4.0", f"{OTHER}:1.4.2")]),
    ],
)
def test_what_a_deploy_changes(running: Images, base: Images, expected: Changes) -> None:
    before, after = (a_revision(*(container(*each) for each in images.items())) for images in (running, base))

    found = list_image_changes_on_base(after, before, a_service(), Endpoints(), "1.4.2")

    assert [(each.container, each.old_image, each.new_image) for each in found] == expected
    assert after.raw["containerDefinitions"] == [container(*each) for each in base.items()]


def test_the_containers_of_services_yml_are_those_of_the_base() -> None:
    running = a_revision(container("web", f"{APP}:1.4.0"))
    base = a_revision(container("web", "nginx"), container("jobs", f"{OTHER}:1"))
    service = a_service(containers=("jobs", "web"))

    found = list_image_changes_on_base(base, running, service, Endpoints(), "1.4.2")

    assert find_retagged_containers(running, service, Endpoints()) == ("jobs", "web")
    assert [(each.container, each.old_image, each.new_image) for each in found] == [
        ("jobs", f"{APP}:1.4.0", f"{OTHER}:1.4.2"),
        ("web", f"{APP}:1.4.0", f"{APP}:1.4.2"),
    ]
    with pytest.raises(NoSuchContainer):
        list_image_changes_on_base(running, base, service, Endpoints(), "1.4.2")


def test_a_container_that_gets_traffic_has_to_be_in_the_base() -> None:
    running, base = a_revision(container("web", f"{APP}:1")), a_revision(container("app", f"{APP}:1"))

    with pytest.raises(BaseLacksContainer) as raised:
        list_image_changes_on_base(base, running, a_service(), Endpoints(containers=("web", "web")), "1.4.2")

    assert raised.value.message == (
        "Revision `web:7`, which `base: latest` copies for `web`, has no container `web`, but the ECS "
        "service sends traffic to it, so ECS would not take that revision. It has: `app`. Nothing was "
        "registered. Register a revision that has the container, or change the service in ECS first."
    )


def test_a_main_container_that_is_unclear_now_is_only_guessed_for_a_note() -> None:
    running = a_revision(container("web", f"{APP}:1"), container("other", f"{OTHER}:1"))

    assert find_retagged_containers(running, a_service(), Endpoints(), guess=True) == ("web",)
    with pytest.raises(ContainerUnclear):
        list_image_changes_on_base(running, running, a_service(), Endpoints(), "1.4.2")
