"""What runs is what was approved: the digests of the running tasks, beside those of the plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deploys.audit import trail
from deploys.catalogue.service import CheckAfter, Pin, TaskBefore
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Verb
from deploys.running_images import ImageMatch
from tests.workers.flows.checks import ALARM
from tests.workers.flows.conftest import Twist
from tests.workers.flows.pushes import digest_of, push_again, push_index, push_manifest, tag_as
from tests.workers.yard import Yard

STRATEGIES = ("web", "site", "ledger")
"""A rolling, a native and a stop-start service."""


def asked(yard: Yard, name: str, tag: str = "1.4.2", **service: Any) -> str:
    """`/deploy NAME TAG` by tag, which nobody has to approve."""
    return yard.ask(name, tag, **{"approvals": 0, "pin": Pin.TAG, **service})


def before_the_update(yard: Yard, push: Callable[[], object], call: str = "UpdateService") -> None:
    """CI pushes after the new revision was registered, right before ECS is asked to run it."""
    events = yard.engine._aws.region("eu-west-1").ecs.meta.events
    name = f"before-call.ecs.{call}"

    def once(**_: Any) -> None:
        events.unregister(name, once)
        push()

    events.register(name, once)


def running_digests(yard: Yard, name: str) -> set[str]:
    ecs = yard.console
    arns = ecs.list_tasks(cluster="production", serviceName=name)["taskArns"]
    return {
        container["imageDigest"]
        for task in ecs.describe_tasks(cluster="production", tasks=arns)["tasks"]
        for container in task["containers"]
        if container["name"] == name
    }


def match(deploy: Deploy) -> ImageMatch | None:
    return deploy.running_images.match if deploy.running_images else None


@pytest.mark.parametrize("name", STRATEGIES)
def test_an_image_that_the_plan_did_not_show_is_said_and_taken_back(yard: Yard, name: str) -> None:
    old = digest_of(yard, "1.4.0", name)
    planned = digest_of(yard, "1.4.2", name)
    pushed = digest_of(yard, "1.5.0", name)
    count = yard.service(name)["desiredCount"]
    before_the_update(yard, lambda: push_again(yard, "1.4.2", like="1.5.0", repository=name))
    deploy_id = asked(yard, name)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    tasks = f"{count} of {count} task{'s' if count > 1 else ''}"
    assert deploy.reason == (
        f"the tasks do not run the image that the plan showed: container `{name}` runs `{pushed[:19]}` in "
        f"{tasks}, not `{planned[:19]}`. The tag `1.4.2` seems to have been pushed again after the plan; "
        "`pin: digest` in `services.yml` keeps that from mattering."
    )
    assert deploy.reason in yard.said(deploy_id, MilestoneKind.TROUBLE)
    assert "Succeeded" not in yard.said(deploy_id)
    assert running_digests(yard, name) == {old}
    assert yard.images_running(name) == {"1.4.0"}


@pytest.mark.parametrize("name", STRATEGIES)
def test_what_the_plan_showed_runs_and_its_digest_is_kept(yard: Yard, name: str) -> None:
    deploy = yard.until_over(asked(yard, name))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)
    assert f"*Succeeded.* `{name}` runs `1.4.2`" in yard.said(deploy.id, MilestoneKind.END)
    entry = [each for each in trail(yard.redis, deploy.id) if each["outcome"]][-1]
    assert entry["running"] == entry["digest"] == digest_of(yard, "1.4.2", name)


def test_the_audit_holds_what_was_seen_and_not_what_was_planned(yard: Yard) -> None:
    old, planned = digest_of(yard, "1.4.0"), digest_of(yard, "1.4.2")
    pushed = digest_of(yard, "1.5.0")
    before_the_update(yard, lambda: push_again(yard, "1.4.2", like="1.5.0"))
    deploy_id = asked(yard, "web")

    yard.until_over(deploy_id)

    entries = {each["phase"]: each for each in trail(yard.redis, deploy_id)}
    assert (entries["restoring"]["digest"], entries["restoring"]["running"]) == (planned, pushed)
    assert entries["ended"]["running"] == old


def test_a_restart_runs_the_image_that_its_plan_showed(yard: Yard) -> None:
    yard.until_over(yard.ask("web", "1.4.2", pin=Pin.TAG))
    pushed = push_again(yard, "1.4.2", like="1.5.0")

    restart = yard.until_over(yard.ask_to(Verb.RESTART, "web"))

    assert (restart.outcome, match(restart)) == (Outcome.SUCCEEDED, ImageMatch.SAME)
    assert restart.plan is not None
    assert restart.plan.digest == pushed
    assert running_digests(yard, "web") == {pushed}


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.ROLLBACK])
def test_a_restart_and_a_rollback_are_compared_too(yard: Yard, verb: Verb) -> None:
    yard.until_over(yard.ask("web", "1.4.1", pin=Pin.TAG))
    ran = yard.until_over(yard.ask("web", "1.4.2", pin=Pin.TAG))
    tag = "1.4.2" if verb is Verb.RESTART else "1.4.1"
    kept = digest_of(yard, "1.4.2")
    before_the_update(yard, lambda: push_again(yard, tag, like="1.5.0"))

    deploy = yard.until_over(yard.ask_to(verb, "web"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "the tasks do not run the image that the plan showed" in deploy.reason
    assert running_digests(yard, "web") == {kept}
    assert ran.new_revision == yard.service("web")["taskDefinition"] or verb is Verb.RESTART


def test_a_pinned_revision_outlives_the_push(yard: Yard) -> None:
    planned = digest_of(yard, "1.4.2")
    before_the_update(yard, lambda: push_again(yard, "1.4.2", like="1.5.0"))

    deploy = yard.until_over(asked(yard, "web", pin=Pin.DIGEST))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)
    assert running_digests(yard, "web") == {planned}


def test_the_image_is_looked_at_again_at_the_end_of_the_check(yard: Yard, twist: Twist, alarm: Any) -> None:
    deploy_id = yard.ask("web", "1.4.2", after=CheckAfter(alarms=(ALARM,), lasts=60))
    yard.until_phase(deploy_id, Phase.CHECKING)
    other = digest_of(yard, "1.5.0")
    twist("DescribeTasks", shows(lambda _: other))

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert f"container `web` runs `{other[:19]}` in 3 of 3 tasks" in deploy.reason


@pytest.mark.parametrize("moved", [True, False])
def test_a_task_before_the_rollout_that_ran_another_image_ends_it_before_the_service_is_touched(
    yard: Yard, moved: bool
) -> None:
    planned, pushed = digest_of(yard, "1.4.2"), digest_of(yard, "1.5.0")
    if moved:
        before_the_update(yard, lambda: push_again(yard, "1.4.2", like="1.5.0"), "RunTask")

    deploy = yard.until_over(asked(yard, "web", before=TaskBefore(command=("true",))))

    if not moved:
        assert deploy.outcome is Outcome.SUCCEEDED
        return
    assert deploy.outcome is Outcome.FAILED
    assert yard.said(deploy.id, MilestoneKind.END).startswith(
        "*Failed* before the rollout: its task did not run the image that the plan showed: container `web` "
        f"ran `{pushed[:19]}`, not `{planned[:19]}`. The tag `1.4.2` seems to have been pushed again after "
        "the plan; `pin: digest` in `services.yml` keeps that from mattering. The service was not touched: "
        "it runs `web:17`. What it did until then is not undone."
    )
    assert yard.service("web")["taskDefinition"].endswith("web:17")


# Multi-architecture images


def an_index(yard: Yard, tag: str = "2.0.0") -> tuple[str, str, str]:
    """Digests of the index, and of its images for two platforms."""
    amd, arm = push_manifest(yard, f"{tag}-amd", "amd"), push_manifest(yard, f"{tag}-arm", "arm")
    return push_index(yard, tag, amd, arm), amd, arm


@pytest.mark.parametrize("reported", ["index", "platform", "mixed"])
@pytest.mark.parametrize("pin", Pin)
def test_a_multi_architecture_image_is_the_one_approved_by_whichever_digest_ecs_calls_it(
    yard: Yard, twist: Twist, reported: str, pin: Pin
) -> None:
    index, amd, arm = an_index(yard)
    calls = iter(range(10**6))
    digests = {"index": lambda: index, "platform": lambda: amd, "mixed": lambda: (amd, arm)[next(calls) % 2]}
    twist("DescribeTasks", shows(lambda seen: digests[reported]() if seen == index else seen))

    deploy = yard.until_over(yard.ask("web", "2.0.0", pin=pin))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)
    assert "*Succeeded.* `web` runs `2.0.0`" in yard.said(deploy.id, MilestoneKind.END)


def test_an_index_pushed_again_with_the_same_images_is_the_same(yard: Yard) -> None:
    """Only what BuildKit says of the build differs."""
    _, amd, arm = an_index(yard)
    push_index(yard, "2.0.1", amd, arm, note="another build")
    before_the_update(yard, lambda: push_again(yard, "2.0.0", like="2.0.1"))

    deploy = yard.until_over(asked(yard, "web", "2.0.0"))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)


def test_an_index_pushed_again_with_another_image_is_taken_back(yard: Yard) -> None:
    _, amd, _ = an_index(yard)
    push_index(yard, "2.0.1", amd, push_manifest(yard, "2.0.1-arm", "arm fixed"))
    before_the_update(yard, lambda: push_again(yard, "2.0.0", like="2.0.1"))

    assert yard.until_over(asked(yard, "web", "2.0.0")).outcome is Outcome.ROLLED_BACK


def test_an_index_that_may_not_be_read_is_said_and_takes_nothing_back(yard: Yard, twist: Twist) -> None:
    index, amd, _ = an_index(yard)
    yard.ecs.faults.add(kind="access-denied", operation="ecr:BatchGetImage", times=None)
    twist("DescribeTasks", shows(lambda seen: amd if seen == index else seen))

    deploy = yard.until_over(yard.ask("web", "2.0.0"))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    said = yard.said(deploy.id, MilestoneKind.END)
    assert said.startswith(
        "*Succeeded.* ECS completed the rollout of `2.0.0` to `web`: 3 tasks running, after "
    )
    assert (
        "Whether its tasks run the image that the plan showed is not known: I cannot find out what "
        f"`{amd[:19]}` is. AWS does not allow ecr:BatchGetImage: " in said
    )
    assert said.endswith(f"ECS shows: `web` runs `{amd[:19]}`.")


# What is not known


def shows(digest: Any) -> Any:
    """Changes the digest that ECS reports of each container; `digest` gets the one that it is."""

    def change(answer: dict[str, Any]) -> None:
        for task in answer["tasks"]:
            for container in task["containers"]:
                if "imageDigest" in container and (other := digest(container["imageDigest"])) is not None:
                    container["imageDigest"] = other
                else:
                    container.pop("imageDigest", None)

    return change


def test_tasks_without_a_digest_are_said_and_take_nothing_back(yard: Yard, twist: Twist) -> None:
    twist("DescribeTasks", shows(lambda _: None))

    deploy = yard.until_over(yard.ask("web", "1.4.2"))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    said = yard.said(deploy.id, MilestoneKind.END)
    assert said.startswith(
        "*Succeeded.* ECS completed the rollout of `1.4.2` to `web`: 3 tasks running, after "
    )
    assert said.endswith(
        "Whether its tasks run the image that the plan showed is not known: ECS does not show the image "
        "digest of every task."
    )


@pytest.mark.parametrize("operation", ["ListTasks", "DescribeTasks"])
def test_tasks_that_may_not_be_read_are_said_and_take_nothing_back(yard: Yard, operation: str) -> None:
    yard.ecs.faults.add(kind="access-denied", operation=operation, times=None)

    deploy = yard.until_over(yard.ask("web", "1.4.2"))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    said = yard.said(deploy.id, MilestoneKind.END)
    assert "`web` runs" not in said
    assert f"is not known: AWS does not allow ecs:{operation}: " in said


def test_a_read_that_fails_is_made_again(yard: Yard) -> None:
    deploy_id = asked(yard, "web")
    yard.until(lambda: yard.get(deploy_id).seen_end)
    yard.ecs.faults.add(kind="throttle", operation="ListTasks", times=8)

    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)


def test_reads_that_go_on_failing_are_given_up_and_said(yard: Yard) -> None:
    deploy_id = asked(yard, "web")
    yard.until(lambda: yard.get(deploy_id).seen_end)
    yard.ecs.faults.add(kind="throttle", operation="ListTasks", times=None)

    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    assert "is not known: AWS does not answer ecs:ListTasks for now" in yard.said(
        deploy_id, MilestoneKind.END
    )


def test_a_difference_that_one_read_alone_shows_is_none(yard: Yard, twist: Twist) -> None:
    deploy_id = asked(yard, "web")
    yard.until(lambda: yard.get(deploy_id).seen_end)
    other = digest_of(yard, "1.5.0")
    told: list[str] = []

    def once(seen: str) -> str:
        told.append(seen)
        return other if len(told) <= 3 else seen

    twist("DescribeTasks", shows(once))

    deploy = yard.until_over(deploy_id)

    assert len(told) > 3
    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)


def test_an_image_of_another_registry_is_called_by_its_tag(yard: Yard) -> None:
    deploy = yard.until_over(yard.ask("api", "v1.31", containers=("envoy",)))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.NOT_COMPARED)
    assert "*Succeeded.* `api` runs `v1.31`" in yard.said(deploy.id, MilestoneKind.END)
    entry = [each for each in trail(yard.redis, deploy.id) if each["outcome"]][-1]
    assert entry["digest"] == ""
    assert entry["running"].startswith("sha256:")


def test_a_rollout_that_is_only_followed_is_said_to_run_if_its_tasks_could_be_read(yard: Yard) -> None:
    planned = digest_of(yard, "1.4.0")
    yard.console.update_service(cluster="production", service="web", forceNewDeployment=True)

    followed = yard.until_over(yard.ask_to(Verb.FOLLOW, "web"))

    assert (followed.outcome, match(followed)) == (Outcome.SUCCEEDED, ImageMatch.NOT_COMPARED)
    assert "`web` runs `1.4.0`" in yard.said(followed.id, MilestoneKind.END)
    entry = [each for each in trail(yard.redis, followed.id) if each["outcome"]][-1]
    assert entry["running"] == planned


def test_a_rollout_that_is_only_followed_is_not_said_to_run_if_its_tasks_may_not_be_read(yard: Yard) -> None:
    yard.console.update_service(cluster="production", service="web", forceNewDeployment=True)
    yard.ecs.faults.add(kind="access-denied", operation="ListTasks", times=None)

    followed = yard.until_over(yard.ask_to(Verb.FOLLOW, "web"))

    assert (followed.outcome, match(followed)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    said = yard.said(followed.id, MilestoneKind.END)
    assert said.startswith(
        "*Succeeded.* The rollout that I followed is over: ECS completed it, of `web` to `1.4.0`"
    )
    assert " Which image its tasks run is not known: AWS does not allow ecs:ListTasks: " in said


# The way back


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
