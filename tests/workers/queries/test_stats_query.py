"""`/deploy stats [SERVICE]`: how software was delivered, in words, charts and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from deploys.delivery_metrics import DAY_SECONDS
from deploys.errors import NotADeployer
from deploys.message_size import message_size
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.stores import redis_keys
from deploys.stores.deploy_reader import PAGE, DeployReader, to_ms
from sandbox.slack.blockkit.block_limits import check_message_blocks
from tests.builders import a_deploy, a_plan, a_service
from tests.workers.engine_harness import EngineHarness
from tests.workers.queries.conftest import TARGET, ReadAnswers
from workers.queries.query_handler import QueryHandler
from workers.queries.stats_query import describe_stats
from workers.queries.stats_text import DEFINITIONS

NOW = 1_795_996_800.0  # 30 November 2026
HOUR = 3600.0


def keep(redis: Redis, *deploys: Deploy) -> None:
    """Writes the records of deploys that ended."""
    pipe = redis.pipeline()
    for each in deploys:
        at = to_ms(each.request.requested_at)
        pipe.hset(redis_keys.record(each.id), mapping={"record": each.to_json(), "version": 1})
        pipe.zadd(redis_keys.HISTORY, {each.id: at})
        pipe.zadd(redis_keys.history(each.service.name), {each.id: at})
    pipe.execute()


def ended(
    days_ago: float, outcome: Outcome = Outcome.SUCCEEDED, service: str = "web", **changes: Any
) -> Deploy:
    """A deploy of an image of its own, which was pushed two hours before it served."""
    end = NOW - days_ago * DAY_SECONDS
    deploy = a_deploy(a_service(service))
    return deploy.evolve(
        **{
            "phase": Phase.ENDED,
            "outcome": outcome,
            "ended_at": end,
            "request": {"requested_at": end - 600},
            "tag": deploy.id,
            "plan": a_plan(pushed_at=end - 2 * HOUR, digest=None),
            "ecs": {"update_tried": True, "rollout_started_at": end - 300},
            **changes,
        }
    )


def test_the_four_metrics_of_one_service(redis: Redis) -> None:
    lasting = [ended(day) for day in range(3, 27, 2)]
    rolled_back = ended(2, Outcome.ROLLED_BACK, rollout={"serving_at": NOW - 2 * DAY_SECONDS - 720})
    undone, undoing = ended(1.5), ended(1.25, verb=Verb.ROLLBACK)
    keep(redis, *lasting, rolled_back, undone, undoing, ended(40), ended(1, service="api"))

    answer = describe_stats(["web"], DeployReader(redis), now=NOW, retention_days=365)

    assert answer.text == (
        "*Delivery* of `web`, the last 30 days\n"
        "• *Deployment frequency*: 13 deploys, 3.0 a week\n"
        "• *Lead time* from image push to serving: 2 h (median of 13 images), 9 in 10 within 2 h\n"
        "• *Change failure rate*: 14% (2 of 14 changes failed, 1 of them rolled back after they had "
        "succeeded)\n"
        "• *Time to restore*: 3 h 06 min (median of 2 failures, which are few)\n"
        "\n"
        f"{DEFINITIONS}"
    )
    section, changes, lead_times, context = answer.native
    assert check_message_blocks(list(answer.native)) == []
    assert section["text"]["text"] == answer.text.rpartition("\n\n")[0]
    assert context["elements"][0]["text"] == DEFINITIONS
    went_well, failed = changes["chart"]["series"]
    assert changes["chart"]["axis_config"]["categories"] == [
        *("31 Oct", "3 Nov", "6 Nov", "9 Nov", "12 Nov", "15 Nov", "18 Nov", "21 Nov", "24 Nov", "27 Nov")
    ]
    assert [each["value"] for each in went_well["data"]] == [0, 1, 1, 2, 1, 2, 1, 2, 1, 1]
    assert [each["value"] for each in failed["data"]] == [0] * 9 + [2]
    assert {each["value"] for each in lead_times["chart"]["series"][0]["data"]} == {2.0}


def test_few_are_said_to_be_few(redis: Redis) -> None:
    keep(redis, ended(3), ended(2), ended(1, Outcome.FAILED))

    answer = describe_stats(["web"], DeployReader(redis), now=NOW, retention_days=365)

    assert answer.text.splitlines()[1:5] == [
        "• *Deployment frequency*: 2 deploys: too few for a rate",
        "• *Lead time* from image push to serving: 2 h (median of 2 images, which are few)",
        "• *Change failure rate*: 1 of 3 changes failed: too few for a rate",
        "• *Time to restore*: 1 not restored yet",
    ]


def test_what_is_not_known_and_what_did_not_happen(redis: Redis) -> None:
    keep(redis, ended(3, plan=a_plan()))

    lines = describe_stats(["web"], DeployReader(redis), now=NOW, retention_days=365).text.splitlines()

    assert lines[2:5] == [
        "• *Lead time* from image push to serving: not known, as no registry said when an image was pushed",
        "• *Change failure rate*: 0 of 1 change failed: too few for a rate",
        "• *Time to restore*: nothing failed",
    ]


def test_several_services_together_and_each(redis: Redis) -> None:
    keep(redis, ended(3), ended(2), ended(1, Outcome.ROLLED_BACK, "api"), ended(1, service="hidden"))

    answer = describe_stats(["api", "ledger", "web"], DeployReader(redis), now=NOW, retention_days=365)

    assert answer.text.startswith("*Delivery* of `api`, `ledger`, `web`, the last 30 days\n")
    assert answer.text.split("\n\n")[1] == (
        "*By service*\n"
        "• `web`: 2 deploys, 0 of 2 changes failed, lead time 2 h\n"
        "• `api`: 0 deploys, 1 of 1 change failed, restored in 5 min"
    )
    *_, table, _ = answer.native
    assert [[cell["text"] for cell in row] for row in table["rows"]] == [
        ["Service", "Deploys", "Lead time", "Failed", "Time to restore"],
        ["web", "2", "2 h", "0 of 2", "–"],
        ["api", "0", "–", "1 of 1", "5 min"],
    ]


def test_nothing_happened(redis: Redis) -> None:
    keep(redis, ended(31), ended(1, Outcome.REFUSED))

    answer = describe_stats(["web"], DeployReader(redis), now=NOW, retention_days=365)

    assert answer.text == ("*Delivery* of `web`, the last 30 days\nNo deploy changed it in that time.")
    assert answer.native == ()


def test_what_redis_forgets_is_not_counted_on(redis: Redis) -> None:
    keep(redis, ended(1))

    answer = describe_stats(["web"], DeployReader(redis), now=NOW, retention_days=14)

    assert answer.text.startswith("*Delivery* of `web`, the last 14 days\n")


def test_many_records_are_read_in_pages_and_only_so_many(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = [f"{'s' * 50}-{number}" for number in range(60)]
    many = [ended((number + 1) / 100, service=services[number % 60]) for number in range(1300)]
    keep(redis, *many, *(ended(0.001, service="hidden") for _ in range(3)))
    reads: list[int] = []
    load = DeployReader._load

    def noted(reader: DeployReader, ids: Sequence[str]) -> list[Deploy]:
        reads.append(len(ids))
        return load(reader, ids)

    monkeypatch.setattr(DeployReader, "_load", noted)
    monkeypatch.setattr("workers.queries.stats_query.MAX_RECORDS", 1200)

    answer = describe_stats(services, DeployReader(redis), now=NOW, retention_days=365)

    assert reads == [PAGE, PAGE, 200]
    assert answer.text.startswith("*Delivery* of 60 services, the last 12 days\n")
    assert "*Deployment frequency*: 1197 deploys, 99.9 a day" in answer.text
    assert answer.text.endswith("There were more deploys; the newest 1197 are counted.")
    assert check_message_blocks(list(answer.native)) == []
    assert message_size(answer.text, answer.native).fits


def test_it_is_answered_to_who_may_see_the_services(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers, redis: Redis
) -> None:
    keep(redis, ended(1))
    at_that_time = replace(handler, now=lambda: NOW)
    at_that_time.answer_stats(TARGET, ["web"])
    harness.access.refusals[TARGET.user] = NotADeployer(service="web", deployers="bob", source="there")
    at_that_time.answer_stats(TARGET, ["web"])

    told, refused = answers()
    assert told.startswith("Delivery of `web`, the last 30 days\n• Deployment frequency: 1 deploy: too few")
    assert refused.startswith(":no_entry_sign: I cannot tell how software was delivered: You may not")
