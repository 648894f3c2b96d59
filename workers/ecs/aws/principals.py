"""Who did something in AWS, as people call them."""

from __future__ import annotations

import re

_ASSUMED_ROLE = re.compile(r"arn:[^:]+:sts::\d+:assumed-role/(?P<role>[^/]+)/(?P<session>.+)")
_ROOT = re.compile(r"arn:[^:]+:(?:iam|sts)::(?P<account>\d+):root")


def short_principal(principal: object) -> str:
    """`ci (terraform)` for a role and its session, `alice` for a user; empty for what is no principal.

    The forms are those of the IAM guide ("IAM identifiers"); ECS answers them in `registeredBy`.
    """
    if not isinstance(principal, str):
        return ""
    if assumed := _ASSUMED_ROLE.fullmatch(principal):
        return f"{assumed['role']} ({assumed['session']})"
    if root := _ROOT.fullmatch(principal):
        return f"the root user of {root['account']}"
    return principal.rsplit("/", 1)[-1]
