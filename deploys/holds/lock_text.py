"""What is said of locks, and of the stop of all deploys, wherever people read of them."""

from __future__ import annotations

from deploys.catalogue.durations import format_duration
from deploys.formatting import slack_time
from deploys.mrkdwn import code, escape_line, mention, reason_sentence, with_reason
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
    """Who locked what, when, until when and why."""
    return (
        f"{mention(lock.owner)} locked {locked_thing(lock)} ({slack_time(lock.since)}, "
        f"{until_text(lock)}): {reason_sentence(lock.reason)}"
    )


def stop_sentence(stop: StopAll) -> str:
    """Who stopped all deploys, when and why."""
    who, at = mention(stop.user), slack_time(stop.since)
    return f"{who} stopped all deploys ({at}): {reason_sentence(stop.reason)}"


def unlock_command(lock: Lock) -> str:
    """What ends it, as code."""
    return code(f"/deploy unlock {lock.target}")


def broken_text(lock: Lock, user: str, why: str) -> str:
    """What its owner is told when somebody else broke it. why: as the person typed it."""
    broken = f"{mention(user)} has broken your lock of {locked_thing(lock)} ({escape_line(lock.reason)})"
    return f"{with_reason(broken, why)} What waited for it goes on."


def question_to_holder(lock: Lock, user: str, waiting: str) -> str:
    """What its owner is asked. waiting: the command that waits for it, as it was typed; empty: none does."""
    waits = f": {code(waiting)} waits for it" if waiting else ""
    return (
        f"{mention(user)} asks whether your lock of {locked_thing(lock)} can end "
        f"({escape_line(lock.reason)}){waits}. {unlock_command(lock)} ends it."
    )


def holder_was_asked(lock: Lock, user: str) -> str:
    """In its place once the lock is over."""
    return f"{mention(user)} asked whether your lock of {locked_thing(lock)} can end."


def length_text(seconds: float) -> str:
    """`2h`, as people type it."""
    return format_duration(round(seconds))
