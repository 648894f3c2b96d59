"""`/deploy status [SERVICE]`: what runs now, as ECS says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from deploys.errors import AwsUnavailable
from deploys.quoting import NOT_QUOTED
from deploys.records.phases import Outcome, Phase
from sandbox.slack import SlackSandbox
from sandbox.slack.blockkit.block_limits import check_message_blocks
from tests.workers.engine_harness import EngineHarness
from tests.workers.queries.conftest import DEPLOYS, TARGET, ReadAnswers
from workers.ecs import services, tasks
from workers.ecs.state import ServiceEventState, ServiceState, TaskState
from workers.queries.query_handler import QueryHandler


def test_a_service_that_nobody_deployed_with_slipway(handler: QueryHandler, answers: ReadAnswers) -> None:
    handler.answer_status(TARGET, ["web"])

    assert answers() == [
        "Running now: `web` on `production` (eu-west-1)\n"
        "• `1.4.0` `sha256:DIGEST` (revision `web:17`)\n"
        "• Since THEN (3 days ago), not by Slipway: deployed outside; `sandbox` registered the revision\n"
        "• Tasks: 3 running, 3 desired\n"
        "• Healthy: ECS runs all its tasks; no container reports a health check"
    ]


def test_while_a_deploy_rolls_out_and_after_it(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    web = harness.request_deploy("web", "1.4.2")
    harness.until_phase(web, Phase.FOLLOWING)
    harness.until(lambda: harness.running_tags("web") == {"1.4.0", "1.4.2"})
    handler.answer_status(TARGET, ["web"])
    harness.until_phase(web, Phase.ENDED)
    handler.answer_status(TARGET, ["web"])

    rolling, after = [each.splitlines()[1:] for each in answers()]
    assert sorted(line.split(":")[0] for line in rolling[:2]) == ["• `1.4.0` `sha256", "• `1.4.2` `sha256"]
    assert all("of 6 tasks" in line or "of 4 tasks" in line or "of 5 tasks" in line for line in rolling[:2])
    assert rolling[2].endswith(", by a deploy of @alice that is under way (deploy `ID`)")
    assert rolling[4] == "• A rollout is in progress in ECS; no container reports a health check"
    assert rolling[5].startswith("• Last event in ECS, ")
    assert after == [
        "• `1.4.2` `sha256:DIGEST` (revision `web:18`)",
        "• Since THEN (SOME TIME ago), deployed by @alice (deploy `ID`)",
        "• Tasks: 3 running, 3 desired",
        "• Healthy: ECS runs all its tasks; no container reports a health check",
    ]


def test_after_its_count_was_set(harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers) -> None:
    harness.until_over(harness.request_count("web", 4))

    handler.answer_status(TARGET, ["web"])

    assert answers()[0].splitlines()[2:] == [
        "• Since THEN (3 days ago), not by Slipway: deployed outside; `sandbox` registered the revision",
        "• Tasks: 4 running, 4 desired",
        "• Healthy: ECS runs all its tasks; no container reports a health check",
    ]


def test_after_a_rollback_and_after_somebody_deployed_that_revision_again(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    crashed = harness.request_deploy("web", "1.5.0-crash")
    harness.until_phase(crashed, Phase.ENDED)
    assert harness.get(crashed).outcome is Outcome.ROLLED_BACK
    handler.answer_status(TARGET, ["web"])
    good = harness.request_deploy("web", "1.4.2")
    harness.until_phase(good, Phase.ENDED)
    harness.ecs.client("ecs").update_service(cluster="production", service="web", forceNewDeployment=True)
    handler.answer_status(TARGET, ["web"])

    rolled_back, again = [each.splitlines()[1:3] for each in answers()]
    assert rolled_back[0] == "• `1.4.0` `sha256:DIGEST` (revision `web:17`)"
    assert rolled_back[1].endswith(", when `web` `1.5.0-crash` by @alice was rolled back (deploy `ID`)")
    assert again == [
        "• `1.4.2` `sha256:DIGEST` (revision `web:19`)",
        "• Since THEN (just now), by a deployment outside Slipway, of the revision of a deploy by @alice "
        "(deploy `ID`)",
    ]


def test_several_services_are_a_table(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers, slack: SlackSandbox
) -> None:
    web = harness.request_deploy("web", "1.4.2")
    harness.until_phase(web, Phase.ENDED)

    before = len(harness.ecs.calls("DescribeTaskDefinition"))
    handler.answer_status(TARGET, ["web", "api", "lost"])

    read = [call.params["taskDefinition"] for call in harness.ecs.calls("DescribeTaskDefinition")[before:]]
    assert [each.rpartition("/")[2] for each in read] == ["api:42"]  # a record knows the tag of web's
    assert answers() == [
        "Running now\n"
        "• `web` `1.4.2` (revision `web:18`): healthy, 3 of 3 tasks running, since THEN, by @alice\n"
        "• `api` `1.4.0` (revision `api:42`): healthy, 2 of 2 tasks running, since THEN, outside Slipway\n"
        "• `lost`: ECS has no such service in `production` (eu-west-1)"
    ]
    [message] = [each for each in slack.messages(DEPLOYS, "alice") if each["ephemeral"]]
    [table] = message["blocks"]
    shown = [[_shown(cell) for cell in row] for row in table["rows"]]
    assert shown == [
        ["Service", "Version", "Health", "Tasks", "Since", "By", "Revision"],
        ["web", "1.4.2", "healthy", "3 of 3", "date", "user", "web:18"],
        ["api", "1.4.0", "healthy", "2 of 2", "date", "outside Slipway", "api:42"],
        ["lost", "–", "not in ECS", "–", "–", "–", "–"],
    ]


def _shown(cell: dict[str, Any]) -> str:
    if cell["type"] != "rich_text":
        return str(cell["text"])
    [part] = cell["elements"][0]["elements"]
    return str(part.get("text", part["type"]))


def test_many_services_stay_within_slacks_limits(
    handler: QueryHandler, slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = handler.catalogue.get_service("web")
    names = [f"{'s' * 50}-{number}" for number in range(70)]
    every = {name: known.model_copy(update={"name": name}) for name in names}
    found = services.describe(handler.aws.for_service(known, "test"), "production", ["web"])
    monkeypatch.setattr(services, "describe", lambda *_: found)

    checked: list[str] = []
    monkeypatch.setattr(handler.access, "may", lambda action, asker, name: checked.append(name))
    many = replace(handler, catalogue=replace(handler.catalogue, services=every))
    many.answer_status(TARGET, names)

    assert checked == names[:50], "of the others only the number is told"

    [message] = [each for each in slack.messages(DEPLOYS, "alice") if each["ephemeral"]]
    text, (table, rest) = message["text"], message["blocks"]
    rows = len(table["rows"]) - 1
    assert check_message_blocks([table, rest]) == []
    assert rest["text"]["text"] == f"and {70 - rows} more; `/deploy status SERVICE` shows one whole"
    lines = text.splitlines()[1:]
    assert len(text) <= 4000
    assert lines[-1] == f"• and {70 - len(lines) + 1} more; `/deploy status SERVICE` shows one whole"


def test_a_revision_that_was_read_for_a_list_is_not_read_again(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    handler.answer_status(TARGET, ["web", "api"])
    handler.answer_status(TARGET, ["web", "api"])

    first, second = answers()
    assert first == second
    assert "`1.4.0`" in first
    assert len(harness.ecs.calls("DescribeTaskDefinition")) == 2


def test_aws_that_does_not_answer(
    handler: QueryHandler, answers: ReadAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise AwsUnavailable(action="ecs:DescribeServices", detail="timed out")

    monkeypatch.setattr(services, "describe", fail)

    handler.answer_status(TARGET, ["web"])
    handler.answer_status(TARGET, ["web", "api"])

    one, several = answers()
    assert one == (
        ":no_entry_sign: I cannot tell what `web` runs now: AWS does not answer ecs:DescribeServices for now "
        "(timed out). Ask again in a minute."
    )
    assert several.splitlines()[1].startswith("• `web` could not be read: AWS does not answer")


def test_access_is_checked_again(harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers) -> None:
    harness.access.refusals[TARGET.user] = AwsUnavailable(action="x", detail="y")

    handler.answer_status(TARGET, ["web", "api"])

    assert answers()[0].startswith(":no_entry_sign: I cannot tell what runs now: ")


class Shared:
    """Every channel is shared with another organisation."""

    def is_shared(self, channel: str) -> bool:
        return True

    def look_up(self, channels: Iterable[str]) -> None:
        pass


def test_unhealthy_tasks_with_the_last_event(
    handler: QueryHandler, answers: ReadAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe, listed = services.describe, tasks.list_service_tasks
    said = "(service web) (port 80) is unhealthy in (target-group x) password=hunter2hunter2"

    def with_event(*asked: Any) -> dict[str, ServiceState]:
        event = ServiceEventState("id", handler.now() - 90, said)
        return {name: replace(each, events=(event,)) for name, each in describe(*asked).items()}

    def unhealthy(*asked: Any, **how: Any) -> tuple[TaskState, ...]:
        first, *others = listed(*asked, **how)
        return (
            replace(first, containers=tuple(replace(c, health="UNHEALTHY") for c in first.containers)),
            *others,
        )

    monkeypatch.setattr(services, "describe", with_event)
    monkeypatch.setattr(tasks, "list_service_tasks", unhealthy)

    handler.answer_status(TARGET, ["web"])
    replace(handler, shared_channels=Shared()).answer_status(TARGET, ["web"])

    quoted, hidden = answers()
    assert hidden.splitlines()[-1] == f"• Last event in ECS, 1 min ago: {NOT_QUOTED}"
    assert quoted.splitlines()[-2:] == [
        "• Unhealthy: container health checks fail, in 1 of 3 tasks",
        "• Last event in ECS, 1 min ago: `(service web) (port 80) is unhealthy in (target-group x) "
        "password=[redacted]`",
    ]


def test_an_event_is_quoted_without_what_the_containers_were_given(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    revision = harness.ecs_client.describe_task_definition(taskDefinition="ledger")["taskDefinition"]
    [url] = [
        each["value"]
        for each in revision["containerDefinitions"][0]["environment"]
        if each["name"] == "QUEUE_URL"
    ]
    harness.ecs_client.update_service(cluster="production", service="ledger", desiredCount=0)
    harness.ecs.advance(1)
    harness.ecs.add_event("ledger", "agent", f"cannot reach {url} in production")

    handler.answer_status(TARGET, ["ledger"])

    [answer] = answers()
    assert url not in answer
    assert "cannot reach [value of QUEUE_URL] in production" in answer
