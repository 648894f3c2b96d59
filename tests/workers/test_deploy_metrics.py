"""What workers count of deploys, jobs, leases and calls."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from deploys.errors import Conflict, LeaseLost
from deploys.job_queue import QUEUE_NAME, JobQueue
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores import redis_keys
from deploys.stores.deploy_store import DeployStore
from deploys.telemetry.tracing import TRACING
from tests.builders import NOW, a_deploy
from tests.reported_metrics import reported_metrics
from tests.traced import traced
from workers.deploy_metrics import report_commit
from workers.ecs.aws.call_metrics import call_result
from workers.job_allowlist import AllowedJob
from workers.observed_job import count_killed, observed_job


def in_phase(phase: Phase, at: float, **changes: Any) -> Deploy:
    return a_deploy(request={"requested_at": NOW}).in_phase(phase, at, **changes)


SUCCEEDED = {"outcome": Outcome.SUCCEEDED, "ended_at": NOW + 100}
FOLLOWING = in_phase(Phase.FOLLOWING, NOW + 40)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (FOLLOWING, FOLLOWING.evolve(version=7), {}),
        (
            in_phase(Phase.PLANNING, NOW + 10),
            FOLLOWING,
            {'slipway_phase_duration_seconds_count{phase="planning"}': 1},
        ),
        (
            FOLLOWING,
            in_phase(Phase.SETTLING, NOW + 100, **SUCCEEDED),
            {'slipway_phase_duration_seconds_count{phase="following"}': 1},
        ),
        (
            in_phase(Phase.SETTLING, NOW + 100, **SUCCEEDED),
            in_phase(Phase.ENDED, NOW + 175, **SUCCEEDED),
            {
                'slipway_phase_duration_seconds_count{phase="settling"}': 1,
                'slipway_deploys_total{outcome="succeeded",service="web"}': 1,
                'slipway_deploy_duration_seconds_count{outcome="succeeded"}': 1,
            },
        ),
        (
            in_phase(Phase.AWAITING_APPROVAL, NOW),
            in_phase(Phase.ENDED, NOW + 9, outcome=Outcome.REJECTED),
            {
                'slipway_phase_duration_seconds_count{phase="awaiting approval"}': 1,
                'slipway_deploys_total{outcome="rejected",service="web"}': 1,
                'slipway_deploy_duration_seconds_count{outcome="rejected"}': 1,
            },
        ),
    ],
)
def test_a_deploy_counts_once_at_its_very_end(
    before: Deploy, after: Deploy, expected: dict[str, float]
) -> None:
    with reported_metrics("worker") as reports:
        report_commit(before, after)

        assert reports.changed() == expected


def test_the_duration_of_a_deploy_ends_with_its_outcome_and_that_of_a_phase_with_the_next() -> None:
    with reported_metrics("worker") as reports:
        settling = in_phase(Phase.SETTLING, NOW + 100, **SUCCEEDED)
        report_commit(settling, settling.in_phase(Phase.ENDED, NOW + 175))

        series = reports.read()

    assert series['slipway_deploy_duration_seconds_sum{outcome="succeeded"}'] == 100
    assert series['slipway_phase_duration_seconds_sum{phase="settling"}'] == 75


def test_a_claim_knows_how_late_it_is_and_whether_its_lease_was_lost(redis: Redis) -> None:
    at = NOW
    store = DeployStore(redis, now=lambda: at)
    deploy = store.submit(a_deploy(request={"requested_at": NOW})).deploy
    at = NOW + 12.5

    claim = store.claim(deploy.id, "worker", 60)

    assert claim is not None
    assert claim.late_seconds == 12.5
    store.amend(deploy.id, lambda known: known.evolve(end_reason="changed"), by="U1", what="changed")
    with pytest.raises(Conflict) as conflict:
        store.commit(claim, claim.deploy, due_at=at)
    assert not isinstance(conflict.value, LeaseLost)
    redis.delete(redis_keys.lease(deploy.id))
    with pytest.raises(LeaseLost, match=f"The lease on {deploy.id} ran out"):
        store.commit(claim, claim.deploy, due_at=at)


def a_job(redis: Redis, function: str) -> AllowedJob:
    queue = Queue(QUEUE_NAME, connection=redis, serializer=JSONSerializer, job_class=AllowedJob)
    job = queue.enqueue(function, "a")
    assert isinstance(job, AllowedJob)
    return job


@pytest.mark.parametrize(
    ("function", "succeeds", "name", "result"),
    [
        ("workers.jobs.advance", True, "advance", "ok"),
        ("workers.jobs.watch", False, "watch", "failed"),
        ("os.system", False, "unknown", "failed"),
        ("workers.jobs.anything", False, "unknown", "failed"),
    ],
)
def test_a_job_counts_by_its_name_and_result(
    redis: Redis, function: str, succeeds: bool, name: str, result: str
) -> None:
    with reported_metrics("worker") as reports:
        with observed_job(a_job(redis, function)) as observed:
            observed.succeeded = succeeds

        assert reports.changed() == {
            f'slipway_jobs_total{{job_name="{name}",result="{result}"}}': 1,
            f'slipway_job_duration_seconds_count{{job_name="{name}"}}': 1,
            "slipway_job_wait_seconds_count": 1,
        }


def only_job(redis: Redis) -> AllowedJob:
    [job] = Queue(QUEUE_NAME, connection=redis, serializer=JSONSerializer, job_class=AllowedJob).jobs
    assert isinstance(job, AllowedJob)
    return job


def test_a_job_belongs_to_the_trace_of_what_enqueued_it(redis: Redis) -> None:
    with traced("worker") as spans:
        with TRACING.span("request command"):
            JobQueue(redis).advance("w7x8y9zt")
        with observed_job(only_job(redis)), TRACING.span("step planning"):
            pass

    step, job = spans.named("step") + spans.named("job")
    [request] = spans.named("request")
    assert (spans.parent_of(job), spans.parent_of(step)) == ("request command", "job advance")
    assert {each.context.trace_id for each in (request, job, step)} == {request.context.trace_id}


@pytest.mark.parametrize(
    "meta", [{}, {"traceparent": "00-no-such-1"}, {"traceparent": 7}, ["traceparent"], "x"]
)
def test_what_redis_says_of_a_trace_harms_no_job(redis: Redis, meta: Any) -> None:
    JobQueue(redis).advance("w7x8y9zt")
    job = only_job(redis)
    job.meta = meta
    with traced("worker") as spans, observed_job(job):
        pass

    [span] = spans.named("job")
    assert (span.parent, span.name) == (None, "job advance")


def test_without_traces_a_job_takes_nothing_along(redis: Redis) -> None:
    JobQueue(redis).advance("w7x8y9zt")

    assert only_job(redis).meta == {}


def test_a_job_that_raises_or_is_killed_counts(redis: Redis) -> None:
    job = a_job(redis, "workers.jobs.advance")
    with reported_metrics("worker") as reports:
        with pytest.raises(KeyboardInterrupt), observed_job(job):
            raise KeyboardInterrupt
        count_killed(job)

        series = reports.read()

    assert series['slipway_jobs_total{job_name="advance",result="failed"}'] == 1
    assert series['slipway_jobs_total{job_name="advance",result="killed"}'] == 1


@pytest.mark.parametrize(
    ("status", "code", "result"),
    [
        (200, "", "ok"),
        (400, "ThrottlingException", "throttled"),
        (429, "", "throttled"),
        (503, "SlowDown", "throttled"),
        (400, "AccessDeniedException", "refused"),
        (403, "", "refused"),
        (500, "InternalError", "failed"),
    ],
)
def test_the_result_of_an_answer_of_aws(status: int, code: str, result: str) -> None:
    parsed: dict[str, Any] = {"ResponseMetadata": {"HTTPStatusCode": status}}
    if code:
        parsed["Error"] = {"Code": code}

    assert call_result(parsed) == result
