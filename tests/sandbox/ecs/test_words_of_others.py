"""Texts of other systems that ECS repeats in events and in reasons."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox.ecs import EcsSandbox
from sandbox.ecs.words_of_others import EVENTS, FAILED_STARTS
from tests.sandbox.ecs.ecs_actions import (
    CLUSTER,
    advance_until,
    advance_until_steady,
    deploy_tag,
    describe_service,
    event_messages,
)
from tests.sandbox.ecs.test_circuit_breaker import failed

SAID = "who are you"


@pytest.mark.parametrize("source", EVENTS)
def test_an_event_quotes_the_text_in_ecs_own_sentence(ecs: EcsSandbox, client: Any, source: str) -> None:
    ecs.add_event("web", source, SAID)

    newest = event_messages(client, "web")[-1]
    group = describe_service(client, "web")["loadBalancers"][0]["targetGroupArn"]
    assert newest == f"(service web) {EVENTS[source].format(target_group=group, text=SAID)}"


@pytest.mark.parametrize("source", FAILED_STARTS)
def test_tasks_do_not_start_and_their_reasons_quote_the_text_until_that_ends(
    ecs: EcsSandbox, client: Any, source: str
) -> None:
    ecs.fail_starts("web", source, SAID)
    new = deploy_tag(client, "web", "1.4.2")
    advance_until(ecs, lambda: failed(client, "web", new["id"]))

    task = failed(client, "web", new["id"])[0]
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"] == task["containers"][0]["reason"]
    assert task["stoppedReason"].endswith(SAID)
    assert advance_until_steady(ecs, client, "web")["status"] == "ROLLBACK_SUCCESSFUL"

    ecs.fail_starts("web", source, "")
    deploy_tag(client, "web", "1.4.2")
    assert advance_until_steady(ecs, client, "web")["status"] == "SUCCESSFUL"


def test_which_operations_have_answered_with_a_word_is_known(ecs: EcsSandbox, client: Any) -> None:
    ecs.watch_words([SAID, "never said"])
    ecs.add_event("web", "agent", SAID)
    client.list_services(cluster=CLUSTER)
    client.describe_services(cluster=CLUSTER, services=["web"])

    assert ecs.watched_words() == {SAID: ["DescribeServices"], "never said": []}


def test_all_of_it_is_also_done_over_the_control_api(ecs: EcsSandbox, client: Any) -> None:
    with httpx.Client(base_url=f"{ecs.url}/sandbox/", timeout=10, trust_env=False) as http:
        said = {"service": "web", "source": "agent", "text": SAID}
        assert http.post("watched-words", json={"words": [SAID]}).json() == {SAID: []}
        assert http.post("events", json=said).status_code == 200
        assert http.post("failing-starts", json={**said, "source": "registry"}).status_code == 200
        unknown = http.post("events", json={**said, "source": "nobody"})
        elsewhere = http.post("failing-starts", json={**said, "service": "nothing"})
        client.describe_services(cluster=CLUSTER, services=["web"])

        assert http.get("watched-words").json() == {SAID: ["DescribeServices"]}
    assert (unknown.status_code, elsewhere.status_code) == (400, 400)
    assert unknown.json()["error"] == (
        "ECS repeats nothing of 'nobody' there; it repeats: load balancer, secrets, agent"
    )
    assert elsewhere.json()["error"] == "there is no service 'nothing'"
