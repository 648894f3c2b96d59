"""The way back brings the image that ran, also if its tag was pushed again."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from deploys.running_images import ImageMatch
from tests.workers.flows.pushes import (
    STRATEGIES,
    asked,
    before_the_update,
    digest_of,
    match,
    push_again,
    running_digests,
    tag_as,
)
from tests.workers.yard import Yard


def set_to(yard: Yard, name: str, tag: str) -> str:
    """The service runs this tag, by a revision that the console made; the digest that runs."""
    running = yard.service(name)["taskDefinition"]
    content = yard.console.describe_task_definition(taskDefinition=running)["taskDefinition"]
    kept = ("family", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    [container] = content["containerDefinitions"]
    image = f"{container['image'].rpartition(':')[0]}:{tag}"
    arn = yard.console.register_task_definition(
        **{key: content[key] for key in kept if key in content},
        containerDefinitions=[{**container, "image": image}],
    )["taskDefinition"]["taskDefinitionArn"]
    yard.console.update_service(cluster="production", service=name, taskDefinition=arn)
    yard.ecs.advance(300)
    return running_digests(yard, name).pop()


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_moving_tag_comes_back_as_the_image_that_ran(yard: Yard, name: str) -> None:
    """`latest` before and after: the old revision would run what was pushed last, too."""
    tag_as(yard, "latest", like="1.4.1", repository=name)
    ran = set_to(yard, name, "latest")
    push_again(yard, "latest", like="1.4.2", repository=name)
    before_the_update(yard, lambda: push_again(yard, "latest", like="1.5.0", repository=name))

    deploy = yard.until_over(asked(yard, name, "latest"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert running_digests(yard, name) == {ran}
    old = deploy.plan.old_revision.rsplit("/", 1)[-1] if deploy.plan else ""
    copy = (deploy.restore_revision or "").rsplit("/", 1)[-1]
    assert (
        f"The tag that `{old}` names was pushed again, or deleted, since. So I bring back `{copy}`, a copy "
        f"that names the image that ran by its digest (`{name}`: `{ran[:19]}`)." in yard.said(deploy.id)
    )
    assert yard.service(name)["taskDefinition"] == deploy.restore_revision
    assert yard.said(deploy.id, MilestoneKind.END).startswith(f"*Rolled back* to `{copy}`: ")
    assert "Needs a look" not in yard.said(deploy.id)
    again = yard.until_over(yard.ask(name, "1.4.0", approvals=0))
    assert again.plan is not None
    assert again.plan.old_tag == "latest"


def test_the_way_back_of_ecs_itself_keeps_the_image_that_ran(yard: Yard) -> None:
    ran = digest_of(yard, "1.4.0", "ledger")
    before_the_update(yard, lambda: push_again(yard, "1.4.0", like="1.5.0", repository="ledger"))

    deploy = yard.until_over(asked(yard, "ledger", "1.5.0-crash"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert running_digests(yard, "ledger") == {ran}


def test_a_copy_that_cannot_be_made_keeps_nobody_from_coming_back_and_is_told(yard: Yard) -> None:
    ran, pushed = digest_of(yard, "1.4.0"), digest_of(yard, "1.5.0")

    def push() -> None:
        push_again(yard, "1.4.2", like="1.4.1")
        push_again(yard, "1.4.0", like="1.5.0")
        yard.ecs.faults.add(kind="access-denied", operation="RegisterTaskDefinition", times=None)

    before_the_update(yard, push)

    deploy = yard.until_over(asked(yard, "web"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert running_digests(yard, "web") == {pushed}
    [told] = [each for each in deploy.milestones if "Needs a look" in each.text]
    assert told.broadcast
    assert told.text == (
        "*Needs a look*: `web:17` is back, but it runs another image than before: container `web` ran "
        f"`{ran[:19]}` and now runs `{pushed[:19]}`. Its tag seems to have been pushed again since."
    )


def test_a_cancel_brings_back_the_image_that_ran_too(yard: Yard) -> None:
    deploy_id = asked(yard, "ledger")
    ran = digest_of(yard, "1.4.0", "ledger")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    push_again(yard, "1.4.0", like="1.5.0", repository="ledger")
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert running_digests(yard, "ledger") == {ran}
    assert match(deploy) is ImageMatch.SAME
