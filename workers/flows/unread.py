"""What AWS did not let be read while causes were looked for: said once, and nothing depends on it."""

from __future__ import annotations

from dataclasses import dataclass

from deploys.deploy import Deploy
from deploys.errors import AwsDenied, AwsUnavailable, SlipwayError
from workers.flows.words import unread as words


@dataclass(frozen=True)
class Unread:
    """One look that failed."""

    sentence: str
    """What could not be read, why, and what to do, as mrkdwn."""
    key: str
    """What is noted in `Deploy.told_causes`."""
    for_good: bool
    """Whether the next look fails as well."""


def tasks(error: SlipwayError) -> Unread:
    """The tasks that stopped could not be read."""
    return _unread(error, words.tasks(error.message, passes=isinstance(error, AwsUnavailable)))


def log(error: SlipwayError, container: str) -> Unread:
    """The log of this container could not be read."""
    return _unread(error, words.log(error.message, container, passes=isinstance(error, AwsUnavailable)))


def _unread(error: SlipwayError, sentence: str) -> Unread:
    what = error.facts.get("action", type(error).__name__)
    return Unread(sentence, f"unread {what}", isinstance(error, AwsDenied))


def new(deploy: Deploy, unread: Unread | None) -> tuple[str, ...]:
    """Its sentence, unless the thread was told. Pure."""
    return (unread.sentence,) if unread is not None and unread.key not in deploy.told_causes else ()
