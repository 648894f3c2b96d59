"""Records of every shape, as hypothesis makes them up."""

from __future__ import annotations

from hypothesis import strategies as st

from deploys.catalogue.service import Service
from deploys.deploy import (
    Cancel,
    ContainerChange,
    Decision,
    Deploy,
    Milestone,
    Original,
    Outcome,
    Phase,
    Plan,
    Rollout,
    TaskAlive,
    Verb,
    Verdict,
)
from deploys.draining import Draining
from tests.builders import NOW

_HARD = "<>&`*_~|@#\n\t \u202eéß漢🚢🏳️‍🌈"
words = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=_HARD, max_size=80),
    st.builds(lambda part, times: part * times, st.text(min_size=1, max_size=12), st.integers(1, 2000)),
)
names = st.text(min_size=1, max_size=60)
counts = st.integers(0, 10_000)
moments = st.floats(NOW, NOW + 10_000_000)
ids = st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=1, max_size=12)


def some(strategy: st.SearchStrategy, most: int = 5) -> st.SearchStrategy:
    """A few of them, or the first one very often."""
    few = st.lists(strategy, max_size=most).map(tuple)
    many = st.builds(lambda one, times: (one,) * times, strategy, st.integers(100, 300))
    return st.one_of(few, many)


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    """It, or nothing."""
    return st.one_of(st.none(), strategy)


services = st.builds(
    Service,
    name=names,
    cluster=words,
    ecs_service=names,
    region=words,
    approvers=some(ids),
    approvals=st.integers(0, 5),
)
plans = st.builds(
    Plan,
    old_revision=words,
    old_tag=words,
    changes=some(st.builds(ContainerChange, container=words, old_image=words, new_image=words)),
    desired_count=counts,
    downtime=st.booleans(),
    downtime_estimate=maybe(counts),
)
deploys = st.builds(
    Deploy,
    id=st.text(alphabet="23456789abcdefghjkmnpqrstuvwxyz", min_size=8, max_size=8),
    service=services,
    verb=st.sampled_from(Verb),
    tag=words,
    target=words,
    in_the_way=words,
    why=words,
    requester=ids,
    team=ids,
    channel=ids,
    requested_at=moments,
    phase=st.sampled_from(Phase),
    outcome=maybe(st.sampled_from(Outcome)),
    ended_at=maybe(moments),
    reason=words,
    plan=maybe(plans),
    decisions=some(st.builds(Decision, user=ids, verdict=st.sampled_from(Verdict), at=moments)),
    question=st.integers(0, 100),
    question_expires_at=maybe(moments),
    cancel=maybe(st.builds(Cancel, user=ids, at=moments)),
    update_tried=st.booleans(),
    original=maybe(st.builds(Original, revision=words, desired_count=counts, task_arns=some(words, most=3))),
    alive=some(
        st.builds(TaskAlive, task_id=words, last_status=words, since=maybe(moments), protected=st.booleans())
    ),
    stop_requested_at=maybe(moments),
    serving_at=maybe(moments),
    draining=maybe(st.builds(Draining, tasks=counts, seen_at=moments)),
    rollout=st.builds(
        Rollout,
        new_desired=counts,
        new_pending=counts,
        new_running=counts,
        old_pending=counts,
        old_running=counts,
        failed_tasks=counts,
        breaker_threshold=counts,
    ),
    attempts=st.integers(0, 1000),
    last_error=words,
    milestones=st.lists(st.builds(Milestone, at=moments, kind=st.just("progress"), text=words)).map(tuple),
)
