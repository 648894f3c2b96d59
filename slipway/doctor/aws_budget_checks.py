"""How often rollouts are looked at, and how much of AWS's limits is left: what the workers found last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deploys.formatting import duration
from deploys.mrkdwn import plural
from deploys.stores.aws_budget import AwsBudget, BucketState
from deploys.stores.watch_intervals import EVENT_SECONDS, WatchIntervals, read_intervals
from slipway.doctor.context import DoctorContext
from slipway.doctor.finding import Finding, ok, warning


def check_watch_interval(context: DoctorContext) -> Iterator[Finding]:
    """The interval of the looks."""
    yield judge_watch_interval(*read_intervals(context.redis))


def judge_watch_interval(found: WatchIntervals | None, events_alive: bool) -> Finding:
    """events_alive: whether ECS's events come in. Pure."""
    events = "ECS's events come in" if events_alive else "no events of ECS come in"
    if found is None or not found.places:
        return ok(f"No rollout is watched now, and {events}.")
    places = [
        f"{place}: {plural(each.deploys, 'rollout')} every "
        f"{duration(max(each.seconds, EVENT_SECONDS) if events_alive else each.seconds)}"
        for place, each in sorted(found.places.items())
    ]
    return ok(f"Rollouts are looked at ({'; '.join(places)}), and {events}.")


def check_aws_budget(context: DoctorContext) -> Iterator[Finding]:
    """Whether calls to AWS have to wait."""
    yield from judge_budget(AwsBudget(context.redis).states())


def judge_budget(buckets: Sequence[BucketState]) -> Iterator[Finding]:
    """Pure."""
    slowed = [f"{each.key.limit.about} ({_place(each)})" for each in buckets if each.slowed]
    waiting = [
        f"{each.waiting} for {each.key.limit.about} ({_place(each)})" for each in buckets if each.waiting
    ]
    if slowed:
        yield warning(
            f"AWS throttled Slipway within the last minute: {'; '.join(slowed)}.",
            "See what else in the account calls AWS so often, or lower AWS_BUDGET_PERCENT.",
        )
    if waiting:
        yield warning(
            f"Calls wait for their turn within Slipway's share of AWS's limits: {'; '.join(waiting)}.",
            "It passes by itself. If AWS has raised your limits, raise AWS_BUDGET_PERCENT.",
        )
    if not slowed and not waiting:
        yield ok("No call waits for AWS's limits.")


def _place(bucket: BucketState) -> str:
    return f"{bucket.key.account}/{bucket.key.region}"
