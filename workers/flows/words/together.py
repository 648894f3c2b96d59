"""What deploys that were asked for at once mean for one another."""

from __future__ import annotations

from deploys.deploy import Deploy
from deploys.mrkdwn import code
from deploys.standing import standing


def left_alone(other: Deploy) -> str:
    return (
        f"it was not begun, because {code(other.service.name)} {standing(other)} and the first failure stops "
        "the rest."
    )
