"""A message that is in Slack twice: Slack's answer to the first post was lost, so it was posted again.

Only the second one is known, and kept up to date. The bot has no scope to read channels, so it finds the
first one only if somebody presses a button on it.
"""

from __future__ import annotations

QUESTION_MAYBE_TWICE = (
    "_Slack did not confirm this message at once, so it may be here twice. How this ends is written on this "
    "one._"
)
"""Added to a question that was posted again."""


def outdated_copy(thread_id: str, thread_link: str) -> str:
    """What the first card says once it is found. thread_id: of the deploy or batch."""
    return (
        "*Out of date.* This message was posted twice, because Slack did not confirm it at once. The other "
        f"one is kept up to date, in {thread_link}; `/deploy show {thread_id}` says the same."
    )
