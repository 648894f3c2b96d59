"""The images that run, compared by digest with those that the plan showed.

A tag may be pushed again after the plan was shown and before ECS resolves it to a digest, so a rollout that
ECS completed may run an image that nobody saw. What two looks find to be another image is taken back. What
nobody can tell (no digest, or AWS does not answer) is said, and takes nothing back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from deploys.deploy import Deploy, MilestoneKind
from deploys.errors import AwsError, AwsUnavailable, ImageUnreadable, SlipwayError
from deploys.running_images import ImageMatch, RunningImage, RunningImages
from workers.ecs import image_indexes, tasks
from workers.ecs.images import parse
from workers.ecs.seen import TaskSeen
from workers.flows.best_effort import attempt, best_effort
from workers.flows.words import running_images as words
from workers.flows.words.reasons import without_promise
from workers.turn import Next, Turn

PATIENCE_SECONDS = 60.0
"""For so long AWS is asked again if it does not answer, before the images count as unknown."""

Answers = Mapping[tuple[str, str], bool | str]
"""For a container and a digest that it should not have: whether that is the same image all the same, or why
nobody can tell."""


def look_twice(deploy: Deploy, turn: Turn) -> Next | Deploy:
    """The deploy with what the tasks of its rollout run, or another look at them: if AWS did not answer, or
    if this is the first look that finds another image. What is `different` afterwards was found twice.
    """
    before = deploy.running_images
    seen = _look(deploy, turn)
    deploy = deploy.evolve(running_images=seen)
    if seen.unread_since is not None and turn.now() - seen.unread_since < PATIENCE_SECONDS:
        return Next(deploy, after=turn.pace.watch_seconds)
    if different(deploy) and not (before and _keys(before.different) & _keys(seen.different)):
        return Next(deploy, after=turn.pace.watch_seconds / 2)
    return deploy


def different(deploy: Deploy) -> bool:
    """Whether the last look found another image than the plan's. Pure."""
    return deploy.running_images is not None and deploy.running_images.match is ImageMatch.DIFFERENT


def with_images_before(deploy: Deploy, turn: Turn) -> Deploy:
    """The deploy with the images that run before it changes the service, so that its way back can be compared
    with them; without any if AWS does not tell."""
    old = deploy.plan.old_revision if deploy.plan else ""
    none: list[TaskSeen] = []
    seen = best_effort(lambda: running(_listed(deploy, turn), revision=old), none)
    return deploy.evolve(images_before=images_of(seen, _containers(deploy)))


def tell_back(deploy: Deploy, turn: Turn, revision: str) -> Deploy:
    """The service is back at this revision: the deploy with what its tasks run, which is told if it is
    another image than before."""
    wanted = only_digests(deploy.images_before)
    seen = attempt(lambda: _judged(deploy, turn, wanted, running(_listed(deploy, turn), revision=revision)))
    if isinstance(seen, SlipwayError):
        seen = RunningImages(match=ImageMatch.UNKNOWN, unknown=without_promise(seen.message))
    deploy = deploy.evolve(running_images=seen)
    if not seen.different:
        return deploy
    text = words.other_image_back(revision, seen, wanted)
    return deploy.saying(turn.now(), MilestoneKind.TROUBLE, text, broadcast=True)


def other_image_ran(deploy: Deploy, turn: Turn, task: TaskSeen) -> str:
    """That this one task ran an image that the plan did not show; empty if it did not, or nobody can tell."""
    seen = best_effort(lambda: _judged(deploy, turn, approved(deploy), [task]), None)
    return words.other_image_ran(deploy.plan, seen) if deploy.plan and seen and seen.different else ""


def running(seen: Sequence[TaskSeen], *, started_by: str = "", revision: str = "") -> list[TaskSeen]:
    """The tasks that run, and are to go on: of one deployment, or of one revision. Pure."""
    return [
        task
        for task in seen
        if task.last_status == task.desired_status == "RUNNING"
        and started_by in ("", task.started_by)
        and revision in ("", task.revision)
    ]


def images_of(seen: Sequence[TaskSeen], containers: set[str]) -> tuple[RunningImage, ...]:
    """The digests that these containers have, and how many tasks have each. Pure."""
    counts = Counter(
        (container.name, container.digest)
        for task in seen
        for container in task.containers
        if container.digest and container.name in containers
    )
    return tuple(
        RunningImage(container=name, digest=digest, tasks=count)
        for (name, digest), count in sorted(counts.items())
    )


def only_digests(images: Sequence[RunningImage]) -> dict[str, str]:
    """The digest of each container that ran one alone. Pure."""
    counts = Counter(image.container for image in images)
    return {image.container: image.digest for image in images if counts[image.container] == 1}


def approved(deploy: Deploy) -> dict[str, str]:
    """The digests that the plan showed, by container. Pure."""
    changes = deploy.plan.changes if deploy.plan else ()
    return {change.container: change.digest for change in changes if change.digest}


def compared(
    wanted: Mapping[str, str], tasks: int, images: tuple[RunningImage, ...], answers: Answers
) -> RunningImages:
    """What is known of the images that so many running tasks have. Pure.

    wanted: the digest that each container should have.
    """
    looked = RunningImages(match=ImageMatch.SAME, tasks=tasks, images=images)
    if not wanted:
        return looked.evolve(match=ImageMatch.NOT_COMPARED)
    others = _others(wanted, images)
    if different_ones := tuple(each for each in others if answers[each.container, each.digest] is False):
        return looked.evolve(match=ImageMatch.DIFFERENT, different=different_ones)
    unknown = [why for each in others if isinstance(why := answers[each.container, each.digest], str)]
    if tasks == 0:
        unknown.append(words.no_tasks())
    elif any(sum(each.tasks for each in images if each.container == name) < tasks for name in wanted):
        unknown.append(words.no_digest())
    return looked.evolve(match=ImageMatch.UNKNOWN, unknown=unknown[0]) if unknown else looked


def _others(wanted: Mapping[str, str], images: Sequence[RunningImage]) -> list[RunningImage]:
    return [each for each in images if wanted.get(each.container, each.digest) != each.digest]


def _look(deploy: Deploy, turn: Turn) -> RunningImages:
    ours = deploy.deployment_id or ""
    seen = attempt(
        lambda: _judged(deploy, turn, approved(deploy), running(_listed(deploy, turn), started_by=ours))
    )
    if not isinstance(seen, SlipwayError):
        return seen
    since = None
    if isinstance(seen, AwsUnavailable):
        before = deploy.running_images
        since = before.unread_since if before and before.unread_since is not None else turn.now()
    return RunningImages(match=ImageMatch.UNKNOWN, unknown=without_promise(seen.message), unread_since=since)


def _judged(deploy: Deploy, turn: Turn, wanted: Mapping[str, str], seen: Sequence[TaskSeen]) -> RunningImages:
    """Raises AwsUnavailable if ECR does not answer."""
    images = images_of(seen, _containers(deploy))
    references = {container.name: container.image for task in seen for container in task.containers}
    answers = {
        (each.container, each.digest): _answer(turn, references[each.container], wanted[each.container], each)
        for each in _others(wanted, images)
    }
    return compared(wanted, len(seen), images, answers)


def _answer(turn: Turn, reference: str, wanted: str, seen: RunningImage) -> bool | str:
    try:
        same = image_indexes.same_image(turn.region, parse(reference), wanted, seen.digest)
    except AwsUnavailable:
        raise
    except (AwsError, ImageUnreadable) as error:
        return words.not_told(seen, error.message)
    return words.gone(wanted) if same is None else same


def _listed(deploy: Deploy, turn: Turn) -> tuple[TaskSeen, ...]:
    service = deploy.service
    return tasks.of_service(turn.region, service.cluster, service.ecs_service, stopped=False)


def _containers(deploy: Deploy) -> set[str]:
    """Those that the plan shows: another one's tag is its owner's to move."""
    return {change.container for change in deploy.plan.changes} if deploy.plan else set()


def _keys(images: Sequence[RunningImage]) -> set[tuple[str, str]]:
    return {(image.container, image.digest) for image in images}
