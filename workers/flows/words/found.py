"""What is told of a deploy whose record was lost, and that was found by its marks on the ECS service."""

from __future__ import annotations

from deploys.deploy import Deploy
from deploys.mrkdwn import code, plural
from workers.ecs.seen import ServiceSeen
from workers.flows.words.measures import short


def reason() -> str:
    return "my record of this deploy was lost, as Redis lost its data."


def at_zero(deploy: Deploy) -> str:
    original = deploy.original
    assert original is not None
    return (
        f"*Needs a look*: I found {code(deploy.service.name)} stopped by this deploy, and no record of it: "
        f"Redis lost its data. I bring back {code(short(original.revision))} with "
        f"{plural(original.desired_count, 'task')}, as the marks on the ECS service say."
    )


def running(deploy: Deploy, seen: ServiceSeen) -> str:
    scaled = " Application Auto Scaling is put back as it was." if deploy.scaling else ""
    return (
        f"*Failed*: Redis lost its data, and with it how far this deploy was. {code(deploy.service.name)} "
        f"wants {plural(seen.desired, 'task')} of {code(short(seen.revision))}; I leave it so.{scaled} Look "
        "whether that is the version you want."
    )
