"""The key `notify`: where a deploy is told of, and who is mentioned. See `key_declaration.py`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from deploys.catalogue.key_declaration import Key, KeyRecord, nested_keys
from deploys.catalogue.slack_ids import CHANNEL_ID, PEOPLE_OR_ROLES, MentionRole
from deploys.catalogue.value_kinds import choice_of


class SuccessMessage(StrEnum):
    """How a success is told, beside the card."""

    THREAD = "thread"  # by a reply
    CHANNEL = "channel"  # by a reply that the channel sees as well
    QUIET = "quiet"  # not at all


class Notify(KeyRecord):
    """Where it is told, and who is mentioned."""

    channel: Annotated[
        str,
        Key(
            CHANNEL_ID,
            "The channel of the cards and their threads. Where a deploy was asked for then gets a link to "
            "its thread. It counts as one of `channels`, if those are named.",
            default_text="where it was asked for",
        ),
    ] = ""
    failures: Annotated[
        str,
        Key(
            CHANNEL_ID,
            "A channel that is also told if a deploy fails, is rolled back or superseded, or if a service "
            "needs somebody. `mention_on_failure` is mentioned there, and only the requester in the thread. "
            "Each message is edited to say which deploy came next, and how that ended.",
            default_text="none",
        ),
    ] = ""
    successes: Annotated[
        SuccessMessage,
        Key(
            choice_of(SuccessMessage, "a way to tell of a success"),
            "`thread`: by a reply in the thread. `channel`: the channel sees that reply as well. `quiet`: "
            "only the card shows it.",
        ),
    ] = SuccessMessage.THREAD
    mention_on_question: Annotated[
        tuple[str, ...],
        Key(
            PEOPLE_OR_ROLES,
            "Who is mentioned when somebody has to approve, or to continue a paused rollout. That lets "
            "nobody decide; `approvers` does.",
            default_text="the approvers",
        ),
    ] = (MentionRole.APPROVERS,)
    mention_on_success: Annotated[
        tuple[str, ...],
        Key(PEOPLE_OR_ROLES, "Who is mentioned when it has succeeded.", default_text="the requester"),
    ] = (MentionRole.REQUESTER,)
    mention_on_failure: Annotated[
        tuple[str, ...],
        Key(
            PEOPLE_OR_ROLES,
            "Who is mentioned when it has failed, was rolled back or superseded.",
            default_text="the requester",
        ),
    ] = (MentionRole.REQUESTER,)


NOTIFY = nested_keys(Notify, "`channel` and what else it needs")
