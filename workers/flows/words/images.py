"""Images as people read them."""

from __future__ import annotations

import re

from deploys.deploy import ContainerChange, Deploy, Plan, Verb
from deploys.mrkdwn import code
from workers.ecs.images import ecr_repository, parse
from workers.flows.words.measures import size, when

_LONG_DIGEST = re.compile(r"(@sha256:[0-9a-f]{12})[0-9a-f]+")


def shown(image: str) -> str:
    """An image reference with no more of its digest than tells it apart, as plain text."""
    return _LONG_DIGEST.sub(r"\1", image)


def old(change: ContainerChange, plan: Plan) -> str:
    """The image before, with the tag that its digest has."""
    return _with_tag(change.old_image, plan.changes[0].old_image, plan.old_tag)


def new(change: ContainerChange, plan: Plan) -> str:
    """The image after, with the tag that its digest has."""
    return _with_tag(change.new_image, plan.changes[0].new_image, plan.tag)


def _with_tag(image: str, main: str, tag: str) -> str:
    """Only of the main image is the tag known."""
    known = "@" in image and image == main and tag and not tag.startswith("sha256:")
    return f"{code(shown(image))} ({code(tag)})" if known else code(shown(image))


def found(deploy: Deploy, plan: Plan) -> str:
    """What the registry says about the image: digest, size and push time."""
    in_ecr = ecr_repository(parse(plan.changes[0].new_image)) is not None
    # ECR may also have refused to answer; that keeps nobody from a rollback, and refuses everything else.
    if not plan.digest and in_ecr and deploy.verb is not Verb.ROLLBACK:
        return (
            "ECR fetches the image from another registry when it is first pulled (a pull-through cache "
            "rule), so I cannot check that it exists"
        )
    if not plan.digest:
        return "I cannot ask the image's registry, so I cannot check that the image exists"
    about = [f"image digest {code(plan.digest[:19])}"]
    if plan.size is not None:
        about.append(size(plan.size))
    if plan.pushed_at is not None:
        about.append(f"pushed {when(plan.pushed_at)}")
    return ", ".join(about)


def cache_rules_unknown() -> str:
    """Added where an image is called missing, though it might be one that is fetched when it is pulled."""
    return (
        " If ECR fetches it by a pull-through cache rule, allow the workers "
        "ecr:DescribePullThroughCacheRules: then I can tell."
    )


def pinned(deploy: Deploy, plan: Plan) -> list[str]:
    """That the revision goes by the digest, or cannot though it should; empty where it goes by the tag."""
    if not plan.pinned:
        by_tag = deploy.verb is Verb.DEPLOY and deploy.service.pins
        return (
            [f"not pinned: no digest is known, so {code(plan.tag)} has to stay what it is"] if by_tag else []
        )
    if plan.digest is None or plan.tag == plan.digest[:19]:
        return ["pinned: the revision names the image by its digest"]
    return [
        f"pinned: the revision names the image by its digest, which {code(plan.tag)} stands for now; should "
        "the tag be pushed anew, this revision still runs the same image"
    ]
