"""The control API under /sandbox/, for other processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import CLUSTER, deploy_tag, primary_deployment


@pytest.fixture
def http_client(ecs: EcsSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=ecs.url, timeout=10) as http_client:
        yield http_client


def test_health(ecs: EcsSandbox, http_client: httpx.Client) -> None:
    health = http_client.get("/sandbox/health").json()

    assert health == {
        "status": "ok",
        "now": ecs.now(),
        "clock": "manual",
        "speed": 1.0,
        "account": "123456789012",
        "region": "eu-west-1",
    }


def test_time_is_advanced_from_outside(client: Any, http_client: httpx.Client) -> None:
    deploy_tag(client, "web", "1.4.2")

    answer = http_client.post("/sandbox/advance", json={"seconds": 100})

    assert answer.status_code == 200
    assert primary_deployment(client, "web")["rolloutState"] == "COMPLETED"


@pytest.mark.parametrize("body", [{}, {"seconds": "1"}, {"seconds": -1}, {"seconds": True}])
def test_a_time_that_cannot_be_advanced_by(http_client: httpx.Client, body: dict[str, Any]) -> None:
    answer = http_client.post("/sandbox/advance", json=body)

    assert answer.status_code == 400
    assert "seconds" in answer.json()["error"]


def test_the_wall_clock_cannot_be_advanced() -> None:
    with EcsSandbox() as ecs:
        answer = httpx.post(f"{ecs.url}/sandbox/advance", json={"seconds": 1})
        with pytest.raises(RuntimeError, match="ManualClock"):
            ecs.advance(1)

    assert answer.status_code == 409
    assert "wall clock" in answer.json()["error"]


def test_faults_are_added_read_and_cleared(client: Any, http_client: httpx.Client) -> None:
    added = http_client.post(
        "/sandbox/faults", json={"operation": "ListTasks", "kind": "throttle", "times": 2}
    )
    assert added.status_code == 200
    client.list_tasks(cluster=CLUSTER)

    (fault,) = http_client.get("/sandbox/faults").json()["faults"]
    assert (fault["id"], fault["operation"], fault["hits"]) == (added.json()["id"], "ListTasks", 2)

    http_client.delete("/sandbox/faults")
    assert http_client.get("/sandbox/faults").json() == {"faults": []}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"kind": "nonsense"}', "unknown kind of fault"),
        (b'{"operation": "ListTasks"}', "kind"),
        (b"[]", "must be a JSON object"),
        (b"{", "Expecting"),
    ],
)
def test_bad_requests_are_explained(http_client: httpx.Client, body: bytes, message: str) -> None:
    answer = http_client.post("/sandbox/faults", content=body)

    assert answer.status_code == 400
    assert message in answer.json()["error"]


def test_unknown_paths_name_the_known_ones(http_client: httpx.Client) -> None:
    answer = http_client.get("/sandbox/nothing")

    assert answer.status_code == 404
    assert "GET /sandbox/state" in answer.json()["error"]


def test_the_state_is_returned_as_plain_data(ecs: EcsSandbox, client: Any, http_client: httpx.Client) -> None:
    new = deploy_tag(client, "web", "1.4.2")
    ecs.advance(20)

    state = http_client.get("/sandbox/state").json()

    assert state == ecs.state()
    assert state["services"]["web"]["desiredCount"] == 3
    started = [task for task in state["tasks"] if task["deployment"] == new["id"]]
    assert len(started) == 3
    for task in started:
        assert task["images"]["web"].endswith(":1.4.2")
        assert task["startedAt"] > task["createdAt"]
        assert task["stoppedAt"] is None


def test_the_calls_are_listed(client: Any, http_client: httpx.Client) -> None:
    client.list_tasks(cluster=CLUSTER, serviceName="web")
    with pytest.raises(client.exceptions.ServiceNotFoundException):
        client.list_tasks(cluster=CLUSTER, serviceName="nothing")

    calls = http_client.get("/sandbox/calls").json()["calls"]

    assert [(c["service"], c["operation"], c["outcome"]) for c in calls] == [
        ("ecs", "ListTasks", "ok"),
        ("ecs", "ListTasks", "ServiceNotFoundException"),
    ]
    assert calls[0]["params"] == {"cluster": CLUSTER, "serviceName": "web"}
