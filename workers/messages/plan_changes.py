"""What changed since a plan was shown, in words: why earlier answers do not count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from deploys.formatting import duration, percent
from deploys.mrkdwn import code, escape_line, plural
from deploys.plan_drift import PlanDrift, compare_plans
from deploys.records.plan import ContainerChange, Plan
from deploys.records.traffic import TrafficPlan
from deploys.short_names import short_arn, short_digest
from deploys.text_limits import short_code
from workers.messages import base_revision, scaling

_COUNT_TEXTS: Mapping[PlanDrift, Callable[[Plan, Plan], str]] = {
    PlanDrift.SCALED_BY_HAND: scaling.count_moved_by_hand,
    PlanDrift.SCALED_WHILE_SUSPENDED: scaling.count_moved_while_suspended,
    PlanDrift.OUT_OF_BOUNDS: scaling.count_moved_out_of_bounds,
    PlanDrift.SCALING_UNKNOWN: scaling.count_moved_unknown,
}
"""Counts that moved in a way that one sentence can explain."""

_image = short_code(120)


def plan_changes(shown: Plan, fresh: Plan) -> str:
    """Each difference that makes an approval void, one sentence for each. Empty if there is none."""
    drift = compare_plans(shown, fresh)
    return "" if drift.keeps_approval else " ".join(_sentences(shown, fresh, drift))


def _sentences(shown: Plan, fresh: Plan, drift: PlanDrift) -> Iterator[str]:
    if shown.old_revision != fresh.old_revision:
        yield f"The service runs {_revision(fresh.old_revision)} now, not {_revision(shown.old_revision)}."
    if drift is PlanDrift.OTHER_BASE:
        yield base_revision.base_changed(shown, fresh)
    elif shown.source_revision != fresh.source_revision and _source_differs_by_itself(shown, fresh):
        then, now = _revision(shown.source_revision), _revision(fresh.source_revision)
        yield f"The new revision would be made of {now}, not of {then}."
    yield from _image_sentences(shown, fresh)
    if drift in _COUNT_TEXTS:
        yield _COUNT_TEXTS[drift](shown, fresh)
    elif shown.desired_count != fresh.desired_count:
        yield f"The count went from {shown.desired_count} to {plural(fresh.desired_count, 'task')}."
    if shown.downtime != fresh.downtime:
        yield "It would mean downtime now." if fresh.downtime else "It would not mean downtime any more."
    if shown.traffic != fresh.traffic:
        then, now = traffic_text(shown.traffic), traffic_text(fresh.traffic)
        detail = f": {now}; before, {then}" if then != now else ", its pauses or alarms"
        yield f"How ECS moves the traffic has changed{detail}."


def _source_differs_by_itself(shown: Plan, fresh: Plan) -> bool:
    """A copy of what runs follows what runs, which is said already."""
    follows = all(plan.source_revision in ("", plan.old_revision) for plan in (shown, fresh))
    return not follows


def _image_sentences(shown: Plan, fresh: Plan) -> Iterator[str]:
    then, now = ({each.container: each for each in plan.changes} for plan in (shown, fresh))
    for name in now.keys() - then.keys():
        yield f"Container {code(name)} would get a new image too."
    for name in then.keys() - now.keys():
        yield f"Container {code(name)} would not get a new image any more."
    told_digests = set()
    for name in (each for each in then if each in now):
        before, after = then[name], now[name]
        if before.new_image != after.new_image:
            images = f"{_image(after.new_image)}, not {_image(before.new_image)}"
            yield f"Container {code(name)} would run {images}."
        elif before.digest != after.digest:
            told_digests.add((before.digest, after.digest))
            yield _digest_sentence(after, before.digest, after.digest)
        elif before.old_image != after.old_image:
            images = f"{_image(after.old_image)} now, not {_image(before.old_image)}"
            yield f"Container {code(name)} runs {images}."
    if shown.digest != fresh.digest and (shown.digest, fresh.digest) not in told_digests and fresh.changes:
        yield _digest_sentence(fresh.changes[0], shown.digest, fresh.digest)


def _digest_sentence(change: ContainerChange, then: str | None, now: str | None) -> str:
    image = _image(change.new_image)
    if now is None:
        return f"The registry does not say any more which digest {image} is."
    before = f", not {code(short_digest(then))}" if then else ", which was unknown when the plan was shown"
    return f"{image} is the digest {code(short_digest(now))} now{before}."


def traffic_text(traffic: TrafficPlan | None) -> str:
    """`CANARY, 10 % at first, 5 min between shifts, 10 min after the last`"""
    if traffic is None:
        return "ECS replaces the tasks a few at a time"
    parts = [escape_line(traffic.strategy.replace("_", "/"))]
    if traffic.wait_count:
        parts.append(f"{percent(traffic.step_percent)} at a time")
        parts.append(f"{duration(traffic.step_wait_seconds)} between shifts")
    if traffic.bake_seconds:
        parts.append(f"{duration(traffic.bake_seconds)} after the last")
    return ", ".join(parts)


def _revision(arn: str) -> str:
    return code(short_arn(arn)) if arn else "an unknown revision"
