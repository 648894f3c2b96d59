"""Which images run, where they are not those of the plan or nobody can tell."""

from __future__ import annotations

from collections.abc import Mapping

from deploys.deploy import Deploy, Plan
from deploys.mrkdwn import code, plural
from deploys.running_images import ImageMatch, RunningImage, RunningImages
from workers.ecs.pins import SHORT
from workers.flows.words.measures import short


def digest(value: str) -> str:
    """The beginning of a digest, as people are shown it."""
    return code(value[:SHORT])


def other_image(plan: Plan, seen: RunningImages) -> str:
    """Why a rollout is taken back: its tasks run what the plan did not show."""
    found = "; ".join(
        f"container {code(each.container)} runs {digest(each.digest)} in {each.tasks} of "
        f"{plural(seen.tasks, 'task')}, not {digest(_planned(plan, each))}"
        for each in seen.different
    )
    return f"the tasks do not run the image that the plan showed: {found}.{_pushed_again(plan)}"


def other_image_ran(plan: Plan, seen: RunningImages) -> str:
    """The same of the one task before the rollout, which is over."""
    found = "; ".join(
        f"container {code(each.container)} ran {digest(each.digest)}, not {digest(_planned(plan, each))}"
        for each in seen.different
    )
    return f"its task did not run the image that the plan showed: {found}.{_pushed_again(plan)}"


def _planned(plan: Plan, seen: RunningImage) -> str:
    return next(change.digest or "" for change in plan.changes if change.container == seen.container)


def _pushed_again(plan: Plan) -> str:
    if plan.pinned:
        return ""
    return (
        f" The tag {code(plan.tag)} seems to have been pushed again after the plan; {code('pin: digest')} in "
        f"{code('services.yml')} keeps that from mattering."
    )


def unknown(deploy: Deploy) -> str:
    """At a good end: why nobody can tell which image runs, or whether it is the plan's. Empty otherwise."""
    seen = deploy.running_images
    if seen is None or seen.match is not ImageMatch.UNKNOWN:
        return ""
    planned = deploy.plan is not None and any(change.digest for change in deploy.plan.changes)
    what = "Whether its tasks run the image that the plan showed" if planned else "Which image its tasks run"
    shown = ", ".join(f"{code(each.container)} runs {digest(each.digest)}" for each in seen.images)
    return f"{what} is not known: {seen.unknown}{f' ECS shows: {shown}.' if shown else ''}"


def no_tasks() -> str:
    return "ECS lists no running task of this rollout."


def no_digest() -> str:
    return "ECS does not show the image digest of every task."


def gone(wanted: str) -> str:
    """Nobody can read what was part of the image of the plan."""
    return f"ECR does not have {digest(wanted)} any more."


def not_told(seen: RunningImage, why: str) -> str:
    """ECR was not to be asked about this digest."""
    return f"I cannot find out what {digest(seen.digest)} is. {why}"


def other_image_back(revision: str, seen: RunningImages, ran: Mapping[str, str]) -> str:
    """The recorded revision runs again, but not what it ran."""
    found = "; ".join(
        f"container {code(each.container)} ran {digest(ran[each.container])} and now runs "
        f"{digest(each.digest)}"
        for each in seen.different
    )
    return (
        f"*Needs a look*: {code(short(revision))} is back, but it runs another image than before: {found}. "
        "Its tag seems to have been pushed again since."
    )


def kept(revision: str, copy: str, images: Mapping[str, str]) -> str:
    """The recorded revision goes by a tag that points elsewhere now."""
    found = ", ".join(f"{code(container)}: {digest(value)}" for container, value in images.items())
    return (
        f"The tag that {code(short(revision))} names was pushed again, or deleted, since. So I bring back "
        f"{code(short(copy))}, a copy that names the image that ran by its digest ({found})."
    )
