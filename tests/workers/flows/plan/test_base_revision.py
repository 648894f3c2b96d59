"""A newer revision that somebody else registered: `base: running` names it, `base: latest` copies it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deploys.catalogue.service import BaseChoice
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import RevisionConfig
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import ARN, REGISTRY, a_deploy, a_plan, a_service
from tests.workers.ecs.task_definition_builders import a_revision
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.terraform_revisions import (
    Json,
    change_environment,
    describe_revision,
    double_memory,
    register_revision,
)
from workers.flows.plan.base_revision import find_config_origin, is_registered_by_slipway

REGISTERED_AT = "<!date^1790000000^{date_short_pretty} {time}|2026-09-21 14:13 UTC>"
DIFFERENCE_LINES = (
    "    ◦ task memory: `512` → `1024`\n    ◦ `web` environment: `QUEUE_TOKEN` added, `LOG_LEVEL` changed"
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


def run_deploy(
    harness: EngineHarness, tag: str = "1.4.2", base: BaseChoice = BaseChoice.RUNNING, **service: Any
) -> Deploy:
    """Runs `/deploy web TAG` to its end."""
    return harness.until_over(harness.request_deploy("web", tag, base=base, **service))


def plan_message(harness: EngineHarness, deploy: Deploy) -> str:
    """The plan in the thread."""
    return harness.thread_text(deploy.id, ThreadMessageKind.PLAN)


def copied_revision(deploy: Deploy) -> str:
    """The revision that was copied, such as `web:18`."""
    assert deploy.plan is not None
    return deploy.plan.source_revision.rsplit("/", 1)[-1]


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


def task_definition_calls(harness: EngineHarness, base: BaseChoice) -> list[str]:
    """The task definition calls that planning `web` makes, some time after the last deployment."""
    harness.ecs.advance(400)
    before = len(harness.ecs.calls())
    deploy_id = harness.request_deploy("web", "1.4.2", base=base, approvals=1)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    asked = [call.operation for call in harness.ecs.calls()[before:] if "TaskDefinition" in call.operation]
    harness.cancel(deploy_id)
    deploy = harness.until_over(deploy_id)
    assert "newer" not in plan_message(harness, deploy)
    assert "copy" not in plan_message(harness, deploy)
    return asked


@pytest.mark.parametrize("change", [change_environment, lambda _: None], ids=["changed", "identical"])
@pytest.mark.parametrize("base", BaseChoice)
def test_once_copied_or_found_identical_it_is_no_news_and_a_plan_only_lists(
    harness: EngineHarness, base: BaseChoice, change: Callable[[Json], None]
) -> None:
    register_revision(harness, change)
    run_deploy(harness, "1.4.1", base=BaseChoice.LATEST)

    assert task_definition_calls(harness, base) == ["DescribeTaskDefinition", "ListTaskDefinitions"]


def test_revisions_of_slipway_that_do_not_run_are_known_from_its_records(harness: EngineHarness) -> None:
    run_deploy(harness, "1.4.1")
    run_deploy(harness, "1.5.0-crash")

    assert task_definition_calls(harness, BaseChoice.LATEST) == [
        "DescribeTaskDefinition",
        "ListTaskDefinitions",
    ]


def test_a_newer_revision_is_looked_at_by_one_more_call(harness: EngineHarness) -> None:
    register_revision(harness, change_environment)
    harness.ecs.advance(400)
    before = len(harness.ecs.calls())

    harness.until_phase(harness.request_deploy("web", "1.4.2", approvals=1), Phase.AWAITING_APPROVAL)

    asked = [call.operation for call in harness.ecs.calls()[before:] if "TaskDefinition" in call.operation]
    assert asked == ["DescribeTaskDefinition", "ListTaskDefinitions", "DescribeTaskDefinition"]


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


@pytest.mark.parametrize("base", BaseChoice)
def test_a_failed_deploy_s_revision_is_nobody_s_newer_configuration(
    harness: EngineHarness, base: BaseChoice
) -> None:
    failed = run_deploy(harness, "1.5.0-crash")

    deploy = run_deploy(harness, "1.4.2", base=base)

    assert failed.outcome is Outcome.ROLLED_BACK
    assert copied_revision(deploy) == "web:17"
    assert deploy.plan is not None
    assert deploy.plan.config == RevisionConfig(origin=f"{ARN}:task-definition/web:17")


@pytest.mark.parametrize("base", BaseChoice)
def test_after_a_rollback_the_revisions_of_slipway_above_are_passed_over(
    harness: EngineHarness, base: BaseChoice
) -> None:
    run_deploy(harness, "1.4.1")
    run_deploy(harness, "1.4.2")
    harness.until_over(harness.request_verb(Verb.ROLLBACK, "web"))

    deploy = run_deploy(harness, "1.5.0", base=base)

    assert copied_revision(deploy) == "web:18"
    assert "newer" not in plan_message(harness, deploy)


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


def registered_at_text(harness: EngineHarness, revision: str) -> str:
    """When the revision was registered, as the plan shows it."""
    at = describe_revision(harness, revision)["registeredAt"]
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M UTC}>"


def request_until_question(harness: EngineHarness, base: BaseChoice) -> str:
    """Requests a deploy of a service with a newer revision, up to bob's question; its id."""
    register_revision(harness, double_memory)
    deploy_id = harness.request_deploy("web", "1.4.2", base=base, approvals=1, approvers=("U02BOB0000",))
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    return deploy_id


def test_a_revision_registered_after_the_plan_voids_the_approval_with_latest(harness: EngineHarness) -> None:
    deploy_id = request_until_question(harness, BaseChoice.LATEST)
    register_revision(harness, change_environment)

    harness.approve(deploy_id)
    harness.until(lambda: harness.get(deploy_id).approval.question == 2)

    deploy = harness.get(deploy_id)
    assert deploy.approval.decisions == ()
    assert (
        "The service changed after the plan was shown, so earlier answers do not count. The newest revision "
        f"is `web:19` now, registered by `ci (terraform)` {registered_at_text(harness, 'web:19')}; the plan "
        "was made with "
        "`web:18`. The new plan:\n*Plan* for `web`:"
    ) in plan_message(harness, deploy)
    assert len(harness.ecs.calls("RegisterTaskDefinition")) == 2  # both by terraform
    harness.approve(deploy_id)
    assert copied_revision(harness.until_over(deploy_id)) == "web:19"


def test_the_newest_that_is_withdrawn_after_the_plan_voids_the_approval_too(harness: EngineHarness) -> None:
    deploy_id = request_until_question(harness, BaseChoice.LATEST)
    harness.ecs_client.deregister_task_definition(taskDefinition="web:18")

    harness.approve(deploy_id)
    harness.until(lambda: harness.get(deploy_id).approval.question == 2)

    assert "`web:18` is not the newest revision any more, so `web:17` would be copied. The new plan:" in (
        plan_message(harness, harness.get(deploy_id))
    )


def test_with_running_the_approval_stands_and_the_newer_revision_is_told(harness: EngineHarness) -> None:
    deploy_id = request_until_question(harness, BaseChoice.RUNNING)
    register_revision(harness, change_environment)

    harness.approve(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert (deploy.outcome, deploy.approval.question) == (Outcome.SUCCEEDED, 1)
    assert describe_revision(harness, deploy.ecs.new_revision)["memory"] == "512"
    told = (
        f"`web:19` was registered by `ci (terraform)` {registered_at_text(harness, 'web:19')}, after the "
        "plan was shown. "
        "This deploy does not use it."
    )
    assert harness.thread_text(deploy_id, ThreadMessageKind.PROGRESS).count(told) == 1
    assert deploy.plan is not None
    assert deploy.plan.config is not None
    assert deploy.plan.config.newer is not None
    assert deploy.plan.config.newer.revision.endswith("web:19")


def test_without_permission_to_list_running_goes_on_and_says_so(harness: EngineHarness) -> None:
    harness.ecs.faults.add(operation="ListTaskDefinitions", kind="access-denied", times=None)

    deploy = run_deploy(harness)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert (
        "• I cannot tell whether `web` has a newer revision than the one that runs: AWS does not allow "
        "ecs:ListTaskDefinitions: `arn:aws:iam::123456789012:user/sandbox` needs it on `*`. Add it to the "
        "role of the workers."
    ) in plan_message(harness, deploy)


def test_without_permission_to_list_latest_is_refused_with_the_permission(harness: EngineHarness) -> None:
    harness.ecs.faults.add(operation="ListTaskDefinitions", kind="access-denied", times=None)

    deploy = run_deploy(harness, base=BaseChoice.LATEST)

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy.id, ThreadMessageKind.END) == (
        "*Refused*, nothing was changed: AWS does not allow ecs:ListTaskDefinitions: "
        "`arn:aws:iam::123456789012:user/sandbox` needs it on `*`. Add it to the role of the workers."
    )
    assert harness.ecs.calls("RegisterTaskDefinition") == []


def test_a_list_that_aws_does_not_answer_is_asked_for_again_with_latest_alone(harness: EngineHarness) -> None:
    register_revision(harness, double_memory)
    harness.ecs.faults.add(operation="ListTaskDefinitions", kind="throttle", times=6)
    latest = run_deploy(harness, "1.4.1", base=BaseChoice.LATEST)
    register_revision(harness, change_environment)
    harness.ecs.faults.add(operation="ListTaskDefinitions", kind="throttle", times=3)

    running = run_deploy(harness, "1.4.2")

    assert copied_revision(latest) == "web:18"
    assert latest.outcome is running.outcome is Outcome.SUCCEEDED
    assert "I cannot tell whether `web` has a newer revision" in plan_message(harness, running)


def test_a_revision_copied_in_the_console_with_our_tags_is_somebody_s(harness: EngineHarness) -> None:
    ours = run_deploy(harness, "1.4.1")
    tags = describe_revision(harness, ours.ecs.new_revision)["tags"]
    register_revision(harness, double_memory, like="web:18", tags=tags)

    deploy = run_deploy(harness, "1.4.2", base=BaseChoice.LATEST)

    assert tags["slipway:deploy"] == ours.id
    assert copied_revision(deploy) == "web:19"


def test_another_service_s_deploys_of_the_family_are_passed_over(harness: EngineHarness) -> None:
    """Their records belong to another service; their tags identify them."""
    register_revision(harness, double_memory)
    tags = {"team": "shop", "slipway:deploy": "x9y8z7w6"}
    register_revision(harness, lambda request: request.update(memory="2048"), tags=tags)

    assert copied_revision(run_deploy(harness, base=BaseChoice.LATEST)) == "web:18"


def test_a_family_with_more_new_revisions_than_one_page_lists(harness: EngineHarness) -> None:
    register_revision(harness, double_memory)
    run_deploy(harness, "1.4.1")
    ours = {"slipway:deploy": "x9y8z7w6"}
    for _ in range(101):
        register_revision(harness, tags=ours)

    deploy = run_deploy(harness, "1.4.2", base=BaseChoice.LATEST)

    assert copied_revision(deploy) == "web:18"


def test_a_service_that_moved_to_another_family_is_compared_with_that_one(harness: EngineHarness) -> None:
    run_deploy(harness, "1.4.1", base=BaseChoice.LATEST)
    moved = register_revision(harness, lambda request: request.update(family="web-v2"))
    harness.ecs_client.update_service(cluster="production", service="web", taskDefinition=moved)
    harness.ecs.advance(300)
    register_revision(harness, double_memory)
    register_revision(harness, lambda request: request.update(family="web-v2", cpu="512", memory="1024"))

    deploy = run_deploy(harness, "1.4.2", base=BaseChoice.LATEST)

    assert copied_revision(deploy) == "web-v2:2"
    assert (deploy.ecs.new_revision or "").endswith("web-v2:3")


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


def our_deploy(number: int, **record: Any) -> Deploy:
    """A deploy that registered this revision of web."""
    return a_deploy(a_service(), ecs={"new_revision": f"{ARN}:task-definition/web:{number}"}, **record)


@pytest.mark.parametrize(
    ("tag", "records", "expected"),
    [
        ("", [], False),
        ("w7x8y9zt", [], True),  # the record was lost
        ("w7x8y9zt:restore", [], True),
        ("w7x8y9zt", [our_deploy(7, id="w7x8y9zt")], True),
        ("w7x8y9zt", [our_deploy(6, id="w7x8y9zt")], False),  # somebody copied it
        ("w7x8y9zt", [a_deploy(id="w7x8y9zt")], True),  # it died before it could write down which
        (
            "w7x8y9zt:restore",
            [our_deploy(6, id="w7x8y9zt", rollback={"revision_copy": f"{ARN}:task-definition/web:7"})],
            True,
        ),
    ],
)
def test_which_revisions_are_slipway_s(tag: str, records: list[Deploy], expected: bool) -> None:
    revision = a_revision(tags=(("slipway:deploy", tag),) if tag else ())

    assert is_registered_by_slipway(revision, records) is expected


def test_where_the_running_configuration_comes_from() -> None:
    foreign, copy = a_revision(), a_revision(tags=(("slipway:deploy", "w7x8y9zt"),))
    plan = a_plan(config=RevisionConfig(origin=f"{ARN}:task-definition/web:3"))

    assert find_config_origin(foreign, []) == foreign.arn
    assert find_config_origin(copy, []) == ""
    assert plan.config is not None
    assert (
        find_config_origin(copy, [our_deploy(8, plan=plan), our_deploy(7, id="w7x8y9zt", plan=plan)])
        == plan.config.origin
    )
    assert find_config_origin(copy, [our_deploy(7, id="w7x8y9zt", plan=a_plan())]) == ""
