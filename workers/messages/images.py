"""Images: how people read them, and which ones run if those are not the plan's."""

from __future__ import annotations

import re
from collections.abc import Mapping

from deploys.formatting import image_size, slack_time
from deploys.mrkdwn import code, plural
from deploys.records.deploy import Deploy
from deploys.records.plan import ContainerChange, Plan
from deploys.records.request import Verb
from deploys.records.rollout import ImageMatch, RunningImage, RunningImages
from deploys.short_names import short_arn, short_digest
from deploys.text_limits import shorten

_LONG_DIGEST = re.compile(r"(@sha256:[0-9a-f]{12})[0-9a-f]+")


def short_image(image: str) -> str:
    """An image reference with its digest shortened, as plain text."""
    return _LONG_DIGEST.sub(r"\1", image)


def old_image(change: ContainerChange, plan: Plan) -> str:
    """The image before, with its tag if it is named by digest."""
    return _with_tag(change.old_image, plan.changes[0].old_image, plan.old_tag)


def new_image(change: ContainerChange, plan: Plan) -> str:
    """The image after, with its tag if it is named by digest."""
    return _with_tag(change.new_image, plan.changes[0].new_image, plan.tag)


def _with_tag(image: str, main: str, tag: str) -> str:
    """The tag is known for the main image only."""
    known = "@" in image and image == main and tag and not tag.startswith("sha256:")
    return f"{code(short_image(image))} ({code(tag)})" if known else code(short_image(image))


def image_line(change: ContainerChange, plan: Plan) -> str:
    """`web`: `1.4.1` → `1.4.2` (`sha256:0123456789ab`), for the card. The plan has the registry's address.

    Names are shown too if the image comes from another repository than before.
    """
    main = plan.changes[0]
    container = code(shorten(change.container, 80))
    old_repository, old = _repository_and_version(
        change.old_image, plan.old_tag if change.old_image == main.old_image else ""
    )
    repository, new = _repository_and_version(
        change.new_image, plan.tag if change.new_image == main.new_image else ""
    )
    digest = change.digest or (plan.digest if change.new_image == main.new_image else None)
    shown_digest = f" ({_digest_code(digest)})" if digest and new != short_digest(digest) else ""
    if change.old_image == change.new_image:
        return f"{container}: {code(shorten(new, 120))}{shown_digest}, as before"
    if repository != old_repository:
        old, new = f"{short_arn(old_repository)}:{old}", f"{short_arn(repository)}:{new}"
    return f"{container}: {code(shorten(old, 120))} → {code(shorten(new, 120))}{shown_digest}"


def _repository_and_version(image: str, known_tag: str) -> tuple[str, str]:
    """An image reference as repository and version: the tag, or the short digest."""
    name, _, digest = image.partition("@")
    registry, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return f"{registry}{slash}{last}", tag or known_tag or short_digest(digest) or "latest"


def registry_line(deploy: Deploy, plan: Plan, *, in_ecr: bool) -> str:
    """What the registry says about the image: digest, size and push time. in_ecr: it is in a private ECR
    registry."""
    # ECR may also have refused to answer; that keeps nobody from a rollback, and refuses everything else.
    if not plan.digest and in_ecr and deploy.verb is not Verb.ROLLBACK:
        return (
            "ECR fetches the image from another registry when it is first pulled (a pull-through cache "
            "rule), so I cannot check that it exists"
        )
    if not plan.digest:
        return "I cannot ask the image's registry, so I cannot check that the image exists"
    about = [f"image digest {code(short_digest(plan.digest))}"]
    if plan.image_bytes is not None:
        about.append(image_size(plan.image_bytes))
    if plan.pushed_at is not None:
        about.append(f"pushed {slack_time(plan.pushed_at)}")
    return ", ".join(about)


def cache_rules_unknown() -> str:
    """Added to "there is no image" if ECR might still fetch it when it is pulled."""
    return (
        " If ECR fetches it by a pull-through cache rule, allow the workers "
        "ecr:DescribePullThroughCacheRules: then I can tell."
    )


def pin_lines(deploy: Deploy, plan: Plan) -> list[str]:
    """Whether the revision names the image by digest, or why it cannot; empty if it should name the tag."""
    if not plan.pinned:
        by_tag = deploy.verb is Verb.DEPLOY and deploy.service.pins_digest
        return (
            [f"not pinned: no digest is known, so {code(plan.tag)} must not be pushed again"]
            if by_tag
            else []
        )
    if plan.digest is None or plan.tag == short_digest(plan.digest):
        return ["pinned: the revision names the image by its digest"]
    return [
        f"pinned: the revision names the image by its digest, which {code(plan.tag)} points to now; if the "
        "tag is pushed again, this revision still runs the same image"
    ]


def _digest_code(value: str) -> str:
    """A short digest in a code span."""
    return code(short_digest(value))


def other_image_runs(plan: Plan, images: RunningImages) -> str:
    """Why a rollout is rolled back: its tasks run another image than the plan showed."""
    found = "; ".join(
        f"container {code(each.container)} runs {_digest_code(each.digest)} in {each.tasks} of "
        f"{plural(images.tasks, 'task')}, not {_digest_code(_planned_digest(plan, each))}"
        for each in images.different
    )
    return f"the tasks do not run the image that the plan showed: {found}.{_pushed_again(plan)}"


def other_image_ran(plan: Plan, images: RunningImages) -> str:
    """The same for the task before the rollout, which has ended."""
    found = "; ".join(
        f"container {code(each.container)} ran {_digest_code(each.digest)}, not "
        f"{_digest_code(_planned_digest(plan, each))}"
        for each in images.different
    )
    return f"its task did not run the image that the plan showed: {found}.{_pushed_again(plan)}"


def _planned_digest(plan: Plan, image: RunningImage) -> str:
    return next(change.digest or "" for change in plan.changes if change.container == image.container)


def _pushed_again(plan: Plan) -> str:
    if plan.pinned:
        return ""
    return (
        f" The tag {code(plan.tag)} seems to have been pushed again after the plan; {code('pin: digest')} in "
        f"{code('services.yml')} prevents this."
    )


def images_unknown(deploy: Deploy) -> str:
    """After a success: why it is unknown which image runs, or whether it is the plan's. Else empty."""
    running = deploy.rollout.running_images
    if running is None or running.match is not ImageMatch.UNKNOWN:
        return ""
    planned = deploy.plan is not None and any(change.digest for change in deploy.plan.changes)
    what = "Whether its tasks run the image that the plan showed" if planned else "Which image its tasks run"
    shown = ", ".join(f"{code(each.container)} runs {_digest_code(each.digest)}" for each in running.images)
    return f"{what} is not known: {running.unknown_reason}{f' ECS shows: {shown}.' if shown else ''}"


def no_running_task() -> str:
    return "ECS lists no running task of this rollout."


def digest_not_shown() -> str:
    return "ECS does not show the image digest of every task."


def digest_deleted(wanted: str) -> str:
    """The plan's image is an index whose parts cannot be read."""
    return f"ECR does not have {_digest_code(wanted)} any more."


def digest_unknown(image: RunningImage, why: str) -> str:
    """ECR could not be asked about this digest."""
    return f"I cannot find out what {_digest_code(image.digest)} is. {why}"


def other_image_after_rollback(
    revision: str, images: RunningImages, digests_before: Mapping[str, str]
) -> str:
    """The recorded revision runs again, but with another image than before."""
    found = "; ".join(
        f"container {code(each.container)} ran {_digest_code(digests_before[each.container])} and now runs "
        f"{_digest_code(each.digest)}"
        for each in images.different
    )
    return (
        f"*Needs attention*: {code(short_arn(revision))} is back, but it runs another image than before: "
        f"{found}. Its tag seems to have been pushed again since."
    )


def copy_pinned_by_digest(revision: str, copy: str, digests: Mapping[str, str]) -> str:
    """The recorded revision names a tag that points to another image now."""
    found = ", ".join(f"{code(container)}: {_digest_code(value)}" for container, value in digests.items())
    return (
        f"The tag that {code(short_arn(revision))} names was pushed again, or deleted, since. So I bring "
        f"back {code(short_arn(copy))}, a copy that names the image that ran by its digest ({found})."
    )
