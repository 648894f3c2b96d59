"""Reads the members of the user groups of services.yml into Redis, within Slack's rate limit."""

from __future__ import annotations

from collections.abc import Collection

import structlog
from slack_sdk import WebClient

from deploys.stores.user_groups import READ_EVERY_SECONDS, UserGroups
from workers.thread.rate_limits import SharedRateLimits, Urgency
from workers.thread.slack_error_handling import CALL_FAILURES, SlackCallFailed, SlackErrorKind, classify_error

log = structlog.get_logger()

METHOD = "usergroups.users.list"
GROUPS_PER_RUN = 8
"""Groups read in one run (count): 11 a minute of Slack's 20 (Tier 2). More groups take turns; with more than
four times as many, some always count as unknown (`deploys.stores.user_groups.MAX_AGE_SECONDS`)."""
LOG_AGAIN_SECONDS = 3600.0
"""A refusal that goes on is logged again after this long (seconds)."""

ADVICE_BY_ERROR: dict[str, str] = {
    "plan_upgrade_required": "this Slack plan has no user groups; name user ids in services.yml instead",
    "paid_teams_only": "this Slack plan has no user groups; name user ids in services.yml instead",
    "missing_scope": "the app lacks the scope usergroups:read; add it (OAuth & Permissions) and reinstall it",
    "no_such_subteam": "there is no such user group; look at the id in services.yml",
    "subteam_not_found": "there is no such user group; look at the id in services.yml",
    "permission_denied": "this workspace lets no app read user groups; name user ids in services.yml",
}


def refresh_members(
    client: WebClient, groups: UserGroups, group_ids: Collection[str], now: float, limits: SharedRateLimits
) -> frozenset[str]:
    """Reads the members of the groups whose turn it is; returns the groups that were read.

    A group that cannot be read keeps its last known members until they count as unknown
    (`deploys.stores.user_groups`); the other groups are still read.
    """
    read: set[str] = set()
    for group in groups_to_read_now(sorted(group_ids), now):
        if limits.take_token(METHOD, urgency=Urgency.IDLE) > 0:
            break
        try:
            answer = client.usergroups_users_list(usergroup=group)
        except CALL_FAILURES as error:
            failure = classify_error(METHOD, error)
            _log_failure(failure, group, limits)
            if failure.kind in (SlackErrorKind.UNREACHABLE, SlackErrorKind.RATE_LIMITED):
                break
            continue
        limits.note_answer()
        groups.save_members(group, answer.get("users") or (), now)
        read.add(group)
    return frozenset(read)


def groups_to_read_now(group_ids: list[str], now: float) -> list[str]:
    """The groups to read now: all of them, or a part in turn if Slack's rate limit does not allow all."""
    if len(group_ids) <= GROUPS_PER_RUN:
        return group_ids
    first = int(now / READ_EVERY_SECONDS) * GROUPS_PER_RUN % len(group_ids)
    return (group_ids[first:] + group_ids[:first])[:GROUPS_PER_RUN]


def _log_failure(failure: SlackCallFailed, group: str, limits: SharedRateLimits) -> None:
    if failure.kind is SlackErrorKind.UNREACHABLE:
        limits.note_outage()
        return
    limits.note_answer()
    if failure.kind is SlackErrorKind.RATE_LIMITED:
        limits.hold_method(METHOD, failure.retry_after)
        return
    name = failure.detail.split(" ")[0]
    if limits.first_notice(f"{group}:{name}", LOG_AGAIN_SECONDS):
        log.error("cannot read a user group", group=group, error=name, advice=ADVICE_BY_ERROR.get(name, ""))
