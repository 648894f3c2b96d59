"""The check after the rollout."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.around import after
from deploys.catalogue.service import CheckAfter
from deploys.checked import Check
from deploys.deploy import Deploy
from deploys.mrkdwn import code, escape
from workers.ecs.alarms import AlarmSeen
from workers.flows.words.measures import duration
from workers.flows.words.reasons import without_promise
from workers.http_check import shown

_REASON_SHOWN = 200
"""Characters of CloudWatch's own words that are shown."""


def planned(deploy: Deploy) -> list[str]:
    """What a plan says of it: one line, or none where nothing is checked after the rollout."""
    wanted = after(deploy)
    if wanted is None:
        return []
    return [f"after the rollout, for {duration(wanted.lasts)}: {_has_to(wanted)}; else it is rolled back"]


def begins(wanted: CheckAfter) -> str:
    return (
        f"The rollout is complete. Now it is checked for {duration(wanted.lasts)}: {_has_to(wanted)}; "
        "else I roll back."
    )


def held(wanted: CheckAfter, check: Check, lasted: float) -> str:
    """What was checked, at the good end."""
    return f"Checked for {duration(lasted)}: {_shown(wanted, check)}."


def missed(wanted: CheckAfter, check: Check) -> str:
    return (
        f"after the rollout {code(shown(wanted.http))} did not answer with 2xx {check.misses} times in "
        f"a row, last: {escape(check.last_miss)}."
    )


def rang(ringing: Sequence[AlarmSeen]) -> str:
    return f"after the rollout {'; '.join(_rings(alarm) for alarm in ringing)}."


def rings(alarm: AlarmSeen) -> str:
    """An alarm that rings, at the beginning of a sentence, without its full stop."""
    said = _rings(alarm)
    return f"{said[0].upper()}{said[1:]}"


def unmade(wanted: CheckAfter, unread: str, lasted: float) -> str:
    names = ", ".join(code(name) for name in wanted.alarms)
    verb = "is" if len(wanted.alarms) == 1 else "are"
    return (
        f"{duration(lasted)} after the rollout I still cannot tell whether {names} {verb} quiet. A check "
        f"that cannot be made does not count as passed. {without_promise(unread)}"
    )


def gone(names: Sequence[str]) -> str:
    """Alarms that were deleted since the plan was made."""
    return f"CloudWatch has no alarm {', '.join(code(name) for name in names)} any more."


def card_line(deploy: Deploy, check: Check, now: float) -> str:
    """The card's line while it is checked."""
    wanted = after(deploy)
    if wanted is None:
        return ""
    so_far = f"{duration(now - deploy.phase_since)} of {duration(wanted.lasts)} so far"
    missing = f" Missed {check.misses} in a row, last: {escape(check.last_miss)}." if check.misses else ""
    unread = f" The alarms cannot be read now: {check.unread}" if check.unread else ""
    return f"Checking, {so_far}: {_shown(wanted, check)}.{missing}{unread}"


def _has_to(wanted: CheckAfter) -> str:
    parts = []
    if wanted.http:
        parts.append(f"{code(shown(wanted.http))} has to answer with 2xx")
    if wanted.alarms:
        one = len(wanted.alarms) == 1
        names = ", ".join(code(name) for name in wanted.alarms)
        parts.append(f"{'alarm' if one else 'alarms'} {names} {'has' if one else 'have'} to stay quiet")
    return " and ".join(parts)


def _shown(wanted: CheckAfter, check: Check) -> str:
    parts = []
    if wanted.http:
        parts.append(f"{code(shown(wanted.http))} answered {check.answered} of {check.requests} times")
    if wanted.alarms:
        names = ", ".join(code(name) for name in wanted.alarms)
        parts.append(f"{names} quiet" if check.alarm_reads else f"{names} not read yet")
    return ", ".join(parts)


def _rings(alarm: AlarmSeen) -> str:
    reason = " ".join(alarm.reason.split())
    reason = reason if len(reason) <= _REASON_SHOWN else f"{reason[: _REASON_SHOWN - 1]}…"
    return f"alarm {code(alarm.name)} is in ALARM" + (f": {escape(reason.rstrip('.'))}" if reason else "")
