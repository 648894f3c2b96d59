"""The check after the rollout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deploys.catalogue.nested_keys import PostCheck
from deploys.formatting import duration
from deploys.mrkdwn import code, escape_line
from deploys.pre_task import configured_post_check
from deploys.quoting import quoted
from deploys.records.deploy import Deploy
from deploys.records.pre_task_and_post_check import PostCheckRun
from deploys.safe_text import without_query
from workers.messages.rollback_reasons import without_retry_promise

_REASON_CHARACTERS = 200
"""Characters of CloudWatch's own words that are shown."""


def plan_lines(deploy: Deploy) -> list[str]:
    """One line of the plan; empty if nothing is checked after the rollout."""
    wanted = configured_post_check(deploy)
    if wanted is None:
        return []
    return [
        f"after the rollout, for {duration(wanted.duration)}: {_requirements(wanted)}; else it is rolled back"
    ]


def started(post_check: PostCheck) -> str:
    return (
        f"The rollout is complete. Now it is checked for {duration(post_check.duration)}: "
        f"{_requirements(post_check)}; else I roll back."
    )


def passed(post_check: PostCheck, check: PostCheckRun, lasted: float) -> str:
    """What was checked, after a success."""
    return f"Checked for {duration(lasted)}: {_results(post_check, check)}."


def http_failed(post_check: PostCheck, check: PostCheckRun) -> str:
    return (
        f"after the rollout {code(without_query(post_check.http))} did not answer with 2xx "
        f"{check.consecutive_failures} times in a row, last: {escape_line(check.last_failure)}."
    )


def alarms_fired(reasons: Mapping[str, str]) -> str:
    """reasons: CloudWatch's own words, by the alarm's name."""
    return f"after the rollout {'; '.join(_alarm_text(name, why) for name, why in reasons.items())}."


def alarm_fired(name: str, reason: str) -> str:
    """An alarm that is in ALARM, at the beginning of a sentence, without its full stop."""
    text = _alarm_text(name, reason)
    return f"{text[0].upper()}{text[1:]}"


def not_verified(post_check: PostCheck, error: str, lasted: float) -> str:
    names = ", ".join(code(name) for name in post_check.alarms)
    verb = "is" if len(post_check.alarms) == 1 else "are"
    return (
        f"{duration(lasted)} after the rollout I still cannot tell whether {names} {verb} quiet. A check "
        f"that cannot be made does not count as passed. {without_retry_promise(error)}"
    )


def alarms_deleted(names: Sequence[str]) -> str:
    """Alarms that were deleted since the plan was made."""
    return f"CloudWatch has no alarm {', '.join(code(name) for name in names)} any more."


def card_line(deploy: Deploy, check: PostCheckRun, now: float) -> str:
    """The card's line during the check."""
    wanted = configured_post_check(deploy)
    if wanted is None:
        return ""
    so_far = f"{duration(now - deploy.phase_since)} of {duration(wanted.duration)} so far"
    missing = (
        f" Missed {check.consecutive_failures} in a row, last: {escape_line(check.last_failure)}."
        if check.consecutive_failures
        else ""
    )
    unread = f" The alarms cannot be read now: {check.alarm_read_error}" if check.alarm_read_error else ""
    return f"Checking, {so_far}: {_results(wanted, check)}.{missing}{unread}"


def _requirements(post_check: PostCheck) -> str:
    parts = []
    if post_check.http:
        parts.append(f"{code(without_query(post_check.http))} has to answer with 2xx")
    if post_check.alarms:
        one = len(post_check.alarms) == 1
        names = ", ".join(code(name) for name in post_check.alarms)
        parts.append(f"{'alarm' if one else 'alarms'} {names} {'has' if one else 'have'} to stay quiet")
    return " and ".join(parts)


def _results(post_check: PostCheck, check: PostCheckRun) -> str:
    parts = []
    if post_check.http:
        parts.append(
            f"{code(without_query(post_check.http))} answered {check.successes} of {check.requests} times"
        )
    if post_check.alarms:
        names = ", ".join(code(name) for name in post_check.alarms)
        parts.append(f"{names} quiet" if check.alarm_reads else f"{names} not read yet")
    return ", ".join(parts)


def _alarm_text(name: str, reason: str) -> str:
    reason = " ".join(reason.split())
    reason = reason if len(reason) <= _REASON_CHARACTERS else f"{reason[: _REASON_CHARACTERS - 1]}…"
    return f"alarm {code(name)} is in ALARM" + (f": {quoted(reason.rstrip('.'))}" if reason else "")
