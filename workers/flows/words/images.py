"""Images as people read them."""

from __future__ import annotations

import re

from deploys.deploy import ContainerChange, Plan
from deploys.mrkdwn import code
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


def found(plan: Plan) -> str:
    """What the registry says about the image: digest, size and push time."""
    if not plan.digest:
        return "I cannot ask the image's registry, so I cannot check that the image exists"
    about = [f"image digest {code(plan.digest[:19])}"]
    if plan.size is not None:
        about.append(size(plan.size))
    if plan.pushed_at is not None:
        about.append(f"pushed {when(plan.pushed_at)}")
    return ", ".join(about)


def pinned(plan: Plan) -> list[str]:
    """That the revision goes by the digest; empty where it goes by the tag."""
    if not plan.pinned:
        return []
    if plan.digest is None or plan.tag == plan.digest[:19]:
        return ["pinned: the revision names the image by its digest"]
    return [
        f"pinned: the revision names the image by its digest, which {code(plan.tag)} stands for now; should "
        "the tag be pushed anew, this revision still runs the same image"
    ]
