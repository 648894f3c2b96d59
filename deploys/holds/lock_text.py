"""What is said of locks, and of the stop of all deploys, wherever people read of them."""

from __future__ import annotations

from deploys.catalogue.durations import format_duration
from deploys.formatting import slack_time
from deploys.mrkdwn import code, mention, reason_sentence
from deploys.records.lock import ALL_SERVICES, Lock
from deploys.records.stop_all import StopAll


def locked_thing(lock: Lock) -> str:
    """`web`, the group `shopfront`, all services."""
    if lock.target == ALL_SERVICES:
        return "all services"
    return f"the group {code(lock.target)}" if lock.is_group else code(lock.target)


def until_text(lock: Lock) -> str:
    """Until when it holds."""
    return "until it is unlocked" if lock.expires_at is None else f"until {slack_time(lock.expires_at)}"


def lock_sentence(lock: Lock) -> str:
    """Who locked what, since when, until when and why."""
    return (
        f"{mention(lock.owner)} has locked {locked_thing(lock)} since {slack_time(lock.since)}, "
        f"{until_text(lock)}: {reason_sentence(lock.reason)}"
    )


def stop_sentence(stop: StopAll) -> str:
    """Who stopped all deploys, since when and why."""
    who, since = mention(stop.user), slack_time(stop.since)
    return f"{who} has stopped all deploys since {since}: {reason_sentence(stop.reason)}"


def length_text(seconds: float) -> str:
    """`2h`, as people type it."""
    return format_duration(round(seconds))
