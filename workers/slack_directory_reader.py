"""Reads from Slack who people are and what kind of channels there are, within Slack's rate limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from slack_sdk import WebClient

from deploys.stores.active_deploys import ActiveDeploy
from deploys.stores.slack_directory import (
    READ_EVERY_SECONDS,
    SLACKBOT,
    Channel,
    ChannelKind,
    Person,
    SlackDirectory,
    is_person_id,
)
from workers.thread.rate_limits import SharedRateLimits, Urgency
from workers.thread.slack_error_handling import CALL_FAILURES, SlackCallFailed, SlackErrorKind, classify_error

log = structlog.get_logger()

PER_RUN = 8
"""People and channels read again in one run (count): 32 a minute. The oldest come first."""
LOG_AGAIN_SECONDS = 3600.0
"""A refusal that goes on is logged again after this long (seconds)."""
HIDDEN_CHANNEL = "channel_not_found"
"""What Slack answers about a private channel that the app is not in (docs.slack.dev, conversations.info)."""

ADVICE_BY_ERROR: dict[str, str] = {
    "missing_scope": "the app lacks a scope of manifest.yml; add it (OAuth & Permissions) and reinstall it",
}


class SlackDirectoryReader:
    """Reads into the directory in Redis."""

    def __init__(
        self,
        client: WebClient,
        directory: SlackDirectory,
        limits: SharedRateLimits,
        now: Callable[[], float],
    ) -> None:
        self._client = client
        self._directory = directory
        self._limits = limits
        self._now = now

    def read(self, slack_id: str, urgency: Urgency = Urgency.URGENT) -> bool:
        """Reads one person or channel; returns whether to go on: not while Slack is away or limits the rate.

        What cannot be read keeps its last known state until that is too old.
        """
        method = "users.info" if is_person_id(slack_id) else "conversations.info"
        if self._limits.take_token(method, urgency=urgency) > 0:
            return False
        read_at = self._now()  # what Slack answers is at least as new
        try:
            if is_person_id(slack_id):
                answer = self._client.users_info(user=slack_id)
                self._directory.save_person(slack_id, person_of(answer["user"], read_at))
            else:
                answer = self._client.conversations_info(channel=slack_id)
                self._directory.save_channel(slack_id, channel_of(answer["channel"], read_at))
        except CALL_FAILURES as error:
            failure = classify_error(method, error)
            if failure.detail.split(" ")[0] == HIDDEN_CHANNEL:
                hidden = Channel(read_at=read_at, kind=ChannelKind.HIDDEN)
                self._directory.save_channel(slack_id, hidden)
            return self._note_failure(failure, method, slack_id)
        self._limits.note_answer()
        return True

    def refresh(
        self,
        list_active: Callable[[], Iterable[ActiveDeploy]],
        standby: Iterable[str] = (),
        standby_age: float = READ_EVERY_SECONDS,
    ) -> float | None:
        """Reads again what is asked about and what deploys in progress depend on. Returns when the next of
        them is to be read (epoch seconds), or None if some are left that Slack does not take now.

        list_active: the deploys that have not ended. They are listed once a minute.

        standby: people and channels that are read without anybody asking, once what was read of them is so
        old (seconds): the command line has to know them when Slack is down.
        """
        now = self._now()
        if self._directory.begin_noting_active():
            ids = {each for deploy in list_active() for each in deploy.summary.slack_ids}
            self._directory.note_needed(ids, now)
        due_at = self._due_at(self._directory.needed(now), now, READ_EVERY_SECONDS)
        standby_at = self._due_at(list(standby), now, standby_age)
        due = list(dict.fromkeys([*_overdue(due_at, now), *_overdue(standby_at, now)]))
        for slack_id in due[:PER_RUN]:
            if not self.read(slack_id, Urgency.IDLE):
                return None
        if len(due) > PER_RUN:
            return None
        # Those who are needed from now on are read when they are asked about, or were lately.
        later = [at for at in (*due_at.values(), *standby_at.values()) if at > now]
        return min([*later, now + READ_EVERY_SECONDS])

    def _due_at(self, ids: Sequence[str], now: float, every: float) -> dict[str, float]:
        """When each is to be read again (epoch seconds)."""
        return {each: at + every for each, at in self._directory.read_at(ids, now).items()}

    def _note_failure(self, failure: SlackCallFailed, method: str, slack_id: str) -> bool:
        if failure.kind is SlackErrorKind.UNREACHABLE:
            self._limits.note_outage()
            return False
        self._limits.note_answer()
        if failure.kind is SlackErrorKind.RATE_LIMITED:
            self._limits.hold_method(method, failure.retry_after)
            return False
        name = failure.detail.split(" ")[0]
        if self._limits.first_notice(f"{slack_id}:{name}", LOG_AGAIN_SECONDS):
            log.warning(
                "Slack does not say", about=slack_id, error=name, advice=ADVICE_BY_ERROR.get(name, "")
            )
        return True


def person_of(user: Mapping[str, Any], read_at: float) -> Person:
    """The user object of `users.info`, as read then (epoch seconds).

    In an Enterprise Grid `team_id` may be another workspace of the organisation; `enterprise_user.teams` has
    all of them.
    """
    grid = user.get("enterprise_user") or {}
    teams = (user.get("team_id"), *(grid.get("teams") or ()))
    return Person(
        read_at=read_at,
        teams=tuple(dict.fromkeys(each for each in teams if each)),
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_deleted=bool(user.get("deleted")),
        is_bot=bool(user.get("is_bot") or user.get("id") == SLACKBOT),
        is_stranger=bool(user.get("is_stranger")),
    )


def channel_of(channel: Mapping[str, Any], read_at: float) -> Channel:
    """The channel object of `conversations.info`, as read then (epoch seconds). `is_shared` and
    `is_org_shared` alone say that it is shared with other workspaces of the same organisation."""
    if channel.get("is_im"):
        kind = ChannelKind.DIRECT
    elif channel.get("is_mpim"):
        kind = ChannelKind.GROUP_DIRECT
    else:
        kind = ChannelKind.PRIVATE if channel.get("is_private") else ChannelKind.PUBLIC
    shared = channel.get("is_ext_shared") or channel.get("is_pending_ext_shared")
    return Channel(read_at=read_at, kind=kind, is_shared=bool(shared))


def _overdue(due_at: Mapping[str, float], now: float) -> list[str]:
    """Those that are to be read by now, the longest overdue first."""
    return sorted((each for each in due_at if due_at[each] <= now), key=due_at.__getitem__)
