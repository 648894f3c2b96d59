"""The newest revision changes after the plan was shown, or cannot be listed."""

from __future__ import annotations

from deploys.catalogue.service import BaseChoice
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.plan.base_revision_deploys import (
    copied_revision,
    plan_message,
    registered_at_text,
    run_deploy,
)
from tests.workers.flows.terraform_revisions import (
    change_environment,
    describe_revision,
    double_memory,
    register_revision,
)


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
    message = (
        f"`web:19` was registered by `ci (terraform)` {registered_at_text(harness, 'web:19')}, after the "
        "plan was shown. "
        "This deploy does not use it."
    )
    assert harness.thread_text(deploy_id, ThreadMessageKind.PROGRESS).count(message) == 1
    assert deploy.plan is not None
    assert deploy.plan.config is not None
    assert deploy.plan.config.newer is not None
    assert deploy.plan.config.newer.revision.endswith("web:19")


def test_without_permission_to_list_running_goes_on_and_says_so(harness: EngineHarness) -> None:
    register_revision(harness, double_memory)
    harness.ecs.faults.add(operation="ListTaskDefinitions", kind="access-denied", times=None)

    deploy = run_deploy(harness)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert (
        "• I cannot tell whether `web` has a newer revision than the one that runs: AWS does not allow "
        "ecs:ListTaskDefinitions: `arn:aws:iam::123456789012:user/sandbox` needs it on `*`. Add it to the "
        "role of the workers."
    ) in plan_message(harness, deploy)


def test_without_permission_to_list_latest_is_refused_with_the_permission(harness: EngineHarness) -> None:
    register_revision(harness, double_memory)
    harness.ecs.faults.add(operation="ListTaskDefinitions", kind="access-denied", times=None)

    deploy = run_deploy(harness, base=BaseChoice.LATEST)

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy.id, ThreadMessageKind.END) == (
        "*Refused*, nothing was changed: AWS does not allow ecs:ListTaskDefinitions: "
        "`arn:aws:iam::123456789012:user/sandbox` needs it on `*`. Add it to the role of the workers."
    )
    assert len(harness.ecs.calls("RegisterTaskDefinition")) == 1, "Terraform's"


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
