"""Newer revisions that somebody else registered, and the revision that a deploy copies."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.formatting import slack_time
from deploys.mrkdwn import code, escape_line, plural
from deploys.records.deploy import Deploy
from deploys.records.plan import ConfigChange, NewerRevision, Plan
from deploys.records.request import Verb
from deploys.short_names import short_arn
from workers.messages.rollback_reasons import without_retry_promise

CHANGES_IN_PLAN = 8
"""Changes listed in a plan, one a line (count)."""
CHANGES_ON_CARD = 3
"""Changes listed on the card (count)."""
NAMES_SHOWN = 5
"""Names listed in one change: added, removed and changed ones (count of each)."""


def plan_lines(deploy: Deploy, plan: Plan) -> list[str]:
    """Lines of the plan; empty if there is nothing to report."""
    if plan.config is None:
        return []
    if plan.config.unknown_reason:
        family = short_arn(plan.old_revision).partition(":")[0]
        why = without_retry_promise(plan.config.unknown_reason)
        return [f"I cannot tell whether {code(family)} has a newer revision than the one that runs: {why}"]
    newer = plan.config.newer
    if newer is None:
        return []
    lines = [
        _newer_revision(deploy, plan, newer),
        *(f"    ◦ {line}" for line in change_lines(newer, CHANGES_IN_PLAN)),
    ]
    return ["\n".join(lines), *_last_deploy_of_it(newer)]


def _newer_revision(deploy: Deploy, plan: Plan, newer: NewerRevision) -> str:
    revision, running = code(short_arn(newer.revision)), code(short_arn(plan.old_revision))
    if newer.used:
        return (
            f"the new revision is a copy of {revision} (`base: latest`), {_registered_by(newer)}. What that "
            f"changes against {running}, which runs now:"
        )
    use = "A restart does not use it" if deploy.verb is Verb.RESTART else "It is not used (`base: running`)"
    return f"a newer revision {revision} was {_registered_by(newer)}. {use}. How it differs from {running}:"


def _registered_by(newer: NewerRevision) -> str:
    by = f" by {code(newer.registered_by)}" if newer.registered_by else ""
    at = f" {slack_time(newer.registered_at)}" if newer.registered_at is not None else ""
    return f"registered{by}{at}"


def _last_deploy_of_it(newer: NewerRevision) -> list[str]:
    if not newer.tried_by:
        return []
    return [f"{code(newer.tried_by)}, the last deploy of a copy of it, ended as *{newer.tried_outcome}*"]


def change_lines(newer: NewerRevision, limit: int) -> list[str]:
    """One line for each change up to `limit`, and how many more there are."""
    lines = [_change_line(each, newer) for each in newer.changes[:limit]]
    more = len(newer.changes) - len(lines) + newer.more_changes
    return [*lines, f"and {more} more"] if more else lines


def _change_line(change: ConfigChange, newer: NewerRevision) -> str:
    where = code(change.container) if change.container else "task"
    before, after = _value(change.old), _value(change.new)
    if not change.field:
        image = f" (image {code(change.new or change.old)})" if change.new or change.old else ""
        return f"container {where} {'added' if change.added else 'removed'}{image}"
    field = f"{where} {escape_line(change.field)}"
    if names := _name_changes(change):
        return f"{field}: {names}"
    if not (change.old or change.new):
        return f"{field} changed"
    if change.keeps_old and newer.used:
        return f"{field}: {after} there, but the deploy keeps {before}"
    return f"{field}: {before} → {after}"


def _name_changes(change: ConfigChange) -> str:
    kinds = (("added", change.added), ("removed", change.removed), ("changed", change.changed))
    return ", ".join(f"{_join_names(names)} {kind}" for kind, names in kinds if names)


def _join_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return f"{', '.join(map(code, names[:NAMES_SHOWN]))}{more}"


def _value(text: str) -> str:
    return code(text) if text else "not set"


def card_text(newer: NewerRevision) -> str:
    """The same for the card, with the first changes if the deploy makes them."""
    revision = code(short_arn(newer.revision))
    by = f" by {code(newer.registered_by)}" if newer.registered_by else ""
    if not newer.used:
        count = plural(len(newer.changes) + newer.more_changes, "difference")
        return f"Newer revision {revision}{by} is not used: {count}"
    return "\n".join(
        [f"Copies {revision}{by}:", *(f"◦ {line}" for line in change_lines(newer, CHANGES_ON_CARD))]
    )


def base_changed(shown: Plan, fresh: Plan) -> str:
    """Why the shown plan is void: another revision would be copied."""
    then, now = (code(short_arn(plan.source_revision)) for plan in (shown, fresh))
    newer = fresh.config.newer if fresh.config else None
    if newer is None or not newer.used:
        return f"{then} is not the newest revision any more, so {now} would be copied."
    return f"The newest revision is {now} now, {_registered_by(newer)}; the plan was made with {then}."


def newer_revision_registered(shown: Plan, fresh: Plan) -> str:
    """A newer revision that the plan did not show and the deploy does not use; empty if there is none."""
    newer, known = (plan.config.newer if plan.config else None for plan in (fresh, shown))
    if newer is None or newer.used or (known is not None and known.revision == newer.revision):
        return ""
    return (
        f"{code(short_arn(newer.revision))} was {_registered_by(newer)}, after the plan was shown. This "
        "deploy does not use it."
    )
