"""`/deploy tags SERVICE`: what there is, and what of it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.records.phases import Phase
from sandbox.slack import SlackSandbox
from tests.workers.engine_harness import EngineHarness
from tests.workers.queries.conftest import DEPLOYS, TARGET, ReadAnswers
from workers.ecs import services, tasks
from workers.ecs.state import ServiceState, TaskState
from workers.queries.query_handler import QueryHandler


def test_the_newest_tags_first_and_what_runs(handler: QueryHandler, answers: ReadAnswers) -> None:
    handler.answer_tags(TARGET, "web")

    assert answers() == [
        "Newest tags of `REGISTRY/web`. `web` is set to `1.4.0` (revision `web:17`), 3 of 3 tasks running.\n"
        "• `1.5.0` `sha256:DIGEST`, 57.7 MB, pushed THEN\n"
        "• `1.4.2` `sha256:DIGEST`, 60.9 MB, pushed THEN\n"
        "• `1.5.0-crash` `sha256:DIGEST`, 47.0 MB, pushed THEN\n"
        "• `1.5.0-unhealthy` `sha256:DIGEST`, 48.8 MB, pushed THEN\n"
        "• `1.5.0-slow` `sha256:DIGEST`, 61.8 MB, pushed THEN\n"
        "• `1.5.0-noroom` `sha256:DIGEST`, 47.5 MB, pushed THEN\n"
        "• `1.4.1` `sha256:DIGEST`, 63.1 MB, pushed THEN\n"
        "• `1.4.0` `sha256:DIGEST`, 61.5 MB, pushed THEN, runs now"
    ]


def test_where_the_workspace_takes_it_it_is_a_table(
    harness: EngineHarness, handler: QueryHandler, slack: SlackSandbox
) -> None:
    handler.answer_tags(TARGET, "web")

    [message] = [each for each in slack.messages(DEPLOYS, "alice") if each["ephemeral"]]
    heading, table = message["blocks"]
    assert message["text"].startswith(heading["text"]["text"])
    assert table["caption"] == "Newest tags of web"
    tag, runs, pushed, size, digest = table["rows"][-1]
    assert [tag["elements"][0]["elements"][0]["text"], runs["text"]] == ["1.4.0", "runs now"]
    assert pushed["elements"][0]["elements"][0]["type"] == "date"
    assert (size["value"] > 61_000_000, size["text"]) == (True, "61.5 MB")
    assert digest["elements"][0]["elements"][0]["text"].startswith("sha256:")


def test_the_main_container_counts_not_the_sidecar(handler: QueryHandler, answers: ReadAnswers) -> None:
    handler.answer_tags(TARGET, "api")

    [answer] = answers()
    assert answer.startswith("Newest tags of `REGISTRY/api`. `api` is set to `1.4.0`")
    assert answer.endswith("`1.4.0` `sha256:DIGEST`, 55.1 MB, pushed THEN, runs now")


def test_while_two_versions_run_both_are_marked(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    harness.until_phase(harness.request_deploy("web", "1.4.2"), Phase.FOLLOWING)
    harness.until(lambda: harness.running_tags("web") == {"1.4.0", "1.4.2"})

    handler.answer_tags(TARGET, "web")

    lines = [line for line in answers()[0].splitlines() if "runs now" in line]
    assert [line.split("`")[1] for line in lines] == ["1.4.2", "1.4.0"]
    assert all(" runs now in " in line for line in lines)


def test_what_runs_is_named_also_when_it_is_older_than_what_is_listed(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    ecr = harness.ecs.client("ecr")
    manifest = ecr.batch_get_image(repositoryName="web", imageIds=[{"imageTag": "1.5.0"}])["images"][0]
    for number in range(12):
        ecr.put_image(
            repositoryName="web", imageManifest=manifest["imageManifest"], imageTag=f"1.5.0-build{number}"
        )

    handler.answer_tags(TARGET, "web")

    lines = answers()[0].splitlines()[1:]
    assert len(lines) == 11
    assert lines[-1] == "• `1.4.0` `sha256:DIGEST`, older, runs now"


def test_a_task_on_its_way_up_does_not_run_yet(
    handler: QueryHandler, answers: ReadAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tasks.list_service_tasks

    def with_a_new_one(*asked: Any, **how: Any) -> tuple[TaskState, ...]:
        first, *others = listed(*asked, **how)
        new = tuple(replace(each, digest=f"sha256:{'9' * 64}") for each in first.containers)
        return (replace(first, last_status="ACTIVATING", containers=new), *others)

    monkeypatch.setattr(tasks, "list_service_tasks", with_a_new_one)

    handler.answer_tags(TARGET, "web")

    assert answers()[0].endswith("`1.4.0` `sha256:DIGEST`, 61.5 MB, pushed THEN, runs now")


def test_a_service_of_an_external_controller_is_set_to_nothing(
    handler: QueryHandler, answers: ReadAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    external = ServiceState("arn", "web", "ACTIVE", "", 3, 0, 3, controller="EXTERNAL")
    monkeypatch.setattr(services, "describe", lambda *_: {"web": external})

    handler.answer_tags(TARGET, "web")

    assert answers() == [
        ":no_entry_sign: I cannot list the tags of `web`: The ECS service `web` is deployed by a tool of "
        "your own (its deployment controller is EXTERNAL), and ECS refuses a new task definition from "
        "anybody else. Deploy it there, or change its deployment controller to ECS."
    ]


def test_a_service_that_ecs_does_not_have(handler: QueryHandler, answers: ReadAnswers) -> None:
    handler.answer_tags(TARGET, "lost")

    assert answers() == [
        ":no_entry_sign: I cannot list the tags of `lost`: ECS has no service `lost` in cluster `production` "
        "(eu-west-1). Check `cluster`, `ecs_service` and `region` of `lost` in `services.yml`."
    ]


def test_a_registry_that_cannot_be_asked(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    ecs = harness.ecs.client("ecs")
    revision = ecs.register_task_definition(
        family="web",
        containerDefinitions=[{"name": "web", "image": "public.ecr.aws/team/web:1", "memory": 128}],
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="production", service="web", taskDefinition=revision)

    handler.answer_tags(TARGET, "web")

    assert answers() == [
        ":no_entry_sign: I cannot list the tags of `web`: The image of `web`, `public.ecr.aws/team/web:1`, "
        "is not in a private ECR repository, and I can only list tags there."
    ]


def test_a_repository_that_is_gone(
    harness: EngineHarness, handler: QueryHandler, answers: ReadAnswers
) -> None:
    harness.ecs.client("ecr").delete_repository(repositoryName="web", force=True)

    handler.answer_tags(TARGET, "web")

    [answer] = answers()
    assert answer.startswith(
        ":no_entry_sign: I cannot list the tags of `web`: ECR has no repository `web` in account 123456789012"
    )
