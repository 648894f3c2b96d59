"""`/deploy logs SERVICE`: the last lines of its newest tasks, for one person."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import LogLines
from deploys.quoting import SharedChannels
from deploys.stores.refused_requests import RefusedRequests
from deploys.text_limits import TEXT, clip
from sandbox.slack import SlackSandbox
from tests.builders import NOW, a_service
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.queries.conftest import DEPLOYS, TARGET, ReadAnswers
from workers.ecs.state import TaskState
from workers.messages.logs import ContainerLog, TaskLogs, logs_text
from workers.queries.logs_query import pick_newest
from workers.queries.query_handler import QueryHandler


def plain(answer: str) -> str:
    """Without ids and times that differ from run to run."""
    return re.sub(r"[0-9a-f]{32}", "TASK", re.sub(r"(started|stopped) [^:]* ago", r"\1 AGO", answer))


def test_the_newest_tasks_that_run_and_each_of_their_containers(
    handler: QueryHandler, answers: ReadAnswers
) -> None:
    handler.answer_logs(TARGET, "api", "", 20)

    [answer] = answers()
    head, *lines = plain(answer).splitlines()
    assert head == "Last log lines of `api`:"
    assert lines[0] == "Task `TASK` of `api:42`, started AGO:"
    assert lines[1].startswith("`api`, 2 lines (")
    assert lines[2:4] == ["```INFO api 1.4.0 starting", "INFO listening on port 9000```"]
    assert lines[4].startswith("`envoy`, ")
    assert [each for each in lines if each.startswith("Task ")] == [lines[0]] * 2


def test_one_container_and_so_many_lines(handler: QueryHandler, answers: ReadAnswers) -> None:
    handler.answer_logs(TARGET, "api", "api", 1)

    [answer] = answers()
    assert "`envoy`" not in answer
    assert "`api`, 1 line (" in answer
    assert "starting" not in answer


def test_if_none_runs_those_that_stopped_last(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    harness.until_over(harness.request_count("web", 0))
    harness.ecs.advance(120)
    handler.answer_logs(TARGET, "web", "", 20)

    [answer] = answers()
    assert plain(answer).splitlines()[:2] == [
        "Last log lines of `web`, of which no task runs:",
        "Task `TASK` of `web:17`, stopped AGO:",
    ]
    assert "INFO web 1.4.0 starting" in answer


@pytest.mark.parametrize("driver", ["awsfirelens", None])
def test_a_container_that_logs_elsewhere_is_named(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers, driver: str | None
) -> None:
    ecs = harness.ecs_client
    definition = ecs.describe_task_definition(taskDefinition="web:17")["taskDefinition"]
    [container] = definition["containerDefinitions"]
    del container["logConfiguration"]
    if driver:
        container["logConfiguration"] = {"logDriver": driver}
    names = (
        "family",
        "taskRoleArn",
        "executionRoleArn",
        "networkMode",
        "requiresCompatibilities",
        "cpu",
        "memory",
    )
    ecs.register_task_definition(
        **{name: definition[name] for name in names}, containerDefinitions=[container]
    )
    ecs.update_service(cluster="production", service="web", taskDefinition="web")
    for _ in range(60):
        harness.ecs.advance(5)

    handler.answer_logs(TARGET, "web", "", 20)

    how = f"writes its log with `{driver}`" if driver else "has no log driver"
    assert f"`web` {how}, so CloudWatch Logs has nothing of it." in answers()[0]


def test_a_long_log_is_cut_at_its_beginning_and_leaves_room_for_the_others() -> None:
    long = ContainerLog("web", tuple(f"line {n} of <b>&{'x' * 80}" for n in range(100)), link="LINK")
    short = ContainerLog("envoy", ("ready",), link="LINK")
    tasks = [TaskLogs("t1", "task-definition/web:17", True, NOW, (long, short)) for _ in range(2)]

    text = logs_text("web", tasks, NOW + 60)

    first, second = (
        [int(found) for found in re.findall(r"line (\d+) of &lt;b&gt;&amp;x", part)]
        for part in text.split("Task `t1`")[1:]
    )
    assert first == second == list(range(100 - len(first), 100))
    assert 10 < len(first) < 20
    assert text.count(f"`web`, {len(first)} lines, {100 - len(first)} more did not fit (LINK):\n```line") == 2
    assert text.count("`envoy`, 1 line (LINK):\n```ready```") == 2
    assert clip(text, TEXT) == text, "Slack shows all of it"


def test_a_log_without_a_line_says_so() -> None:
    task = TaskLogs("t1", "web:17", True, NOW, (ContainerLog("web", link="LINK"),))

    assert logs_text("web", [task], NOW).splitlines()[-1] == "`web` has written nothing yet (LINK)."


def test_a_log_that_cannot_be_read_says_why(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    harness.ecs.faults.add(operation="GetLogEvents", kind="access-denied", times=None)
    handler.answer_logs(TARGET, "web", "", 20)

    assert "I could not read the last lines of `web`: " in answers()[0]
    assert "logs:GetLogEvents" in answers()[0]


@pytest.mark.parametrize(
    ("service", "container", "refusal"),
    [
        ("web", "envoy", "I cannot show the logs of `web`: `web` has no container `envoy`. It has `web`."),
        ("lost", "", "I cannot show the logs of `lost`: ECS has no service `lost` in cluster `production`"),
    ],
)
def test_what_is_refused(
    handler: QueryHandler, answers: ReadAnswers, service: str, container: str, refusal: str
) -> None:
    handler.answer_logs(TARGET, service, container, 20)

    assert refusal in answers()[0]


def test_nothing_runs_and_ecs_knows_of_nothing_that_did(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    harness.until_over(harness.request_count("web", 0))
    harness.ecs.advance(4000)
    handler.answer_logs(TARGET, "web", "", 20)

    assert "No task of `web` runs, and none has stopped within the last hour" in answers()[0]


class Shared:
    """Every channel is shared with others."""

    def is_shared(self, channel: str) -> bool | None:
        return True


@pytest.mark.parametrize(
    ("shared", "hidden", "why"),
    [
        (Shared(), False, "No log lines are shown in a channel that is shared with others."),
        (None, True, "`services.yml` keeps the log lines of `web` out of Slack (`logs: hide`)."),
    ],
)
def test_where_no_line_is_shown(
    harness: EngineHarness,
    handler: QueryHandler,
    answers: ReadAnswers,
    shared: SharedChannels | None,
    hidden: bool,
    why: str,
) -> None:
    if shared:
        handler = replace(handler, shared_channels=shared)
    if hidden:
        handler = replace(handler, catalogue=Catalogue({"web": a_service("web", logs=LogLines.HIDE)}))

    handler.answer_logs(TARGET, "web", "", 20)

    assert why in answers()[0]
    assert harness.ecs.calls("GetLogEvents") == []


def a_task(name: str, status: str, desired: str = "RUNNING", **times: Any) -> TaskState:
    return TaskState(
        arn=f"task/{name}", last_status=status, desired_status=desired, revision="web:17", **times
    )


@pytest.mark.parametrize(
    ("tasks", "picked"),
    [
        ([], []),
        (
            [a_task("old", "RUNNING", started_at=1), a_task("new", "RUNNING", started_at=3)],
            ["new", "old"],
        ),
        (
            [a_task(str(n), "RUNNING", started_at=n) for n in (1, 4, 2)]
            + [a_task("x", "STOPPED", "STOPPED", stopped_at=9)],
            ["4", "2"],
        ),
        (
            [
                a_task("first", "STOPPED", "STOPPED", stopped_at=1),
                a_task("last", "STOPPED", "STOPPED", stopped_at=2),
            ],
            ["last", "first"],
        ),
        ([a_task("starting", "PENDING"), a_task("failed", "STOPPED", "STOPPED", stopped_at=2)], ["failed"]),
    ],
)
def test_which_tasks_are_read(tasks: list[TaskState], picked: list[str]) -> None:
    assert [each.id for each in pick_newest(tasks)] == picked


def test_the_containers_that_are_there_can_be_chosen(
    handler: QueryHandler, slack: SlackSandbox, redis: Redis
) -> None:
    handler.answer_logs(TARGET, "web", "envoy", 5)

    [refusal] = [each for each in slack.messages(DEPLOYS, "alice") if each["ephemeral"]]
    [button] = refusal["blocks"][-1]["elements"]
    assert (button["action_id"], button["text"]["text"]) == (
        buttons.RUN_INSTEAD,
        "Run /deploy logs web web 5",
    )
    kept = RefusedRequests(redis).find(button["value"].partition(".")[0])
    assert kept is not None
    assert (kept.services, kept.request.requester, kept.is_query) == (("web",), ALICE, True)
