"""The images that run, compared by digest with those that the plan showed.

A tag may be pushed again after the plan was shown and before ECS resolves it to a digest, so a rollout that
ECS completed may run an image that nobody saw. If two reads find another image, the deploy is rolled back. If
nobody can tell (no digest, or AWS does not answer), the thread says so, and nothing is rolled back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from deploys.errors import AwsBudgetSpent, AwsError, AwsUnavailable, ImageUnreadable, SlipwayError
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.rollout import ImageMatch, RunningImage, RunningImages
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs.images import image_indexes
from workers.ecs.images.image_reference import parse_image
from workers.ecs.state import TaskState
from workers.flows.best_effort import attempt, best_effort
from workers.flows.observe.drain import kept_arns, read_running_tasks, with_draining
from workers.messages import images as messages
from workers.messages.rollback_reasons import without_retry_promise
from workers.step_context import StepContext, StepResult

UNREADABLE_SECONDS = 60.0
"""How long AWS is asked again if it does not answer, before the images count as unknown (seconds)."""

DigestAnswers = Mapping[tuple[str, str], bool | str]
"""For a container and an unexpected digest of it: whether it is the same image, or why nobody can tell."""


def confirm_running_images(deploy: Deploy, context: StepContext) -> StepResult | Deploy:
    """The deploy with the images that the tasks of its rollout run, and with what still drains of the old
    tasks that drained before: they are read together. Or a StepResult that reads them again: if AWS did not
    answer, or if this is the first read that finds another image. So `runs_other_image` is true after two.
    """
    earlier = deploy.rollout.running_images
    draining = deploy.rollout.draining_arns
    read = attempt(lambda: _read_rollout_tasks(deploy, context, draining or ()))
    if isinstance(read, AwsBudgetSpent):
        raise read  # AWS was not asked: the step runs again when its turn comes
    if draining is not None and not isinstance(read, SlipwayError):
        old = [task for task in read if task.arn in draining]
        deploy = with_draining(deploy, old, context.now())
    images = _rollout_images(deploy, context, read)
    deploy = deploy.evolve(rollout={"running_images": images})
    if images.unreadable_since is not None and context.now() - images.unreadable_since < UNREADABLE_SECONDS:
        return StepResult(deploy, delay=context.timing.unannounced_seconds)
    if runs_other_image(deploy) and not (
        earlier and _image_keys(earlier.different) & _image_keys(images.different)
    ):
        return StepResult(deploy, delay=context.timing.confirm_seconds)
    return deploy


def runs_other_image(deploy: Deploy) -> bool:
    """Whether the last read found another image than the plan's. Pure."""
    return (
        deploy.rollout.running_images is not None
        and deploy.rollout.running_images.match is ImageMatch.DIFFERENT
    )


def record_running_images(deploy: Deploy, context: StepContext) -> Deploy:
    """The deploy with the tasks and images that run before it changes the service, so that its rollback can
    be compared with them; without any if AWS does not tell.
    """
    old_revision = deploy.plan.old_revision if deploy.plan else ""
    none: Sequence[TaskState] = ()
    ecs_tasks = best_effort(lambda: read_running_tasks(context), none)
    running = running_tasks(ecs_tasks, revision=old_revision)
    # While ECS shifts traffic, which may take hours, it may start others of the old version.
    is_rolling = deploy.plan is not None and deploy.plan.traffic is None and not deploy.plan.downtime
    return deploy.evolve(
        rollout={
            "images_before": count_images(running, _planned_containers(deploy)),
            "old_tasks": kept_arns([each.arn for each in ecs_tasks]) if is_rolling else (),
        }
    )


def report_restored_images(deploy: Deploy, context: StepContext, revision: str) -> Deploy:
    """The service is back at this revision: the deploy with the images that its tasks run. Reported in the
    channel if one is another than before.
    """
    wanted = sole_digests(deploy.rollout.images_before)
    images = attempt(
        lambda: _compare_tasks(
            deploy, context, wanted, running_tasks(read_running_tasks(context), revision=revision)
        )
    )
    if isinstance(images, SlipwayError):
        images = RunningImages(match=ImageMatch.UNKNOWN, unknown_reason=without_retry_promise(images.message))
    deploy = deploy.evolve(rollout={"running_images": images})
    if not images.different:
        return deploy
    text = messages.other_image_after_rollback(revision, images, wanted)
    return deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, text, broadcast=True)


def find_other_image(deploy: Deploy, context: StepContext, task: TaskState) -> str:
    """Says that this one task ran an image that the plan did not show; empty if it did not, or if unknown."""
    images = best_effort(lambda: _compare_tasks(deploy, context, planned_digests(deploy), [task]), None)
    return (
        messages.other_image_ran(deploy.plan, images) if deploy.plan and images and images.different else ""
    )


def running_tasks(
    ecs_tasks: Sequence[TaskState], *, started_by: str = "", revision: str = ""
) -> list[TaskState]:
    """The tasks that run and are not being stopped: of one deployment, or of one revision. Pure."""
    return [
        task
        for task in ecs_tasks
        if task.is_running and started_by in ("", task.started_by) and revision in ("", task.revision)
    ]


def count_images(ecs_tasks: Sequence[TaskState], containers: set[str]) -> tuple[RunningImage, ...]:
    """The digests that these containers have, and how many tasks have each. Pure."""
    counts = Counter(
        (container.name, container.digest)
        for task in ecs_tasks
        for container in task.containers
        if container.digest and container.name in containers
    )
    return tuple(
        RunningImage(container=name, digest=digest, tasks=count)
        for (name, digest), count in sorted(counts.items())
    )


def sole_digests(images: Sequence[RunningImage]) -> dict[str, str]:
    """The digest of each container that ran only one. Pure."""
    counts = Counter(image.container for image in images)
    return {image.container: image.digest for image in images if counts[image.container] == 1}


def planned_digests(deploy: Deploy) -> dict[str, str]:
    """The digests that the plan showed, by container. Pure."""
    changes = deploy.plan.changes if deploy.plan else ()
    return {change.container: change.digest for change in changes if change.digest}


def compare_digests(
    wanted: Mapping[str, str], tasks: int, images: tuple[RunningImage, ...], answers: DigestAnswers
) -> RunningImages:
    """What the images of so many running tasks mean. Pure.

    wanted: the digest that each container should have.
    """
    compared = RunningImages(match=ImageMatch.SAME, tasks=tasks, images=images)
    if not wanted:
        return compared.evolve(match=ImageMatch.NOT_COMPARED)
    unexpected = _unexpected_images(wanted, images)
    if different_ones := tuple(each for each in unexpected if answers[each.container, each.digest] is False):
        return compared.evolve(match=ImageMatch.DIFFERENT, different=different_ones)
    unknown = [
        reason for each in unexpected if isinstance(reason := answers[each.container, each.digest], str)
    ]
    if tasks == 0:
        unknown.append(messages.no_running_task())
    elif any(sum(each.tasks for each in images if each.container == name) < tasks for name in wanted):
        unknown.append(messages.digest_not_shown())
    return compared.evolve(match=ImageMatch.UNKNOWN, unknown_reason=unknown[0]) if unknown else compared


def _unexpected_images(wanted: Mapping[str, str], images: Sequence[RunningImage]) -> list[RunningImage]:
    return [each for each in images if wanted.get(each.container, each.digest) != each.digest]


def _rollout_images(
    deploy: Deploy, context: StepContext, read: tuple[TaskState, ...] | SlipwayError
) -> RunningImages:
    """read: the service's tasks, or why they could not be read."""
    images: RunningImages | SlipwayError
    if isinstance(read, SlipwayError):
        images = read
    else:
        ours = running_tasks(read, started_by=deploy.ecs.deployment_id or "")
        images = attempt(lambda: _compare_tasks(deploy, context, planned_digests(deploy), ours))
    if not isinstance(images, SlipwayError):
        return images
    since = None
    if isinstance(images, AwsUnavailable):
        earlier = deploy.rollout.running_images
        since = (
            earlier.unreadable_since if earlier and earlier.unreadable_since is not None else context.now()
        )
    return RunningImages(
        match=ImageMatch.UNKNOWN, unknown_reason=without_retry_promise(images.message), unreadable_since=since
    )


def _compare_tasks(
    deploy: Deploy, context: StepContext, wanted: Mapping[str, str], ecs_tasks: Sequence[TaskState]
) -> RunningImages:
    """Raises AwsUnavailable if ECR does not answer."""
    images = count_images(ecs_tasks, _planned_containers(deploy))
    references = {container.name: container.image for task in ecs_tasks for container in task.containers}
    answers = {
        (each.container, each.digest): _is_same_image(
            context, references[each.container], wanted[each.container], each
        )
        for each in _unexpected_images(wanted, images)
    }
    return compare_digests(wanted, len(ecs_tasks), images, answers)


def _is_same_image(context: StepContext, reference: str, wanted: str, image: RunningImage) -> bool | str:
    try:
        same = image_indexes.is_same_image(context.region, parse_image(reference), wanted, image.digest)
    except AwsUnavailable:
        raise
    except (AwsError, ImageUnreadable) as error:
        return messages.digest_unknown(image, error.message)
    return messages.digest_deleted(wanted) if same is None else same


def _read_rollout_tasks(deploy: Deploy, context: StepContext, also: Sequence[str]) -> tuple[TaskState, ...]:
    """The tasks of the rollout, and those with these ARNs. None is searched for if as many run as the service
    has just shown, and they are those that were found when they began to serve."""
    new = deploy.rollout.new_tasks
    if new and deploy.phase is Phase.FOLLOWING and len(new) == deploy.rollout.counts.new_running:
        read = tuple(context.describe_tasks((*new, *also)).values())
        if len(running_tasks(read, started_by=deploy.ecs.deployment_id or "")) == len(new):
            return read
    return read_running_tasks(context, also)


def _planned_containers(deploy: Deploy) -> set[str]:
    """The containers that the plan shows. The owner of another container may move its tag at any time."""
    return {change.container for change in deploy.plan.changes} if deploy.plan else set()


def _image_keys(images: Sequence[RunningImage]) -> set[tuple[str, str]]:
    return {(image.container, image.digest) for image in images}
