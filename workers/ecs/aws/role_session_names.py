"""What Slipway calls itself when it assumes a role: the names that CloudTrail and AWS's refusals show."""

from __future__ import annotations

import re

WATCH = "slipway-watch"
"""For a look at the deploys of a cluster together."""
ORPHAN_RECOVERY = "slipway-janitor"
"""For looks at services whose deploy may be lost."""
PLAN = "slipway-plan"
TAGS = "slipway-tags"
"""For questions, which have no deploy."""

_SLIPWAY_SESSION = re.compile(r"arn:aws[a-z-]*:sts::[0-9]{12}:assumed-role/[^/]+/slipway-[a-z0-9]+")


def for_deploy(deploy_id: str) -> str:
    """Whatever is done for a deploy is done under its id."""
    return f"slipway-{deploy_id}"


def is_ours(arn: str) -> bool:
    """Whether this is a role that we assumed, rather than who the workers are by themselves."""
    return _SLIPWAY_SESSION.fullmatch(arn) is not None
