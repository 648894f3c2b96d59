"""`/deploy plan SERVICE TAG`: all that would happen, and nothing that does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploys.catalogue.catalogue import Catalogue
from deploys.errors import NotADeployer
from deploys.holds.locks import LockHolds
from deploys.records.phases import Phase
from deploys.stores.user_groups import UserGroups
from tests.workers.engine_harness import ALICE, BOB, EngineHarness
from tests.workers.flows.terraform_revisions import change_environment, register_revision
from tests.workers.queries.conftest import TARGET, ReadAnswers
from workers.queries.query_handler import QueryHandler


def changing(harness: EngineHarness) -> list[str]:
    """The calls so far that change something in AWS."""
    reads = ("Describe", "List", "Get", "BatchGet")
    return [call.operation for call in harness.ecs.calls() if not call.operation.startswith(reads)]


def test_a_rolling_service(harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers) -> None:
    before = changing(harness)

    handler.answer_plan(TARGET, "web", "1.4.2")

    assert answers() == [
        "Plan of `web` `1.4.2`, as of now. Nothing was changed.\n"
        "• container `web`: `REGISTRY/web:1.4.0` → `REGISTRY/web:1.4.2`\n"
        "• revision `web:17` runs now; the new one is a copy of it, without other changes\n"
        "• image digest `sha256:DIGEST`, 60.9 MB, pushed THEN\n"
        "• 3 tasks before and after\n"
        "• rolling, no downtime: ECS keeps 100 to 200 percent of the tasks while it replaces them\n"
        "• no approval needed\n"
        "• no deploy is ahead in the queue, so it would start at once"
    ]
    assert changing(harness) == before
    assert harness.store.active() == []
    assert harness.store.recent(None, 10) == []
    assert harness.leftover_keys() == []


def test_a_newer_revision_that_terraform_registered(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    register_revision(harness, change_environment)
    register_revision(harness, change_environment, like="api:42")
    before = changing(harness)

    handler.answer_plan(TARGET, "web", "1.4.2")
    handler.answer_plan(TARGET, "api", "1.4.2")

    running, latest = answers()
    assert running.splitlines()[4:8] == [
        "• 3 tasks before and after",
        "• a newer revision `web:18` was registered by `ci (terraform)` THEN. It is not used "
        "(`base: running`). How it differs from `web:17`:",
        "    ◦ task memory: `512` → `1024`",
        "    ◦ `web` environment: `QUEUE_TOKEN` added, `LOG_LEVEL` changed",
    ]
    assert latest.splitlines()[1:7] == [
        "• container `api`: `REGISTRY/api:1.4.0` → `REGISTRY/api:1.4.2`",
        "• revision `api:42` runs now; the new one is a copy of `api:43`",
        "• image digest `sha256:DIGEST`, 57.9 MB, pushed THEN",
        "• 2 tasks before and after",
        "• the new revision is a copy of `api:43` (`base: latest`), registered by `ci (terraform)` THEN. "
        "What that changes against `api:42`, which runs now:",
        "    ◦ `api` environment: `QUEUE_TOKEN` added, `LOG_LEVEL` changed",
    ]
    assert changing(harness) == before


def test_where_ecs_may_stop_all_tasks_at_once_no_downtime_is_not_promised(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    before = harness.describe_service("web")["deploymentConfiguration"]
    harness.ecs_client.update_service(
        cluster="production",
        service="web",
        deploymentConfiguration={**before, "minimumHealthyPercent": 0, "maximumPercent": 100},
    )

    handler.answer_plan(TARGET, "web", "1.4.2")

    assert answers()[0].splitlines()[5] == (
        "• rolling, tasks may be 0 for a while: ECS keeps 0 to 100 percent of the tasks while it replaces "
        "them"
    )


def test_a_stop_start_service(handler: QueryHandler, answers: ReadAnswers) -> None:
    handler.answer_plan(TARGET, "ledger", "1.4.2")

    [plan] = answers()
    assert plan.splitlines()[4:] == [
        "• 1 task before and after",
        "• stop-start, downtime, about SOME TIME: every old task is stopped, and proven stopped, before a "
        "new one starts",
        "• needs 1 approval, from @U02BOB0000",
        "• no deploy is ahead in the queue, so it would start at once",
    ]


def test_a_service_that_is_scaled(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    for service in ("web", "ledger"):
        harness.ecs.autoscale(service, minimum=1, maximum=6)

    handler.answer_plan(TARGET, "web", "1.4.2")
    handler.answer_plan(TARGET, "ledger", "1.4.2")

    rolling, stopping = (plan.splitlines() for plan in answers())
    assert "• 3 tasks (autoscaled, 1 to 6) before and after" in rolling
    assert not [line for line in rolling if "suspended" in line]
    assert stopping[4] == "• 1 task (autoscaled, 1 to 6) before and after"
    assert stopping[6] == (
        "• Application Auto Scaling (1 to 6 tasks) is suspended until the end, then restored to what it is "
        "now: nothing suspended"
    )
    assert changing(harness) == []


@pytest.mark.parametrize(
    ("service", "tag", "answer"),
    [
        (
            "web",
            "9.9.9",
            ":no_entry_sign: `web` `9.9.9` would be refused: There is no image `REGISTRY/web:9.9.9`, so "
            "nothing was registered. The newest tags are `1.5.0`, `1.4.2`, `1.5.0-crash`, `1.5.0-unhealthy`, "
            "`1.5.0-slow`.",
        ),
        (
            "web",
            "1.4.0",
            ":no_entry_sign: `web` `1.4.0` would be refused: `web` already runs `1.4.0` (digest unchanged). "
            "`/deploy restart web` starts it in new tasks.",
        ),
        (
            "lost",
            "1.4.2",
            ":no_entry_sign: `lost` `1.4.2` would be refused: ECS has no service `lost` in cluster "
            "`production` (eu-west-1). Check `cluster`, `ecs_service` and `region` of `lost` in "
            "`services.yml`.",
        ),
    ],
)
def test_a_refusal_is_that_of_the_deploy(
    handler: QueryHandler, answers: ReadAnswers, service: str, tag: str, answer: str
) -> None:
    handler.answer_plan(TARGET, service, tag)

    assert answers() == [answer]


def test_access_is_asked_again(harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers) -> None:
    harness.access.refusals[ALICE] = NotADeployer(service="web", deployers="nobody")

    handler.answer_plan(TARGET, "web", "1.4.2")

    assert answers() == [
        ":no_entry_sign: `web` `1.4.2` would be refused: You may not deploy `web`. Those who may: nobody"
        ", as `deployers` in `services.yml` says."
    ]


def test_who_is_ahead_is_named(harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers) -> None:
    harness.request_deploy("web", "1.4.1")
    harness.request_deploy("web", "1.5.0")

    handler.answer_plan(TARGET, "web", "1.4.2")

    [plan] = answers()
    assert plan.splitlines()[-1] == (
        "• 2 deploys ahead in the queue: `1.4.1` by @alice (is queued), `1.5.0` by @alice (is queued)"
    )


def test_while_another_deploy_changes_the_service_there_is_nothing_to_plan_on(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    harness.until_phase(harness.request_deploy("web", "1.4.1"), Phase.FOLLOWING)

    handler.answer_plan(TARGET, "web", "1.4.2")

    assert answers() == [
        "`web` `1.4.2` would wait in the queue, and what it would change depends on the deploy before it: "
        "`web` `1.4.1` rolls out. Ask again when it has ended.\n• 1 deploy ahead in the queue: `1.4.1` by "
        "@alice (rolls out)"
    ]


def test_behind_one_that_only_settles_there_is_a_plan(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    before = harness.request_deploy("ledger", "1.4.1")
    harness.until_phase(before, Phase.AWAITING_APPROVAL)
    harness.approve(before)
    harness.until_phase(before, Phase.SETTLING)

    handler.answer_plan(TARGET, "ledger", "1.4.2")

    [plan] = answers()
    assert plan.startswith("Plan of `ledger` `1.4.2`, as of now.")
    assert plan.splitlines()[-1] == (
        "• 1 deploy ahead in the queue: `1.4.1` by @alice (is checked once more)"
    )


def test_aws_that_does_not_answer_is_no_refusal(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    harness.ecs.faults.add(kind="throttle", operation="DescribeServices")

    handler.answer_plan(TARGET, "web", "1.4.2")

    [answer] = answers()
    assert answer.startswith(
        ":no_entry_sign: I cannot tell what `web` `1.4.2` would change: AWS does not answer "
        "ecs:DescribeServices for now (ThrottlingException"
    )
    assert answer.endswith("Ask again in a minute.")


def test_a_missing_permission_is_named(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    harness.ecs.faults.add(kind="access-denied", operation="ecr:DescribeImages")

    handler.answer_plan(TARGET, "web", "1.4.2")

    [answer] = answers()
    assert answer.startswith(
        ":no_entry_sign: `web` `1.4.2` would be refused: AWS does not allow ecr:DescribeImages"
    )


def test_a_bug_is_told_with_a_reference(
    handler: QueryHandler, answers: ReadAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("workers.queries.plan_query.make_plan", broken)

    handler.answer_plan(TARGET, "web", "1.4.2")

    head, reference, _ = answers()[0].rsplit("`", 2)
    assert head == (
        ":no_entry_sign: I cannot tell what `web` `1.4.2` would change: Slipway failed. Give the reference "
    )
    assert len(reference) == 8


def test_a_plan_says_that_the_service_is_locked(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    harness.lock("web", BOB)
    holds = LockHolds(harness.locks, Catalogue({}), UserGroups(harness.redis))

    replace(handler, hold_sources=(holds,)).answer_plan(TARGET, "web", "1.4.2")

    [plan] = answers()
    assert plan.splitlines()[-1].startswith("• for now it would wait: @U02BOB0000 locked `web` (")
