"""This machine's clock against Slack's and AWS's: what is signed five minutes early or late is refused."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from bot.slack_clock import MIN_REPORTED_SECONDS, describe_offset
from slipway.doctor.context import DoctorContext
from slipway.doctor.finding import Finding, NotChecked, error, ok, warning
from slipway.doctor.slack_calls import DatedAnswer

REFUSED_SECONDS = 300.0
"""How far a clock may be off before AWS refuses what it signs (IAM user guide, "Signature Version 4"), and
before Slack's signatures count as old (docs.slack.dev, "Verifying requests from Slack")."""


def check_clock_against_slack(context: DoctorContext) -> Iterator[Finding]:
    """Slack's time is in the answer to auth.test."""
    yield _judge("Slack", context.slack_identity.dated)


def check_clock_against_aws(context: DoctorContext) -> Iterator[Finding]:
    """AWS's time is in the answer to GetCallerIdentity, also if that is a refusal."""
    yield _judge("AWS", context.aws_dated)


def seconds_ahead(answer: DatedAnswer) -> float | None:
    """Seconds by which this machine's clock is surely ahead of the answer's (below 0: behind); None if the
    answer has no date. Pure.

    A date has whole seconds, so the other clock may show up to one second more.
    """
    try:
        second = parsedate_to_datetime(answer.date).timestamp()
    except ValueError:
        return None
    if answer.asked_at > second + 1.0:
        return answer.asked_at - (second + 1.0)
    return min(0.0, answer.answered_at - second)


def _judge(whose: str, answer: DatedAnswer | None) -> Finding:
    ahead = seconds_ahead(answer) if answer else None
    if ahead is None:
        raise NotChecked(f"{whose} gave no answer with its time.")
    if abs(ahead) < MIN_REPORTED_SECONDS:
        return ok(f"This machine's clock agrees with {whose}'s, within {MIN_REPORTED_SECONDS:g} s.")
    what = f"This machine's clock is {describe_offset(ahead)} {whose}'s."
    advice = "Keep the clocks of all machines right with NTP: chrony or systemd-timesyncd, say."
    if abs(ahead) < REFUSED_SECONDS / 2:
        return warning(what, advice)
    return error(f"{what} From 5 minutes on, Slack's requests and calls to AWS are refused.", advice)
