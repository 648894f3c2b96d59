"""What AWS did not let Slipway read while it looked for causes: reported once, and nothing depends on it."""

from __future__ import annotations

from dataclasses import dataclass

from deploys.errors import AwsDenied, AwsUnavailable, SlipwayError
from deploys.records.deploy import Deploy
from workers.messages import evidence


@dataclass(frozen=True)
class MissingEvidence:
    """One read that failed."""

    sentence: str
    """What could not be read, why, and what to do, as mrkdwn."""
    key: str
    """How it is remembered in `rollout.reported_causes`."""
    permanent: bool
    """Whether the next read will fail as well."""


def missing_tasks(error: SlipwayError) -> MissingEvidence:
    """The stopped tasks could not be read."""
    return _missing(
        error, evidence.tasks_unreadable(error.message, temporary=isinstance(error, AwsUnavailable))
    )


def missing_log(error: SlipwayError, container: str) -> MissingEvidence:
    """The log of this container could not be read."""
    return _missing(
        error, evidence.log_unreadable(error.message, container, temporary=isinstance(error, AwsUnavailable))
    )


def hidden_log(sentence: str, container: str) -> MissingEvidence:
    """The log of this container is not to be quoted. sentence: where it is."""
    return MissingEvidence(sentence, f"hidden log {container}", permanent=True)


def _missing(error: SlipwayError, sentence: str) -> MissingEvidence:
    what = error.facts.get("action", type(error).__name__)
    return MissingEvidence(sentence, f"unread {what}", isinstance(error, AwsDenied))


def unreported_sentence(deploy: Deploy, missing: MissingEvidence | None) -> tuple[str, ...]:
    """Its sentence, unless the thread has it. Pure."""
    return (
        (missing.sentence,)
        if missing is not None and missing.key not in deploy.rollout.reported_causes
        else ()
    )
