"""A rollback brings back the image that ran, even if its tag was pushed again."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.rollout import ImageMatch
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.ecr_pushes import (
    SERVICE_OF_EACH_STRATEGY,
    add_tag,
    digest_of_tag,
    image_match,
    move_tag,
    push_before_call,
    request_by_tag,
    running_digests,
)


def run_tag(harness: EngineHarness, name: str, tag: str) -> str:
    """Lets the service run this tag, with a revision made in the console; the running digest."""
    running = harness.describe_service(name)["taskDefinition"]
    content = harness.ecs_client.describe_task_definition(taskDefinition=running)["taskDefinition"]
    kept = ("family", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    [container] = content["containerDefinitions"]
    image = f"{container['image'].rpartition(':')[0]}:{tag}"
    arn = harness.ecs_client.register_task_definition(
        **{key: content[key] for key in kept if key in content},
        containerDefinitions=[{**container, "image": image}],
    )["taskDefinition"]["taskDefinitionArn"]
    harness.ecs_client.update_service(cluster="production", service=name, taskDefinition=arn)
    harness.ecs.advance(300)
    return running_digests(harness, name).pop()


@pytest.mark.parametrize("name", SERVICE_OF_EACH_STRATEGY)
def test_a_moving_tag_comes_back_as_the_image_that_ran(harness: EngineHarness, name: str) -> None:
    """Both versions are `latest`, so the old revision would run what was pushed last."""
    add_tag(harness, "latest", like="1.4.1", repository=name)
    ran = run_tag(harness, name, "latest")
    move_tag(harness, "latest", like="1.4.2", repository=name)
    push_before_call(harness, lambda: move_tag(harness, "latest", like="1.5.0", repository=name))

    deploy = harness.until_over(request_by_tag(harness, name, "latest"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert running_digests(harness, name) == {ran}
    old = deploy.plan.old_revision.rsplit("/", 1)[-1] if deploy.plan else ""
    copy = (deploy.rollback.revision_copy or "").rsplit("/", 1)[-1]
    assert (
        f"The tag that `{old}` names was pushed again, or deleted, since. So I bring back `{copy}`, a copy "
        f"that names the image that ran by its digest (`{name}`: `{ran[:19]}`)."
        in harness.thread_text(deploy.id)
    )
    assert harness.describe_service(name)["taskDefinition"] == deploy.rollback.revision_copy
    assert harness.thread_text(deploy.id, ThreadMessageKind.END).startswith(f"*Rolled back* to `{copy}`: ")
    assert "Needs attention" not in harness.thread_text(deploy.id)
    again = harness.until_over(harness.request_deploy(name, "1.4.0", approvals=0))
    assert again.plan is not None
    assert again.plan.old_tag == "latest"


def test_the_rollback_of_ecs_itself_keeps_the_image_that_ran(harness: EngineHarness) -> None:
    ran = digest_of_tag(harness, "1.4.0", "ledger")
    push_before_call(harness, lambda: move_tag(harness, "1.4.0", like="1.5.0", repository="ledger"))

    deploy = harness.until_over(request_by_tag(harness, "ledger", "1.5.0-crash"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert running_digests(harness, "ledger") == {ran}


def test_a_copy_that_cannot_be_made_keeps_nobody_from_coming_back_and_is_told(harness: EngineHarness) -> None:
    ran, pushed = digest_of_tag(harness, "1.4.0"), digest_of_tag(harness, "1.5.0")

    def push() -> None:
        move_tag(harness, "1.4.2", like="1.4.1")
        move_tag(harness, "1.4.0", like="1.5.0")
        harness.ecs.faults.add(kind="access-denied", operation="RegisterTaskDefinition", times=None)

    push_before_call(harness, push)

    deploy = harness.until_over(request_by_tag(harness, "web"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert running_digests(harness, "web") == {pushed}
    [message] = [each for each in deploy.thread_messages if "Needs attention" in each.text]
    assert message.broadcast
    assert message.text == (
        "*Needs attention*: `web:17` is back, but it runs another image than before: container `web` ran "
        f"`{ran[:19]}` and now runs `{pushed[:19]}`. Its tag seems to have been pushed again since."
    )


def test_a_cancel_brings_back_the_image_that_ran_too(harness: EngineHarness) -> None:
    deploy_id = request_by_tag(harness, "ledger")
    ran = digest_of_tag(harness, "1.4.0", "ledger")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    move_tag(harness, "1.4.0", like="1.5.0", repository="ledger")
    harness.cancel(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert running_digests(harness, "ledger") == {ran}
    assert image_match(deploy) is ImageMatch.SAME
