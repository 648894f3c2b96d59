"""Images that cannot be checked: ECR fetches them when they are pulled, or does not let them be looked up."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.service import Pin
from deploys.deploy import Deploy, MilestoneKind, Outcome, Verb
from deploys.errors import RepositoryMissing, TagsNotCached
from tests.builders import REGISTRY, a_service
from tests.workers.flows.accounts import OTHER, SPECTATOR
from tests.workers.yard import Yard
from workers.queries.tags import tags

CACHED = f"{REGISTRY}/public/envoy/envoy"
CANNOT = (
    "• ECR fetches the image from another registry when it is first pulled (a pull-through cache rule), so I "
    "cannot check that it exists"
)
HINT = (
    " If ECR fetches it by a pull-through cache rule, allow the workers "
    "ecr:DescribePullThroughCacheRules: then I can tell."
)
ENVOY: dict[str, Any] = {"containers": ("envoy",)}


def add_rule(yard: Yard, prefix: str = "public") -> None:
    yard.ecs.client("ecr").create_pull_through_cache_rule(
        ecrRepositoryPrefix=prefix, upstreamRegistryUrl="public.ecr.aws"
    )


def set_images(yard: Yard, **images: str) -> None:
    """`api` runs these images, by container, by a revision that the console made."""
    running = yard.service("api")["taskDefinition"]
    content = yard.console.describe_task_definition(taskDefinition=running)["taskDefinition"]
    kept = ("family", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    containers = [
        {**each, "image": images.get(each["name"], each["image"])} for each in content["containerDefinitions"]
    ]
    arn = yard.console.register_task_definition(
        **{key: content[key] for key in kept if key in content}, containerDefinitions=containers
    )["taskDefinition"]["taskDefinitionArn"]
    yard.console.update_service(cluster="production", service="api", taskDefinition=arn)
    yard.ecs.advance(300)


def ask(yard: Yard, tag: str, **service: Any) -> Deploy:
    return yard.until_over(yard.ask("api", tag, **{**ENVOY, **service}))


def refusal(yard: Yard, deploy: Deploy) -> str:
    assert deploy.outcome is Outcome.REFUSED
    return yard.said(deploy.id, MilestoneKind.END).removeprefix("*Refused*, nothing was changed: ")


def forget(yard: Yard) -> None:
    """ECR's lifecycle policy removed what was pulled."""
    yard.ecs.client("ecr").delete_repository(repositoryName="public/envoy/envoy", force=True)


@pytest.mark.parametrize("repository_is_there", [True, False])
def test_an_image_that_is_not_in_the_cache_yet_cannot_be_checked_and_is_deployed(
    yard: Yard, repository_is_there: bool
) -> None:
    add_rule(yard)
    set_images(yard, envoy=f"{CACHED}:v1.30")
    if not repository_is_there:
        forget(yard)

    deploy = ask(yard, "v1.31")

    assert deploy.outcome is Outcome.SUCCEEDED
    assert CANNOT in yard.said(deploy.id, MilestoneKind.PLAN)
    assert "`api` runs `v1.31`" in yard.said(deploy.id, MilestoneKind.END)
    assert deploy.running_images is not None
    assert [image.container for image in deploy.running_images.images] == ["envoy"]


def test_one_that_was_pulled_before_is_checked(yard: Yard) -> None:
    add_rule(yard)
    set_images(yard, envoy=f"{CACHED}:v1.31")
    set_images(yard, envoy=f"{CACHED}:v1.30")

    deploy = ask(yard, "v1.31")

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.plan is not None
    assert (deploy.plan.digest or "").startswith("sha256:")
    assert "pull-through" not in yard.said(deploy.id)


def test_a_tag_that_the_other_registry_does_not_have_is_rolled_back(yard: Yard) -> None:
    add_rule(yard)
    set_images(yard, envoy=f"{CACHED}:v1.30")

    assert ask(yard, "v9").outcome is Outcome.ROLLED_BACK


def test_approved_without_the_key_it_goes_by_its_tag_and_with_the_key_it_is_refused(yard: Yard) -> None:
    add_rule(yard)
    set_images(yard, envoy=f"{CACHED}:v1.30")

    refused = ask(yard, "v1.31", pin=Pin.DIGEST)
    assert "has `pin: digest`, and I cannot ask the registry" in refusal(yard, refused)
    deploy_id = yard.ask("api", "v1.31", pin=None, approvals=1, approvers=("U02BOB0000",), **ENVOY)
    yard.until(lambda: yard.get(deploy_id).question)
    assert "• not pinned: no digest is known, so `v1.31` has to stay what it is" in yard.said(deploy_id)


def test_a_rollback_and_its_sidecars_may_be_such_images(yard: Yard) -> None:
    add_rule(yard)
    set_images(yard, envoy=f"{CACHED}:v1.30")
    first = yard.until_over(yard.ask("api", "1.4.1"))
    yard.until_over(yard.ask("api", "1.4.2"))
    forget(yard)

    back = yard.until_over(yard.ask_to(Verb.ROLLBACK, "api"))

    assert (back.outcome, back.new_revision) == (Outcome.SUCCEEDED, first.new_revision)


def test_without_the_permission_it_is_called_missing_and_the_permission_is_named(yard: Yard) -> None:
    add_rule(yard)
    set_images(yard, envoy=f"{CACHED}:v1.30")
    yard.ecs.faults.add(kind="access-denied", operation="ecr:DescribePullThroughCacheRules", times=None)

    said = refusal(yard, ask(yard, "v1.31"))
    assert said == (
        f"There is no image `{CACHED}:v1.31`, so nothing was registered. The newest tags are `v1.30`.{HINT}"
    )
    forget(yard)
    said = refusal(yard, ask(yard, "v1.31"))
    assert said == (
        "ECR has no repository `public/envoy/envoy` in account 123456789012 (eu-west-1), so there is no "
        f"image `{CACHED}:v1.31`. Nothing was registered. Check the image in the task definition, or "
        f"create the repository.{HINT}"
    )


def test_a_missing_image_outside_of_every_rule_is_missing(yard: Yard) -> None:
    add_rule(yard, "web-not-really")

    said = refusal(yard, yard.until_over(yard.ask("web", "9.9.9")))

    assert said.startswith(
        f"There is no image `{REGISTRY}/web:9.9.9`, so nothing was registered. The newest "
    )
    assert "pull-through" not in said


def test_the_tags_of_such_an_image_are_those_that_were_pulled(yard: Yard) -> None:
    add_rule(yard)
    set_images(yard, envoy=f"{CACHED}:v1.30")
    service = a_service("api", containers=("envoy",))

    lines = tags(service, yard.engine._aws).splitlines()
    assert "`v1.30`" in lines[1]
    assert lines[2] == (
        "• ECR fetches this image from another registry (a pull-through cache rule) and lists only what was "
        "pulled before; there may be more"
    )

    forget(yard)
    with pytest.raises(TagsNotCached) as raised:
        tags(service, yard.engine._aws)
    assert raised.value.message == (
        f"ECR fetches `{CACHED}:v1.30` from another registry by a pull-through cache rule, and has no tag of "
        "it yet, so I cannot list them."
    )

    yard.ecs.faults.add(kind="access-denied", operation="ecr:DescribePullThroughCacheRules", times=None)
    with pytest.raises(RepositoryMissing):
        tags(service, yard.engine._aws)


def test_a_registry_of_another_account_that_denies_it_is_told_whose_policy_that_is(yard: Yard) -> None:
    yard.ecs.let_assume(SPECTATOR)
    set_images(yard, envoy=f"{OTHER}.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.0")

    said = refusal(yard, ask(yard, "1.4.2"))

    assert said == (
        "AWS does not allow ecr:DescribeImages: `arn:aws:iam::123456789012:user/sandbox` needs it on "
        "`arn:aws:ecr:eu-west-1:210987654321:repository/web` (because no resource-based policy allows the "
        "ecr:DescribeImages action). That belongs to account 210987654321, and its policy there has to allow "
        "it: the role of the caller alone cannot."
    )
