"""A newer revision that somebody else registered: `base: running` names it, `base: latest` copies it."""

from __future__ import annotations

import pytest

from deploys.catalogue.service import BaseChoice
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import REGISTRY, a_deploy, a_service
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.plan.base_revision_deploys import (
    DIFFERENCE_LINES,
    REGISTERED_AT,
    copied_revision,
    plan_message,
    registered_at_text,
    run_deploy,
)
from tests.workers.flows.terraform_revisions import (
    Json,
    change_environment,
    describe_revision,
    double_memory,
    register_revision,
)

NEWER_REVISION_LINES = (
    f"• a newer revision `web:18` was registered by `ci (terraform)` {REGISTERED_AT}. It is not used "
    f"(`base: running`). How it differs from `web:17`:\n{DIFFERENCE_LINES}"
)
COPIED_REVISION_LINES = (
    "• the new revision is a copy of `web:18` (`base: latest`), registered by `ci (terraform)` "
    f"{REGISTERED_AT}. What "
    f"that changes against `web:17`, which runs now:\n{DIFFERENCE_LINES}"
)


def test_with_running_the_plan_names_the_newer_revision_and_the_deploy_does_not_use_it(
    harness: EngineHarness,
) -> None:
    register_revision(harness, change_environment)

    deploy = run_deploy(harness)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert NEWER_REVISION_LINES in plan_message(harness, deploy)
    assert describe_revision(harness, deploy.ecs.new_revision)["memory"] == "512"


def test_with_latest_the_newer_revision_is_copied_with_the_image_asked_for(harness: EngineHarness) -> None:
    register_revision(harness, change_environment, tags={"cost": "17"})

    deploy = run_deploy(harness, base=BaseChoice.LATEST)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert COPIED_REVISION_LINES.replace(
        "1024`\n", "1024`\n    ◦ task tags: `cost` added, `team` removed\n"
    ) in plan_message(harness, deploy)
    new = describe_revision(harness, deploy.ecs.new_revision)
    [web] = new["containerDefinitions"]
    assert new["memory"] == "1024"
    assert web["image"] == f"{REGISTRY}/web:1.4.2"
    assert {"name": "QUEUE_TOKEN", "value": "s3cret-of-the-queue"} in web["environment"]
    assert new["tags"] == {"cost": "17", "slipway:deploy": deploy.id, "slipway:replaces": "web:17"}
    assert deploy.plan is not None
    assert deploy.plan.old_revision.endswith("web:17")
    assert harness.running_tags("web") == {"1.4.2"}


def test_the_values_of_variables_are_nowhere_in_the_record(harness: EngineHarness) -> None:
    register_revision(harness, change_environment)

    for base in BaseChoice:
        record = run_deploy(harness, base=base).model_dump_json()
        assert "s3cret-of-the-queue" not in record
        assert "debug-and-trace" not in record


def test_one_that_an_earlier_deploy_passed_over_is_still_named_and_can_be_copied(
    harness: EngineHarness,
) -> None:
    """The running revision has the higher number but the older configuration."""
    register_revision(harness, double_memory)
    run_deploy(harness, "1.4.1")

    again = run_deploy(harness, "1.4.2")
    latest = run_deploy(harness, "1.5.0", base=BaseChoice.LATEST)

    assert "a newer revision `web:18` was registered by `ci (terraform)`" in plan_message(harness, again)
    assert "How it differs from `web:19`:\n    ◦ task memory: `512` → `1024`" in plan_message(harness, again)
    assert copied_revision(latest) == "web:18"
    assert describe_revision(harness, latest.ecs.new_revision)["memory"] == "1024"


def test_a_newest_revision_whose_deploy_did_not_last_is_called_so(harness: EngineHarness) -> None:
    register_revision(harness, double_memory)
    failed = run_deploy(harness, "1.5.0-crash", base=BaseChoice.LATEST)

    deploy = run_deploy(harness, "1.4.2", base=BaseChoice.LATEST)

    assert copied_revision(deploy) == "web:18"
    assert f"• `{failed.id}`, the last deploy of a copy of it, ended as *rolled back*" in plan_message(
        harness, deploy
    )


@pytest.mark.parametrize("base", BaseChoice)
def test_a_revision_that_differs_in_image_and_tags_of_slipway_alone_is_no_news(
    harness: EngineHarness, base: BaseChoice
) -> None:
    def older_image(request: Json) -> None:
        request["containerDefinitions"][0]["image"] = f"{REGISTRY}/web:1.3.9"

    register_revision(harness, older_image)

    deploy = run_deploy(harness, base=base)

    assert copied_revision(deploy) == "web:17"
    assert "web:18" not in plan_message(harness, deploy)


def test_a_placeholder_image_does_not_get_the_tag(harness: EngineHarness) -> None:
    def placeholder(request: Json) -> None:
        double_memory(request)
        request["containerDefinitions"][0]["image"] = "nginx:latest"
        request["containerDefinitions"].append({"name": "proxy", "image": "nginx:1.27", "essential": False})

    register_revision(harness, placeholder)

    deploy = run_deploy(harness, base=BaseChoice.LATEST)

    images = [
        each["image"] for each in describe_revision(harness, deploy.ecs.new_revision)["containerDefinitions"]
    ]
    assert images == [f"{REGISTRY}/web:1.4.2", "nginx:1.27"]
    assert (
        f"    ◦ `web` image repository: `nginx` there, but the deploy keeps `{REGISTRY}/web`\n"
        "    ◦ container `proxy` added (image `nginx:1.27`)"
    ) in plan_message(harness, deploy)


def test_an_image_of_the_newest_revision_that_is_not_there_refuses(harness: EngineHarness) -> None:
    def sidecar(request: Json) -> None:
        image = {"name": "side", "image": f"{REGISTRY}/api:9.9.9", "essential": False}
        request["containerDefinitions"].append(image)

    register_revision(harness, sidecar)

    deploy = run_deploy(harness, base=BaseChoice.LATEST)

    assert deploy.outcome is Outcome.REFUSED
    assert f"There is no image `{REGISTRY}/api:9.9.9`" in harness.thread_text(
        deploy.id, ThreadMessageKind.END
    )
    assert harness.running_tags("web") == {"1.4.0"}


def test_a_renamed_container_is_deployed_under_its_new_name(harness: EngineHarness) -> None:
    register_revision(
        harness, lambda request: request["containerDefinitions"][0].update(name="app"), like="billing:23"
    )

    deploy = harness.until_over(
        harness.request_deploy("billing", "1.4.2", base=BaseChoice.LATEST, approvals=0)
    )

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.plan is not None
    assert deploy.plan.old_tag == "1.4.0"
    assert plan_message(harness, deploy).splitlines()[1] == (
        f"• container `app`: `{REGISTRY}/billing:1.4.0` → `{REGISTRY}/billing:1.4.2`"
    )
    assert (
        f"    ◦ container `billing` removed (image `{REGISTRY}/billing:1.4.0`)\n"
        f"    ◦ container `app` added (image `{REGISTRY}/billing:1.4.0`)"
    ) in plan_message(harness, deploy)


def test_a_renamed_container_that_gets_traffic_refuses(harness: EngineHarness) -> None:
    register_revision(harness, lambda request: request["containerDefinitions"][0].update(name="app"))

    deploy = run_deploy(harness, base=BaseChoice.LATEST)

    assert deploy.outcome is Outcome.REFUSED
    assert "has no container `web`, but the ECS service sends traffic to it" in (
        harness.thread_text(deploy.id, ThreadMessageKind.END)
    )
    assert len(harness.ecs.calls("RegisterTaskDefinition")) == 1  # by terraform


def test_a_container_of_services_yml_that_the_newest_revision_lacks_refuses_only_its_copy(
    harness: EngineHarness,
) -> None:
    def renamed(request: Json) -> None:
        request["containerDefinitions"][0]["name"] = "app"

    register_revision(harness, renamed)

    latest = run_deploy(harness, base=BaseChoice.LATEST, containers=("web",))
    running = run_deploy(harness, base=BaseChoice.RUNNING, containers=("web",))

    assert latest.outcome is Outcome.REFUSED
    assert "has no container `web`. It has: `app`." in harness.thread_text(latest.id, ThreadMessageKind.END)
    assert running.outcome is Outcome.SUCCEEDED


def test_the_running_tag_is_deployed_again_for_a_newer_configuration_alone(harness: EngineHarness) -> None:
    refused = run_deploy(harness, "1.4.0", base=BaseChoice.LATEST)
    register_revision(harness, double_memory)
    still = run_deploy(harness, "1.4.0")

    taken = run_deploy(harness, "1.4.0", base=BaseChoice.LATEST)

    assert (refused.outcome, still.outcome) == (Outcome.REFUSED, Outcome.REFUSED)
    assert taken.outcome is Outcome.SUCCEEDED
    assert describe_revision(harness, taken.ecs.new_revision)["memory"] == "1024"


def test_one_that_was_deregistered_is_not_the_newest(harness: EngineHarness) -> None:
    withdrawn = register_revision(harness, double_memory)
    harness.ecs_client.deregister_task_definition(taskDefinition=withdrawn)

    assert copied_revision(run_deploy(harness, base=BaseChoice.LATEST)) == "web:17"


def test_a_failed_rollout_of_the_newest_returns_to_what_ran(harness: EngineHarness) -> None:
    register_revision(harness, double_memory)

    deploy = run_deploy(harness, "1.5.0-crash", base=BaseChoice.LATEST)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert harness.describe_service("web")["taskDefinition"].endswith("web:17")


@pytest.mark.parametrize("base", BaseChoice)
def test_a_restart_and_a_rollback_do_not_take_the_newest(harness: EngineHarness, base: BaseChoice) -> None:
    run_deploy(harness, "1.4.1")
    register_revision(harness, change_environment)

    restart = run_verb(harness, Verb.RESTART, base)
    rollback = run_verb(harness, Verb.ROLLBACK, base)

    assert describe_revision(harness, restart.ecs.new_revision)["memory"] == "512"
    assert (
        "• a newer revision `web:19` was registered by `ci (terraform)` "
        f"{registered_at_text(harness, 'web:19')}. A restart "
        f"does not use it. How it differs from `web:18`:\n{DIFFERENCE_LINES}"
    ) in plan_message(harness, restart)
    assert (rollback.ecs.new_revision or "").endswith("web:17")
    assert "newer" not in plan_message(harness, rollback)


def run_verb(harness: EngineHarness, verb: Verb, base: BaseChoice) -> Deploy:
    """Runs `/deploy restart web` or `/deploy rollback web 1.4.0` to its end."""
    target = "1.4.0" if verb is Verb.ROLLBACK else ""
    deploy = a_deploy(
        a_service(base=base),
        verb=verb,
        tag="",
        rollback_target=target,
        request={"requested_at": harness.ecs.now()},
    )
    return harness.until_over(harness.store.submit(deploy).deploy.id)


def test_a_stop_start_service_starts_the_newest_and_returns_to_what_ran(harness: EngineHarness) -> None:
    register_revision(harness, double_memory, like="billing:23")
    good = harness.until_over(harness.request_deploy("billing", "1.4.2", base=BaseChoice.LATEST, approvals=0))
    register_revision(harness, lambda request: request.update(memory="2048"), like="billing:24")

    bad = harness.until_over(
        harness.request_deploy("billing", "1.5.0-crash", base=BaseChoice.LATEST, approvals=0)
    )

    assert good.outcome is Outcome.SUCCEEDED
    assert describe_revision(harness, good.ecs.new_revision)["memory"] == "1024"
    assert describe_revision(harness, bad.ecs.new_revision)["memory"] == "2048"
    assert bad.outcome is Outcome.ROLLED_BACK
    assert harness.describe_service("billing")["taskDefinition"] == good.ecs.new_revision


def test_fields_that_this_boto3_does_not_know_refuse_a_copy_of_the_newest_alone(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_revision(harness, double_memory)
    add_unknown_field(monkeypatch, 18)

    latest = run_deploy(harness, base=BaseChoice.LATEST)
    running = run_deploy(harness)

    assert latest.outcome is Outcome.REFUSED
    assert "Task definition `web:18` has fields that this version of boto3 does not know" in (
        harness.thread_text(latest.id, ThreadMessageKind.END)
    )
    assert running.outcome is Outcome.SUCCEEDED
    assert "    ◦ task fields that this boto3 does not know: `taskDefinition.futureField` added" in (
        plan_message(harness, running)
    )


def add_unknown_field(monkeypatch: pytest.MonkeyPatch, revision: int) -> None:
    """Lets AWS's description of this revision have a field that boto3 does not know."""

    def found(answer: Json, *_: object) -> list[str]:
        return ["taskDefinition.futureField"] if answer["taskDefinition"]["revision"] == revision else []

    monkeypatch.setattr("workers.ecs.aws.response_check.find_unknown_fields", found)
