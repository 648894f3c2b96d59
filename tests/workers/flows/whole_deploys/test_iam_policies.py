"""Every flow with exactly the generated IAM policies in force: nothing is missing, nothing is left over."""

from __future__ import annotations

import re
from collections.abc import Callable

from deploys.catalogue.nested_keys import PostCheck, PreTask
from deploys.catalogue.service import Pin, Strategy
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.traffic import HookAction
from tests.in_process_aws import WORKERS_KEY
from tests.workers.enforced_policies import enforce_policies
from tests.workers.engine_harness import ALICE, EngineHarness, a_sandbox_service
from tests.workers.flows.checked_deploys import create_quiet_alarm
from tests.workers.flows.ecr_pushes import move_tag, push_before_call, push_index, push_manifest
from tests.workers.flows.external_rollouts import request_follow, start_external_rollout
from tests.workers.flows.native_deployments import configure_native_service, pause_hook, wait_for_question
from tests.workers.flows.other_account import OTHER_ACCOUNT_ROLE
from tests.workers.lost_deploys import a_recovery, lose_redis, scan_twice, start_deploy
from workers.ecs.aws.aws_clients import AwsClients
from workers.queries.logs_query import describe_logs
from workers.queries.tags_query import describe_tags

ALARM = "web-5xx"
MIGRATE = PreTask(command=("python", "-m", "web", "migrate"))
BILLING, SHOP = a_sandbox_service("billing"), a_sandbox_service("shop")
WEB = a_sandbox_service(
    "web", before=MIGRATE, after=PostCheck(alarms=(ALARM,), duration=30), may_run=(ALICE,), pin=Pin.TAG
)


def succeed_with_task_and_check(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2", before=MIGRATE, after=WEB.after)
    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def fail_and_be_rolled_back(harness: EngineHarness) -> None:
    deploy = harness.until_over(harness.request_deploy("web", "1.5.0-crash"))
    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "Last lines of `web`" in harness.thread_text(deploy.id)


def cancel_while_it_rolls_out(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.1")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.advance(3)
    harness.cancel(deploy_id)
    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED


def roll_back_by_command(harness: EngineHarness) -> None:
    assert harness.until_over(harness.request_verb(Verb.ROLLBACK, "web")).outcome is Outcome.SUCCEEDED


def roll_back_to_a_revision_that_was_deregistered(harness: EngineHarness) -> None:
    """So a copy of it is registered."""
    before = harness.describe_service("web")["taskDefinition"]
    assert harness.until_over(harness.request_deploy("web", "1.4.1")).outcome is Outcome.SUCCEEDED
    harness.ecs_client.deregister_task_definition(taskDefinition=before)
    assert harness.until_over(harness.request_verb(Verb.ROLLBACK, "web")).outcome is Outcome.SUCCEEDED


def restart(harness: EngineHarness) -> None:
    assert harness.until_over(harness.request_verb(Verb.RESTART, "web")).outcome is Outcome.SUCCEEDED


def stop_and_start(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("billing", "1.4.1")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def stop_and_go_back(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("billing", "1.5.0-crash")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    assert harness.until_over(deploy_id).outcome is Outcome.ROLLED_BACK


def scale(harness: EngineHarness) -> None:
    assert harness.until_over(harness.request_count("web", 4)).outcome is Outcome.SUCCEEDED


def run_commands(harness: EngineHarness) -> None:
    assert harness.until_over(harness.request_command("web", "date")).outcome is Outcome.SUCCEEDED
    command = harness.request_command("web", "sleep", "3600")
    harness.until_phase(command, Phase.RUNNING_COMMAND)
    harness.tick(5)
    harness.cancel(command)
    assert harness.until_over(command).outcome is Outcome.CANCELLED


def continue_a_paused_rollout(harness: EngineHarness) -> None:
    configure_native_service(harness, "shop", pause_hook())
    deploy_id = harness.request_deploy("shop", "1.4.2")
    wait_for_question(harness, deploy_id)
    harness.answer_pause(deploy_id, HookAction.CONTINUE)
    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def roll_back_a_paused_rollout(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("shop", "1.4.1")
    wait_for_question(harness, deploy_id)
    harness.answer_pause(deploy_id, HookAction.ROLLBACK)
    assert harness.until_over(deploy_id).outcome is Outcome.ROLLED_BACK


def refuse_a_tag_that_is_missing(harness: EngineHarness) -> None:
    assert harness.until_over(harness.request_deploy("web", "9.9.9")).outcome is Outcome.REFUSED


def compare_images_for_several_platforms(harness: EngineHarness) -> None:
    """The index is pushed again while it is rolled out, so ECS runs another digest of the same images."""
    manifest = push_manifest(harness, "2.0.0-amd", "amd")
    push_index(harness, "2.0.0", manifest)
    push_index(harness, "2.0.1", manifest, note="another build")
    push_before_call(harness, lambda: move_tag(harness, "2.0.0", like="2.0.1"))
    assert harness.until_over(harness.request_deploy("web", "2.0.0")).outcome is Outcome.SUCCEEDED


def follow_somebody_elses_rollout(harness: EngineHarness) -> None:
    start_external_rollout(harness, "1.4.1")
    harness.ecs.advance(3)
    assert harness.until_over(request_follow(harness)).outcome is Outcome.SUCCEEDED


def answer_queries(harness: EngineHarness) -> None:
    aws, now = AwsClients(), harness.ecs.now()
    assert "INFO listening on port 8080" in describe_logs(WEB, "", 5, aws, now)
    assert "1.4.2" in describe_tags(WEB, aws).text


def stop_an_autoscaled_service_and_lose_its_record(harness: EngineHarness) -> None:
    task = harness.ecs_client.list_tasks(cluster="production", serviceName="billing")["taskArns"][0]
    harness.ecs_client.update_task_protection(
        cluster="production", tasks=[task], protectionEnabled=True, expiresInMinutes=1
    )
    lost = start_deploy(harness, Phase.DRAINING)
    harness.until(lambda: harness.ecs.calls("GetTaskProtection"))
    lose_redis(harness)
    scan_twice(harness, a_recovery(harness, WEB, BILLING))
    assert harness.until_over(lost.id).outcome is Outcome.ROLLED_BACK


FLOWS: tuple[Callable[[EngineHarness], None], ...] = (
    answer_queries,
    succeed_with_task_and_check,
    fail_and_be_rolled_back,
    cancel_while_it_rolls_out,
    roll_back_by_command,
    roll_back_to_a_revision_that_was_deregistered,
    restart,
    scale,
    run_commands,
    refuse_a_tag_that_is_missing,
    compare_images_for_several_platforms,
    follow_somebody_elses_rollout,
    continue_a_paused_rollout,
    roll_back_a_paused_rollout,
    stop_and_start,
    stop_and_go_back,
    stop_an_autoscaled_service_and_lose_its_record,
)


def of_any_service(resource: str) -> str:
    """Not every flow runs for every service."""
    return re.sub("web|billing|shop", "SERVICE", resource)


def test_no_flow_lacks_a_permission_and_none_is_left_over(harness: EngineHarness) -> None:
    create_quiet_alarm(harness.ecs.client("cloudwatch"))
    [workers] = enforce_policies(harness.ecs, [WEB, BILLING, SHOP])

    ended: list[Deploy] = []
    for flow in FLOWS:
        flow(harness)
        ended += harness.store.recent(None, 100)  # the last flow loses them

    assert {each.verb for each in ended} == set(Verb)
    assert {each.service.strategy for each in ended} == set(Strategy)
    denied = [call for call in harness.ecs.calls() if "AccessDenied" in call.outcome]
    assert denied == []
    used = harness.ecs.used_permissions(WORKERS_KEY)
    allowed = [each for each in workers.statements if each.effect == "Allow"]
    actions = {(each.sid, action) for each in allowed for action in each.actions}
    assert actions - {(each.sid, each.action) for each in used} == set()
    resources = {(each.sid, of_any_service(resource)) for each in allowed for resource in each.resources}
    assert resources - {(each.sid, of_any_service(each.resource)) for each in used} == set()


def test_a_service_in_another_account_needs_its_role_and_the_workers_nothing_but_that(
    harness: EngineHarness,
) -> None:
    role = OTHER_ACCOUNT_ROLE
    harness.ecs.add_role(role.arn, external_id=role.external_id)
    workers, other = enforce_policies(harness.ecs, [a_sandbox_service("web", role=role)])

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2", role=role))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert {each.action for each in harness.ecs.used_permissions(WORKERS_KEY)} == {"sts:AssumeRole"}
    assert [each.sid for each in workers.statements] == ["AssumeTheRolesOfServices"]
    used = {each.action for each in harness.ecs.used_permissions(other.role)}
    assert {"ecs:UpdateService", "ecs:RegisterTaskDefinition", "iam:PassRole"} <= used
