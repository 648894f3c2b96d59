"""Records of every shape, made by hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from deploys.catalogue.service import Service
from deploys.records.approval import Approval, Cancel, Decision, Verdict
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import ContainerChange, Plan, RefusalHints
from deploys.records.request import DeployRequest, Verb
from deploys.records.restore_point import OldTask, RestorePoint, StopProgress
from deploys.records.retries import Retries
from deploys.records.rollout import DrainingTasks, EcsIdentity, RolloutCounts, RolloutProgress
from deploys.records.thread_messages import ThreadMessage
from tests.builders import NOW

_HARD = "<>&`*_~|@#\n\t \u202eéß漢🚢🏳️‍🌈"
texts = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=_HARD, max_size=80),
    st.builds(lambda part, times: part * times, st.text(min_size=1, max_size=12), st.integers(1, 2000)),
)
names = st.text(min_size=1, max_size=60)
counts = st.integers(0, 10_000)
moments = st.floats(NOW, NOW + 10_000_000)
ids = st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=1, max_size=12)


def some(strategy: st.SearchStrategy, most: int = 5) -> st.SearchStrategy:
    """A few of them, or one of them very often."""
    few = st.lists(strategy, max_size=most).map(tuple)
    many = st.builds(lambda one, times: (one,) * times, strategy, st.integers(100, 300))
    return st.one_of(few, many)


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    """It, or nothing."""
    return st.one_of(st.none(), strategy)


services = st.builds(
    Service,
    name=names,
    cluster=texts,
    ecs_service=names,
    region=texts,
    approvers=some(ids),
    approvals=st.integers(0, 5),
)
plans = st.builds(
    Plan,
    old_revision=texts,
    old_tag=texts,
    changes=some(st.builds(ContainerChange, container=texts, old_image=texts, new_image=texts)),
    desired_count=counts,
    downtime=st.booleans(),
    downtime_seconds=maybe(counts),
)
deploys = st.builds(
    Deploy,
    id=st.text(alphabet="23456789abcdefghjkmnpqrstuvwxyz", min_size=8, max_size=8),
    service=services,
    verb=st.sampled_from(Verb),
    tag=texts,
    rollback_target=texts,
    request=st.builds(
        DeployRequest,
        reason=texts,
        requester=ids,
        team=ids,
        channel=ids,
        requested_at=moments,
    ),
    refusal=st.builds(RefusalHints, external_deployment_id=texts),
    phase=st.sampled_from(Phase),
    outcome=maybe(st.sampled_from(Outcome)),
    ended_at=maybe(moments),
    end_reason=texts,
    plan=maybe(plans),
    approval=st.builds(
        Approval,
        decisions=some(st.builds(Decision, user=ids, verdict=st.sampled_from(Verdict), at=moments)),
        question=st.integers(0, 100),
        expires_at=maybe(moments),
    ),
    cancel=maybe(st.builds(Cancel, user=ids, at=moments)),
    ecs=st.builds(EcsIdentity, update_tried=st.booleans()),
    stop=st.builds(
        StopProgress,
        restore_point=maybe(
            st.builds(RestorePoint, revision=texts, desired_count=counts, task_arns=some(texts, most=3))
        ),
        old_tasks=some(
            st.builds(
                OldTask,
                task_id=texts,
                last_status=texts,
                stopping_since=maybe(moments),
                protected=st.booleans(),
            )
        ),
        requested_at=maybe(moments),
    ),
    rollout=st.builds(
        RolloutProgress,
        serving_at=maybe(moments),
        draining=maybe(st.builds(DrainingTasks, tasks=counts, read_at=moments)),
        counts=st.builds(
            RolloutCounts,
            new_desired=counts,
            new_pending=counts,
            new_running=counts,
            old_pending=counts,
            old_running=counts,
            failed_tasks=counts,
            breaker_threshold=counts,
        ),
    ),
    retries=st.builds(Retries, attempts=st.integers(0, 1000), last_error=texts),
    thread_messages=st.lists(st.builds(ThreadMessage, at=moments, kind=st.just("progress"), text=texts)).map(
        tuple
    ),
)
