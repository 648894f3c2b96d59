"""What people are told if Slipway's share of AWS's limits is used up."""

from __future__ import annotations

from dataclasses import replace

from redis import Redis

from deploys.aws_limits import LIMITS_BY_NAME
from deploys.stores.aws_budget import AwsBudget, BucketKey, CallNeed, Waiter
from tests.workers.engine_harness import EngineHarness
from tests.workers.queries.conftest import TARGET, ReadAnswers
from workers.queries.query_handler import QueryHandler

READS = BucketKey("own", "eu-west-1", LIMITS_BY_NAME["service-reads"])


def test_a_list_has_no_versions_that_cannot_be_read_soon(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers, redis: Redis
) -> None:
    """A worker that waits for AWS moves no deploys meanwhile."""
    budget = AwsBudget(redis, percent=1, now=harness.ecs.now)
    revisions = BucketKey("own", "eu-west-1", LIMITS_BY_NAME["task-definition-reads"])
    assert budget.take(revisions, Waiter("x", CallNeed.RESTORE, 0)).seconds == 0, "the only one"
    budget.note_throttled(revisions)  # so that the next one comes after 10 s

    replace(handler, budget=budget).answer_status(TARGET, ["web", "api"])

    head, *lines = answers()[0].splitlines()
    assert head == "Running now (AWS takes only so many reads: of 2 services I do not know the version yet)"
    assert [line.split(":")[0] for line in lines] == [
        "• `web` an image that is not known (revision `web",
        "• `api` an image that is not known (revision `api",
    ]
    assert harness.ecs.calls("DescribeTaskDefinition") == []


def test_a_query_that_gets_no_token_says_so(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers, redis: Redis
) -> None:
    budget = AwsBudget(redis, percent=1, now=harness.ecs.now)
    assert budget.take(READS, Waiter("x", CallNeed.RESTORE, 0)).seconds == 0, "the only one"
    budget.note_throttled(READS)  # so that the next one comes after 10 s, and nobody waits for it
    calls = len(harness.ecs.calls())

    replace(handler, budget=budget).answer_status(TARGET, ["web"])

    assert answers() == [
        ":no_entry_sign: I cannot tell what `web` runs now: AWS takes only so many reads of services a "
        "second from one account, and Slipway's share of them is used up for now. Ask again in a minute."
    ]
    assert len(harness.ecs.calls()) == calls
