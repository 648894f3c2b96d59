"""Images that cannot be checked: ECR fetches them when they are pulled, or denies the lookup."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.service import Pin
from deploys.errors import RepositoryMissing, TagsNotCached
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import REGISTRY, a_service
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.other_account import OBSERVER_ROLE, OTHER_ACCOUNT
from workers.queries.tags_query import describe_tags

CACHED_IMAGE = f"{REGISTRY}/public/envoy/envoy"
CANNOT_CHECK_LINE = (
    "• ECR fetches the image from another registry when it is first pulled (a pull-through cache rule), so I "
    "cannot check that it exists"
)
PERMISSION_HINT = (
    " If ECR fetches it by a pull-through cache rule, allow the workers "
    "ecr:DescribePullThroughCacheRules: then I can tell."
)
DEPLOY_ENVOY: dict[str, Any] = {"containers": ("envoy",)}


def add_cache_rule(harness: EngineHarness, prefix: str = "public") -> None:
    harness.ecs.client("ecr").create_pull_through_cache_rule(
        ecrRepositoryPrefix=prefix, upstreamRegistryUrl="public.ecr.aws"
    )


def set_api_images(harness: EngineHarness, **images: str) -> None:
    """Lets `api` run these images, by container, with a revision made in the console."""
    running = harness.describe_service("api")["taskDefinition"]
    content = harness.ecs_client.describe_task_definition(taskDefinition=running)["taskDefinition"]
    kept = ("family", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    containers = [
        {**each, "image": images.get(each["name"], each["image"])} for each in content["containerDefinitions"]
    ]
    arn = harness.ecs_client.register_task_definition(
        **{key: content[key] for key in kept if key in content}, containerDefinitions=containers
    )["taskDefinition"]["taskDefinitionArn"]
    harness.ecs_client.update_service(cluster="production", service="api", taskDefinition=arn)
    harness.ecs.advance(300)


def run_api_deploy(harness: EngineHarness, tag: str, **service: Any) -> Deploy:
    return harness.until_over(harness.request_deploy("api", tag, **{**DEPLOY_ENVOY, **service}))


def refusal_text(harness: EngineHarness, deploy: Deploy) -> str:
    assert deploy.outcome is Outcome.REFUSED
    return harness.thread_text(deploy.id, ThreadMessageKind.END).removeprefix(
        "*Refused*, nothing was changed: "
    )


def delete_cached_repository(harness: EngineHarness) -> None:
    """Removes what was pulled, as ECR's lifecycle policy does."""
    harness.ecs.client("ecr").delete_repository(repositoryName="public/envoy/envoy", force=True)


@pytest.mark.parametrize("repository_is_there", [True, False])
def test_an_image_that_is_not_in_the_cache_yet_cannot_be_checked_and_is_deployed(
    harness: EngineHarness, repository_is_there: bool
) -> None:
    add_cache_rule(harness)
    set_api_images(harness, envoy=f"{CACHED_IMAGE}:v1.30")
    if not repository_is_there:
        delete_cached_repository(harness)

    deploy = run_api_deploy(harness, "v1.31")

    assert deploy.outcome is Outcome.SUCCEEDED
    assert CANNOT_CHECK_LINE in harness.thread_text(deploy.id, ThreadMessageKind.PLAN)
    assert "`api` runs `v1.31`" in harness.thread_text(deploy.id, ThreadMessageKind.END)
    assert deploy.rollout.running_images is not None
    assert [image.container for image in deploy.rollout.running_images.images] == ["envoy"]


def test_one_that_was_pulled_before_is_checked(harness: EngineHarness) -> None:
    add_cache_rule(harness)
    set_api_images(harness, envoy=f"{CACHED_IMAGE}:v1.31")
    set_api_images(harness, envoy=f"{CACHED_IMAGE}:v1.30")

    deploy = run_api_deploy(harness, "v1.31")

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.plan is not None
    assert (deploy.plan.digest or "").startswith("sha256:")
    assert "pull-through" not in harness.thread_text(deploy.id)


def test_a_tag_that_the_other_registry_does_not_have_is_rolled_back(harness: EngineHarness) -> None:
    add_cache_rule(harness)
    set_api_images(harness, envoy=f"{CACHED_IMAGE}:v1.30")

    assert run_api_deploy(harness, "v9").outcome is Outcome.ROLLED_BACK


def test_approved_without_the_key_it_goes_by_its_tag_and_with_the_key_it_is_refused(
    harness: EngineHarness,
) -> None:
    add_cache_rule(harness)
    set_api_images(harness, envoy=f"{CACHED_IMAGE}:v1.30")

    refused = run_api_deploy(harness, "v1.31", pin=Pin.DIGEST)
    assert "has `pin: digest`, and I cannot ask the registry" in refusal_text(harness, refused)
    deploy_id = harness.request_deploy(
        "api", "v1.31", pin=None, approvals=1, approvers=("U02BOB0000",), **DEPLOY_ENVOY
    )
    harness.until(lambda: harness.get(deploy_id).approval.question)
    assert "• not pinned: no digest is known, so `v1.31` must not be pushed again" in harness.thread_text(
        deploy_id
    )


def test_a_rollback_and_its_sidecars_may_be_such_images(harness: EngineHarness) -> None:
    add_cache_rule(harness)
    set_api_images(harness, envoy=f"{CACHED_IMAGE}:v1.30")
    first = harness.until_over(harness.request_deploy("api", "1.4.1"))
    harness.until_over(harness.request_deploy("api", "1.4.2"))
    delete_cached_repository(harness)

    back = harness.until_over(harness.request_verb(Verb.ROLLBACK, "api"))

    assert (back.outcome, back.ecs.new_revision) == (Outcome.SUCCEEDED, first.ecs.new_revision)


def test_without_the_permission_it_is_called_missing_and_the_permission_is_named(
    harness: EngineHarness,
) -> None:
    add_cache_rule(harness)
    set_api_images(harness, envoy=f"{CACHED_IMAGE}:v1.30")
    harness.ecs.faults.add(kind="access-denied", operation="ecr:DescribePullThroughCacheRules", times=None)

    text = refusal_text(harness, run_api_deploy(harness, "v1.31"))
    assert text == (
        f"There is no image `{CACHED_IMAGE}:v1.31`, so nothing was registered. The newest tags are "
        f"`v1.30`.{PERMISSION_HINT}"
    )
    delete_cached_repository(harness)
    text = refusal_text(harness, run_api_deploy(harness, "v1.31"))
    assert text == (
        "ECR has no repository `public/envoy/envoy` in account 123456789012 (eu-west-1), so there is no "
        f"image `{CACHED_IMAGE}:v1.31`. Nothing was registered. Check the image in the task definition, or "
        f"create the repository.{PERMISSION_HINT}"
    )


def test_a_missing_image_outside_of_every_rule_is_missing(harness: EngineHarness) -> None:
    add_cache_rule(harness, "web-not-really")

    text = refusal_text(harness, harness.until_over(harness.request_deploy("web", "9.9.9")))

    assert text.startswith(
        f"There is no image `{REGISTRY}/web:9.9.9`, so nothing was registered. The newest "
    )
    assert "pull-through" not in text


def test_the_tags_of_such_an_image_are_those_that_were_pulled(harness: EngineHarness) -> None:
    add_cache_rule(harness)
    set_api_images(harness, envoy=f"{CACHED_IMAGE}:v1.30")
    service = a_service("api", containers=("envoy",))

    lines = describe_tags(service, harness.engine._aws).text.splitlines()
    assert "`v1.30`" in lines[1]
    assert lines[2] == (
        "• ECR fetches this image from another registry (a pull-through cache rule) and lists only what was "
        "pulled before; there may be more"
    )

    delete_cached_repository(harness)
    with pytest.raises(TagsNotCached) as raised:
        describe_tags(service, harness.engine._aws)
    assert raised.value.message == (
        f"ECR fetches `{CACHED_IMAGE}:v1.30` from another registry by a pull-through cache rule, and has no "
        "tag of "
        "it yet, so I cannot list them."
    )

    harness.ecs.faults.add(kind="access-denied", operation="ecr:DescribePullThroughCacheRules", times=None)
    with pytest.raises(RepositoryMissing):
        describe_tags(service, harness.engine._aws)


def test_a_registry_of_another_account_that_denies_it_is_told_whose_policy_that_is(
    harness: EngineHarness,
) -> None:
    harness.ecs.add_role(OBSERVER_ROLE)
    set_api_images(harness, envoy=f"{OTHER_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.0")

    text = refusal_text(harness, run_api_deploy(harness, "1.4.2"))

    assert text == (
        "AWS does not allow ecr:DescribeImages: `arn:aws:iam::123456789012:user/sandbox` needs it on "
        "`arn:aws:ecr:eu-west-1:210987654321:repository/web` (because no resource-based policy allows the "
        "ecr:DescribeImages action). That belongs to account 210987654321, and its policy there has to allow "
        "it: the role of the caller alone cannot."
    )
