"""Names of principals in AWS: the sessions under which Slipway assumes roles, and short names for people.

CloudTrail and AWS's refusals show the session names.
"""

from __future__ import annotations

import re

WATCH_SESSION = "slipway-watch"
"""For reading all deploys of a cluster together."""
ORPHAN_RECOVERY_SESSION = "slipway-recovery"
"""For reading services whose deploy may be lost."""
PLAN_SESSION = "slipway-plan"
TAGS_SESSION = "slipway-tags"
LOGS_SESSION = "slipway-logs"
STATUS_SESSION = "slipway-status"
SURVEY_SESSION = "slipway-survey"
"""For queries, which have no deploy."""

_SLIPWAY_SESSION = re.compile(r"arn:aws[a-z-]*:sts::[0-9]{12}:assumed-role/[^/]+/slipway-[a-z0-9]+")
_ASSUMED_ROLE = re.compile(r"arn:[^:]+:sts::\d+:assumed-role/(?P<role>[^/]+)/(?P<session>.+)")
_ROOT = re.compile(r"arn:[^:]+:(?:iam|sts)::(?P<account>\d+):root")


def session_for_deploy(deploy_id: str) -> str:
    """The session for everything that is done for this deploy."""
    return f"slipway-{deploy_id}"


def is_slipway_session(arn: str) -> bool:
    """Whether this is a role that Slipway assumed, instead of the workers' own principal."""
    return _SLIPWAY_SESSION.fullmatch(arn) is not None


def short_principal_name(principal: object) -> str:
    """`ci (terraform)` for a role and its session, `alice` for a user; empty for anything else.

    The forms are those of the IAM guide ("IAM identifiers"); ECS answers them in `registeredBy`.
    """
    if not isinstance(principal, str):
        return ""
    if assumed := _ASSUMED_ROLE.fullmatch(principal):
        return f"{assumed['role']} ({assumed['session']})"
    if root := _ROOT.fullmatch(principal):
        return f"the root user of {root['account']}"
    return principal.rsplit("/", 1)[-1]
