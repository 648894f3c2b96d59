"""Reads who is in the user groups of services.yml, within Slack's rate limit, for all who need to know."""

from __future__ import annotations

from collections.abc import Collection

import structlog
from slack_sdk import WebClient

from deploys.groups import READ_EVERY_SECONDS, Groups
from workers.thread.limits import Limits, Urgency
from workers.thread.trouble import CALL_FAILURES, Kind, Trouble, judge

log = structlog.get_logger()

METHOD = "usergroups.users.list"
AT_ONCE = 8
"""Groups read in one go (count): 11 a minute of Slack's 20 (Tier 2). More groups take turns, and beyond four
times as many some always count as unknown (`deploys.groups.KNOWN_SECONDS`)."""
NOTICE_SECONDS = 3600.0
"""A refusal that lasts is logged again after this long (seconds)."""

ADVICE: dict[str, str] = {
    "plan_upgrade_required": "this Slack plan has no user groups; name user ids in services.yml instead",
    "paid_teams_only": "this Slack plan has no user groups; name user ids in services.yml instead",
    "missing_scope": "the app lacks the scope usergroups:read; add it (OAuth & Permissions) and reinstall it",
    "no_such_subteam": "there is no such user group; look at the id in services.yml",
    "subteam_not_found": "there is no such user group; look at the id in services.yml",
    "permission_denied": "this workspace lets no app read user groups; name user ids in services.yml",
}


def refresh(
    client: WebClient, groups: Groups, group_ids: Collection[str], now: float, limits: Limits
) -> frozenset[str]:
    """Reads the members of the groups whose turn it is; returns those that were read.

    A group that cannot be read keeps its members until they count as unknown (`deploys.groups`), and does not
    keep the others from being read.
    """
    read: set[str] = set()
    for group in turn(sorted(group_ids), now):
        if limits.ask(METHOD, urgency=Urgency.IDLE) > 0:
            break
        try:
            answer = client.usergroups_users_list(usergroup=group)
        except CALL_FAILURES as error:
            trouble = judge(METHOD, error)
            _note(trouble, group, limits)
            if trouble.kind in (Kind.AWAY, Kind.RATE_LIMITED):
                break
            continue
        limits.answered()
        groups.remember(group, answer.get("users") or (), now)
        read.add(group)
    return frozenset(read)


def turn(group_ids: list[str], now: float) -> list[str]:
    """The groups to read now, when there are more than Slack lets one read in this time."""
    if len(group_ids) <= AT_ONCE:
        return group_ids
    first = int(now / READ_EVERY_SECONDS) * AT_ONCE % len(group_ids)
    return (group_ids[first:] + group_ids[:first])[:AT_ONCE]


def _note(trouble: Trouble, group: str, limits: Limits) -> None:
    if trouble.kind is Kind.AWAY:
        limits.away()
        return
    limits.answered()
    if trouble.kind is Kind.RATE_LIMITED:
        limits.told_to_wait(METHOD, trouble.retry_after)
        return
    name = trouble.detail.split(" ")[0]
    if limits.first_notice(f"{group}:{name}", NOTICE_SECONDS):
        log.error("cannot read a user group", group=group, error=name, advice=ADVICE.get(name, ""))
