"""What workers answer to what people type: as Slack's tables and charts, and as the text in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

import pytest
from redis import Redis
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.forms.deploy_form import FormOrigin, PlannedDeploy, plan_frame
from deploys.catalogue.catalogue import Catalogue
from deploys.records.phases import Outcome
from deploys.stores.deploy_store import DeployStore
from deploys.stores.revision_versions import RevisionVersions
from deploys.stores.thread_store import ThreadStore
from sandbox.ecs import EcsSandbox, ManualClock
from tests.builders import NOW, SIGNER, a_service, a_stop_start_service
from tests.frozen_services import service_freezes
from tests.gallery.exhibit import Exhibit, Section, Surface
from tests.in_process_aws import call_sandbox_in_process
from tests.workers.engine_harness import ALICE, OpenAccessPolicy
from tests.workers.queries import test_stats_query as samples
from workers.ecs.aws.aws_clients import AwsClients
from workers.queries.query_handler import QueryHandler, QueryTarget

TARGET = QueryTarget("q2w3e4r5", "C01DEPLOYS", None, ALICE)
ASKED: Mapping[str, Callable[[QueryHandler], None]] = {
    "answer_tags: /deploy tags web": lambda handler: handler.answer_tags(TARGET, "web"),
    "answer_tags: of a service that ECS does not have": lambda handler: handler.answer_tags(TARGET, "lost"),
    "answer_logs: /deploy logs api": lambda handler: handler.answer_logs(TARGET, "api", "", 20),
    "answer_logs: of a container that is not there": lambda handler: handler.answer_logs(
        TARGET, "api", "nginx", 20
    ),
    "answer_status: /deploy status web": lambda handler: handler.answer_status(TARGET, ["web"]),
    "answer_status: of everything": lambda handler: handler.answer_status(
        TARGET, ["web", "api", "ledger", "lost"]
    ),
    "answer_stats: /deploy stats web": lambda handler: _as_of_samples(handler).answer_stats(TARGET, ["web"]),
    "answer_stats: of everything": lambda handler: _as_of_samples(handler).answer_stats(
        TARGET, ["web", "api"]
    ),
    "answer_stats: of a service that nobody deployed": lambda handler: _as_of_samples(handler).answer_stats(
        TARGET, ["ledger"]
    ),
    "answer_plan: /deploy plan web 1.4.2": lambda handler: handler.answer_plan(TARGET, "web", "1.4.2"),
    "answer_plan: of a tag that is not there": lambda handler: handler.answer_plan(TARGET, "web", "9.9.9"),
    "show_plan: the plan in the form": lambda handler: handler.show_plan(TARGET, "web", "1.4.2"),
    "show_plan: a refused plan in the form": lambda handler: handler.show_plan(TARGET, "web", "9.9.9"),
}
"""Each by the method of the query handler that answers it."""


class RecordedSlack:
    """Takes messages and modals. Without tables, it refuses their blocks as such a workspace does."""

    def __init__(self, *, takes_tables: bool) -> None:
        self.takes_tables = takes_tables
        self.sent: list[dict[str, Any]] = []

    def chat_postEphemeral(self, **message: Any) -> None:
        if _kinds(message) & NATIVE and not self.takes_tables:
            raise SlackApiError("", _refused())
        self.sent.append(message)

    def views_update(self, *, external_id: str, view: dict[str, Any]) -> None:
        self.sent.append(view)


NATIVE = {"data_table", "data_visualization"}


def _kinds(sent: dict[str, Any]) -> set[str]:
    return {each["type"] for each in sent.get("blocks") or ()}


def _refused() -> SlackResponse:
    answer = {"ok": False, "error": "invalid_blocks"}
    return SlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data=answer, headers={}, status_code=200
    )


def worker_answer_section(redis: Redis) -> Section:
    """Asked of an ECS region of the sandbox. Redis is emptied before."""
    redis.flushall()
    with (
        pytest.MonkeyPatch.context() as patch,
        EcsSandbox(clock=ManualClock(start=NOW), seed=1) as ecs,
    ):
        call_sandbox_in_process(ecs, patch)
        handler = _handler(redis, ecs)
        _keep_samples(redis, handler.threads)
        exhibits = [each for title, ask in ASKED.items() for each in _answers(title, ask, handler)]
    return Section("Answers of workers", exhibits)


def _handler(redis: Redis, ecs: EcsSandbox) -> QueryHandler:
    services = (a_service("web"), a_service("api"), a_stop_start_service("ledger"), a_service("lost"))
    return QueryHandler(
        catalogue=Catalogue({each.name: each for each in services}),
        store=DeployStore(redis, now=ecs.now),
        threads=ThreadStore(redis),
        aws=AwsClients(),
        access=OpenAccessPolicy(),
        slack=cast("WebClient", None),
        freezes=service_freezes(redis, *services),
        signer=SIGNER,
        versions=RevisionVersions(redis),
        now=ecs.now,
    )


def _keep_samples(redis: Redis, threads: ThreadStore) -> None:
    """Deploys of a month, and a modal that waits for its plan."""
    lasting = [samples.ended(day, service=name) for day in range(1, 28, 2) for name in ("web", "api")]
    failed = samples.ended(2, Outcome.ROLLED_BACK, rollout={"serving_at": samples.NOW - 172_000})
    samples.keep(redis, *lasting, failed)
    planned = PlannedDeploy(origin=FormOrigin(channel="C01DEPLOYS"), service="web", tag="1.4.2")
    threads.save_plan_view(TARGET.query_id, plan_frame(planned))


def _as_of_samples(handler: QueryHandler) -> QueryHandler:
    return replace(handler, now=lambda: samples.NOW)


def _answers(title: str, ask: Callable[[QueryHandler], None], handler: QueryHandler) -> list[Exhibit]:
    """Once; twice if Slack may not take its blocks."""
    shown = [_ask(ask, handler, takes_tables=takes_tables) for takes_tables in (True, False)]
    names = {title: shown[0]}
    if _kinds(shown[0]) & NATIVE:
        names[f"{title}, without tables"] = shown[1]
    return [_exhibit(each, sent) for each, sent in names.items()]


def _ask(ask: Callable[[QueryHandler], None], handler: QueryHandler, *, takes_tables: bool) -> dict[str, Any]:
    slack = RecordedSlack(takes_tables=takes_tables)
    ask(replace(handler, slack=cast("WebClient", slack)))
    [sent] = slack.sent
    return sent


def _exhibit(title: str, sent: dict[str, Any]) -> Exhibit:
    if sent.get("type") == "modal":
        return Exhibit(title, title, sent["blocks"], surface=Surface.VIEW)
    return Exhibit(title, sent["text"], sent.get("blocks") or (), private=True)
