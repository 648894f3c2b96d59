"""A newer revision that somebody else registered: named with `base: running`, copied with `base: latest`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deploys.catalogue.service import Base
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Verb
from deploys.revision_config import RevisionConfig
from tests.builders import ARN, REGISTRY, a_deploy, a_plan, a_service
from tests.workers.ecs.definitions import a_revision
from tests.workers.flows.terraform import (
    Json,
    definition,
    more_memory,
    new_environment,
    registers,
)
from tests.workers.yard import Yard
from workers.flows.base_revision import is_ours, origin

WHEN = "<!date^1790000000^{date_short_pretty} {time}|2026-09-21 14:13 UTC>"
DIFFERENCE = (
    "    ◦ task memory: `512` → `1024`\n    ◦ `web` environment: `QUEUE_TOKEN` added, `LOG_LEVEL` changed"
)
NOTED = (
    f"• a newer revision `web:18` was registered by `ci (terraform)` {WHEN}. It is not used "
    f"(`base: running`). How it differs from `web:17`:\n{DIFFERENCE}"
)
COPIED = (
    f"• the new revision is a copy of `web:18` (`base: latest`), registered by `ci (terraform)` {WHEN}. What "
    f"that changes against `web:17`, which runs now:\n{DIFFERENCE}"
)


def deployed(yard: Yard, tag: str = "1.4.2", base: Base = Base.RUNNING, **service: Any) -> Deploy:
    """`/deploy web TAG`, to its end."""
    return yard.until_over(yard.ask("web", tag, base=base, **service))


def planned(yard: Yard, deploy: Deploy) -> str:
    """What the thread was told of the plan."""
    return yard.said(deploy.id, MilestoneKind.PLAN)


def copied_from(deploy: Deploy) -> str:
    """The revision that the new one is a copy of, as `web:18`."""
    assert deploy.plan is not None
    return deploy.plan.source_revision.rsplit("/", 1)[-1]


def test_with_running_the_plan_names_the_newer_revision_and_the_deploy_does_not_use_it(yard: Yard) -> None:
    registers(yard, new_environment)

    deploy = deployed(yard)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert NOTED in planned(yard, deploy)
    assert definition(yard, deploy.new_revision)["memory"] == "512"


def test_with_latest_the_newer_revision_is_copied_with_the_image_asked_for(yard: Yard) -> None:
    registers(yard, new_environment, tags={"cost": "17"})

    deploy = deployed(yard, base=Base.LATEST)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert COPIED.replace("1024`\n", "1024`\n    ◦ task tags: `cost` added, `team` removed\n") in planned(
        yard, deploy
    )
    new = definition(yard, deploy.new_revision)
    [web] = new["containerDefinitions"]
    assert new["memory"] == "1024"
    assert web["image"] == f"{REGISTRY}/web:1.4.2"
    assert {"name": "QUEUE_TOKEN", "value": "s3cret-of-the-queue"} in web["environment"]
    assert new["tags"] == {"cost": "17", "slipway:deploy": deploy.id, "slipway:replaces": "web:17"}
    assert deploy.plan is not None
    assert deploy.plan.old_revision.endswith("web:17")
    assert yard.images_running("web") == {"1.4.2"}


def test_the_values_of_variables_are_nowhere_in_the_record(yard: Yard) -> None:
    registers(yard, new_environment)

    for base in Base:
        record = deployed(yard, base=base).model_dump_json()
        assert "s3cret-of-the-queue" not in record
        assert "debug-and-trace" not in record


def definitions_asked_for(yard: Yard, base: Base) -> list[str]:
    """The calls for task definitions that a plan of `web` makes, some time after the last deployment."""
    yard.ecs.advance(400)
    before = len(yard.ecs.calls())
    deploy_id = yard.ask("web", "1.4.2", base=base, approvals=1)
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    asked = [call.operation for call in yard.ecs.calls()[before:] if "TaskDefinition" in call.operation]
    yard.cancel(deploy_id)
    deploy = yard.until_over(deploy_id)
    assert "newer" not in planned(yard, deploy)
    assert "copy" not in planned(yard, deploy)
    return asked


@pytest.mark.parametrize("change", [new_environment, lambda _: None], ids=["changed", "identical"])
@pytest.mark.parametrize("base", Base)
def test_once_copied_or_found_identical_it_is_no_news_and_a_plan_only_lists(
    yard: Yard, base: Base, change: Callable[[Json], None]
) -> None:
    registers(yard, change)
    deployed(yard, "1.4.1", base=Base.LATEST)

    assert definitions_asked_for(yard, base) == ["DescribeTaskDefinition", "ListTaskDefinitions"]


def test_revisions_of_slipway_that_do_not_run_are_known_from_its_records(yard: Yard) -> None:
    deployed(yard, "1.4.1")
    deployed(yard, "1.5.0-crash")

    assert definitions_asked_for(yard, Base.LATEST) == ["DescribeTaskDefinition", "ListTaskDefinitions"]


def test_a_newer_revision_is_looked_at_by_one_more_call(yard: Yard) -> None:
    registers(yard, new_environment)
    yard.ecs.advance(400)
    before = len(yard.ecs.calls())

    yard.until_phase(yard.ask("web", "1.4.2", approvals=1), Phase.AWAITING_APPROVAL)

    asked = [call.operation for call in yard.ecs.calls()[before:] if "TaskDefinition" in call.operation]
    assert asked == ["DescribeTaskDefinition", "ListTaskDefinitions", "DescribeTaskDefinition"]


def test_one_that_an_earlier_deploy_passed_over_is_still_named_and_can_be_copied(yard: Yard) -> None:
    """The revision that runs has the higher number, and the older configuration."""
    registers(yard, more_memory)
    deployed(yard, "1.4.1")

    again = deployed(yard, "1.4.2")
    latest = deployed(yard, "1.5.0", base=Base.LATEST)

    assert "a newer revision `web:18` was registered by `ci (terraform)`" in planned(yard, again)
    assert "How it differs from `web:19`:\n    ◦ task memory: `512` → `1024`" in planned(yard, again)
    assert copied_from(latest) == "web:18"
    assert definition(yard, latest.new_revision)["memory"] == "1024"


@pytest.mark.parametrize("base", Base)
def test_a_failed_deploy_s_revision_is_nobody_s_newer_configuration(yard: Yard, base: Base) -> None:
    failed = deployed(yard, "1.5.0-crash")

    deploy = deployed(yard, "1.4.2", base=base)

    assert failed.outcome is Outcome.ROLLED_BACK
    assert copied_from(deploy) == "web:17"
    assert deploy.plan is not None
    assert deploy.plan.config == RevisionConfig(origin=f"{ARN}:task-definition/web:17")


@pytest.mark.parametrize("base", Base)
def test_after_a_rollback_the_revisions_of_slipway_above_are_passed_over(yard: Yard, base: Base) -> None:
    deployed(yard, "1.4.1")
    deployed(yard, "1.4.2")
    yard.until_over(yard.ask_to(Verb.ROLLBACK, "web"))

    deploy = deployed(yard, "1.5.0", base=base)

    assert copied_from(deploy) == "web:18"
    assert "newer" not in planned(yard, deploy)


def test_a_newest_revision_whose_deploy_did_not_last_is_called_so(yard: Yard) -> None:
    registers(yard, more_memory)
    failed = deployed(yard, "1.5.0-crash", base=Base.LATEST)

    deploy = deployed(yard, "1.4.2", base=Base.LATEST)

    assert copied_from(deploy) == "web:18"
    assert f"• `{failed.id}`, the last deploy of a copy of it, ended as *rolled back*" in planned(
        yard, deploy
    )


@pytest.mark.parametrize("base", Base)
def test_a_revision_that_differs_in_image_and_tags_of_slipway_alone_is_no_news(
    yard: Yard, base: Base
) -> None:
    def older_image(request: Json) -> None:
        request["containerDefinitions"][0]["image"] = f"{REGISTRY}/web:1.3.9"

    registers(yard, older_image)

    deploy = deployed(yard, base=base)

    assert copied_from(deploy) == "web:17"
    assert "web:18" not in planned(yard, deploy)


def test_a_placeholder_image_does_not_get_the_tag(yard: Yard) -> None:
    def placeholder(request: Json) -> None:
        more_memory(request)
        request["containerDefinitions"][0]["image"] = "nginx:latest"
        request["containerDefinitions"].append({"name": "proxy", "image": "nginx:1.27", "essential": False})

    registers(yard, placeholder)

    deploy = deployed(yard, base=Base.LATEST)

    images = [each["image"] for each in definition(yard, deploy.new_revision)["containerDefinitions"]]
    assert images == [f"{REGISTRY}/web:1.4.2", "nginx:1.27"]
    assert (
        f"    ◦ `web` image repository: `nginx` there, but the deploy keeps `{REGISTRY}/web`\n"
        "    ◦ container `proxy` added (image `nginx:1.27`)"
    ) in planned(yard, deploy)


def test_an_image_of_the_newest_revision_that_is_not_there_refuses(yard: Yard) -> None:
    def sidecar(request: Json) -> None:
        image = {"name": "side", "image": f"{REGISTRY}/api:9.9.9", "essential": False}
        request["containerDefinitions"].append(image)

    registers(yard, sidecar)

    deploy = deployed(yard, base=Base.LATEST)

    assert deploy.outcome is Outcome.REFUSED
    assert f"There is no image `{REGISTRY}/api:9.9.9`" in yard.said(deploy.id, MilestoneKind.END)
    assert yard.images_running("web") == {"1.4.0"}


def test_a_renamed_container_is_deployed_under_its_new_name(yard: Yard) -> None:
    registers(yard, lambda request: request["containerDefinitions"][0].update(name="app"), like="billing:23")

    deploy = yard.until_over(yard.ask("billing", "1.4.2", base=Base.LATEST, approvals=0))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.plan is not None
    assert deploy.plan.old_tag == "1.4.0"
    assert planned(yard, deploy).splitlines()[1] == (
        f"• container `app`: `{REGISTRY}/billing:1.4.0` → `{REGISTRY}/billing:1.4.2`"
    )
    assert (
        f"    ◦ container `billing` removed (image `{REGISTRY}/billing:1.4.0`)\n"
        f"    ◦ container `app` added (image `{REGISTRY}/billing:1.4.0`)"
    ) in planned(yard, deploy)


def test_a_renamed_container_that_gets_traffic_refuses(yard: Yard) -> None:
    registers(yard, lambda request: request["containerDefinitions"][0].update(name="app"))

    deploy = deployed(yard, base=Base.LATEST)

    assert deploy.outcome is Outcome.REFUSED
    assert "has no container `web`, but the ECS service sends traffic to it" in (
        yard.said(deploy.id, MilestoneKind.END)
    )
    assert len(yard.ecs.calls("RegisterTaskDefinition")) == 1  # by terraform


def test_a_container_of_services_yml_that_the_newest_revision_lacks_refuses_only_its_copy(yard: Yard) -> None:
    def renamed(request: Json) -> None:
        request["containerDefinitions"][0]["name"] = "app"

    registers(yard, renamed)

    latest = deployed(yard, base=Base.LATEST, containers=("web",))
    running = deployed(yard, base=Base.RUNNING, containers=("web",))

    assert latest.outcome is Outcome.REFUSED
    assert "has no container `web`. It has: `app`." in yard.said(latest.id, MilestoneKind.END)
    assert running.outcome is Outcome.SUCCEEDED


def test_the_running_tag_is_deployed_again_for_a_newer_configuration_alone(yard: Yard) -> None:
    refused = deployed(yard, "1.4.0", base=Base.LATEST)
    registers(yard, more_memory)
    still = deployed(yard, "1.4.0")

    taken = deployed(yard, "1.4.0", base=Base.LATEST)

    assert (refused.outcome, still.outcome) == (Outcome.REFUSED, Outcome.REFUSED)
    assert taken.outcome is Outcome.SUCCEEDED
    assert definition(yard, taken.new_revision)["memory"] == "1024"


def test_one_that_was_deregistered_is_not_the_newest(yard: Yard) -> None:
    withdrawn = registers(yard, more_memory)
    yard.console.deregister_task_definition(taskDefinition=withdrawn)

    assert copied_from(deployed(yard, base=Base.LATEST)) == "web:17"


def test_a_failed_rollout_of_the_newest_returns_to_what_ran(yard: Yard) -> None:
    registers(yard, more_memory)

    deploy = deployed(yard, "1.5.0-crash", base=Base.LATEST)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert yard.service("web")["taskDefinition"].endswith("web:17")


@pytest.mark.parametrize("base", Base)
def test_a_restart_and_a_rollback_do_not_take_the_newest(yard: Yard, base: Base) -> None:
    deployed(yard, "1.4.1")
    registers(yard, new_environment)

    restart = asked_to(yard, Verb.RESTART, base)
    rollback = asked_to(yard, Verb.ROLLBACK, base)

    assert definition(yard, restart.new_revision)["memory"] == "512"
    assert (
        f"• a newer revision `web:19` was registered by `ci (terraform)` {moment(yard, 'web:19')}. A restart "
        f"does not use it. How it differs from `web:18`:\n{DIFFERENCE}"
    ) in planned(yard, restart)
    assert (rollback.new_revision or "").endswith("web:17")
    assert "newer" not in planned(yard, rollback)


def asked_to(yard: Yard, verb: Verb, base: Base) -> Deploy:
    """`/deploy restart web` or `/deploy rollback web 1.4.0`, to its end."""
    target = "1.4.0" if verb is Verb.ROLLBACK else ""
    deploy = a_deploy(a_service(base=base), verb=verb, tag="", target=target, requested_at=yard.ecs.now())
    return yard.until_over(yard.store.request(deploy).deploy.id)


def moment(yard: Yard, revision: str) -> str:
    """When it was registered, as people read it."""
    at = definition(yard, revision)["registeredAt"]
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M UTC}>"


def waiting(yard: Yard, base: Base) -> str:
    """A deploy that waits for bob's approval, of a service with a newer revision."""
    registers(yard, more_memory)
    deploy_id = yard.ask("web", "1.4.2", base=base, approvals=1, approvers=("U02BOB0000",))
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    return deploy_id


def test_a_revision_registered_after_the_plan_voids_the_approval_with_latest(yard: Yard) -> None:
    deploy_id = waiting(yard, Base.LATEST)
    registers(yard, new_environment)

    yard.approve(deploy_id)
    yard.until(lambda: yard.get(deploy_id).question == 2)

    deploy = yard.get(deploy_id)
    assert deploy.decisions == ()
    assert (
        "The service changed after the plan was shown, so earlier answers do not count. The newest revision "
        f"is `web:19` now, registered by `ci (terraform)` {moment(yard, 'web:19')}; the plan was made with "
        "`web:18`. The new plan:\n*Plan* for `web`:"
    ) in planned(yard, deploy)
    assert len(yard.ecs.calls("RegisterTaskDefinition")) == 2  # both by terraform
    yard.approve(deploy_id)
    assert copied_from(yard.until_over(deploy_id)) == "web:19"


def test_the_newest_that_is_withdrawn_after_the_plan_voids_the_approval_too(yard: Yard) -> None:
    deploy_id = waiting(yard, Base.LATEST)
    yard.console.deregister_task_definition(taskDefinition="web:18")

    yard.approve(deploy_id)
    yard.until(lambda: yard.get(deploy_id).question == 2)

    assert "`web:18` is not the newest revision any more, so `web:17` would be copied. The new plan:" in (
        planned(yard, yard.get(deploy_id))
    )


def test_with_running_the_approval_stands_and_the_newer_revision_is_told(yard: Yard) -> None:
    deploy_id = waiting(yard, Base.RUNNING)
    registers(yard, new_environment)

    yard.approve(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, deploy.question) == (Outcome.SUCCEEDED, 1)
    assert definition(yard, deploy.new_revision)["memory"] == "512"
    told = (
        f"`web:19` was registered by `ci (terraform)` {moment(yard, 'web:19')}, after the plan was shown. "
        "This deploy does not use it."
    )
    assert yard.said(deploy_id, MilestoneKind.PROGRESS).count(told) == 1
    assert deploy.plan is not None
    assert deploy.plan.config is not None
    assert deploy.plan.config.newer is not None
    assert deploy.plan.config.newer.revision.endswith("web:19")


def test_without_permission_to_list_running_goes_on_and_says_so(yard: Yard) -> None:
    yard.ecs.faults.add(operation="ListTaskDefinitions", kind="access-denied", times=None)

    deploy = deployed(yard)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert (
        "• I cannot tell whether `web` has a newer revision than the one that runs: AWS does not allow "
        "ecs:ListTaskDefinitions: `arn:aws:iam::123456789012:user/sandbox` needs it on `*`. Add it to the "
        "role of the workers."
    ) in planned(yard, deploy)


def test_without_permission_to_list_latest_is_refused_with_the_permission(yard: Yard) -> None:
    yard.ecs.faults.add(operation="ListTaskDefinitions", kind="access-denied", times=None)

    deploy = deployed(yard, base=Base.LATEST)

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy.id, MilestoneKind.END) == (
        "*Refused*, nothing was changed: AWS does not allow ecs:ListTaskDefinitions: "
        "`arn:aws:iam::123456789012:user/sandbox` needs it on `*`. Add it to the role of the workers."
    )
    assert yard.ecs.calls("RegisterTaskDefinition") == []


def test_a_list_that_aws_does_not_answer_is_asked_for_again_with_latest_alone(yard: Yard) -> None:
    registers(yard, more_memory)
    yard.ecs.faults.add(operation="ListTaskDefinitions", kind="throttle", times=6)
    latest = deployed(yard, "1.4.1", base=Base.LATEST)
    registers(yard, new_environment)
    yard.ecs.faults.add(operation="ListTaskDefinitions", kind="throttle", times=3)

    running = deployed(yard, "1.4.2")

    assert copied_from(latest) == "web:18"
    assert latest.outcome is running.outcome is Outcome.SUCCEEDED
    assert "I cannot tell whether `web` has a newer revision" in planned(yard, running)


def test_a_revision_copied_in_the_console_with_our_tags_is_somebody_s(yard: Yard) -> None:
    ours = deployed(yard, "1.4.1")
    tags = definition(yard, ours.new_revision)["tags"]
    registers(yard, more_memory, like="web:18", tags=tags)

    deploy = deployed(yard, "1.4.2", base=Base.LATEST)

    assert tags["slipway:deploy"] == ours.id
    assert copied_from(deploy) == "web:19"


def test_another_service_s_deploys_of_the_family_are_passed_over(yard: Yard) -> None:
    """Their records are not this service's; their tags tell."""
    registers(yard, more_memory)
    tags = {"team": "shop", "slipway:deploy": "x9y8z7w6"}
    registers(yard, lambda request: request.update(memory="2048"), tags=tags)

    assert copied_from(deployed(yard, base=Base.LATEST)) == "web:18"


def test_a_family_with_more_new_revisions_than_one_page_lists(yard: Yard) -> None:
    registers(yard, more_memory)
    deployed(yard, "1.4.1")
    ours = {"slipway:deploy": "x9y8z7w6"}
    for _ in range(101):
        registers(yard, tags=ours)

    deploy = deployed(yard, "1.4.2", base=Base.LATEST)

    assert copied_from(deploy) == "web:18"


def test_a_service_that_moved_to_another_family_is_compared_with_that_one(yard: Yard) -> None:
    deployed(yard, "1.4.1", base=Base.LATEST)
    moved = registers(yard, lambda request: request.update(family="web-v2"))
    yard.console.update_service(cluster="production", service="web", taskDefinition=moved)
    yard.ecs.advance(300)
    registers(yard, more_memory)
    registers(yard, lambda request: request.update(family="web-v2", cpu="512", memory="1024"))

    deploy = deployed(yard, "1.4.2", base=Base.LATEST)

    assert copied_from(deploy) == "web-v2:2"
    assert (deploy.new_revision or "").endswith("web-v2:3")


def test_a_stop_start_service_starts_the_newest_and_returns_to_what_ran(yard: Yard) -> None:
    registers(yard, more_memory, like="billing:23")
    good = yard.until_over(yard.ask("billing", "1.4.2", base=Base.LATEST, approvals=0))
    registers(yard, lambda request: request.update(memory="2048"), like="billing:24")

    bad = yard.until_over(yard.ask("billing", "1.5.0-crash", base=Base.LATEST, approvals=0))

    assert good.outcome is Outcome.SUCCEEDED
    assert definition(yard, good.new_revision)["memory"] == "1024"
    assert definition(yard, bad.new_revision)["memory"] == "2048"
    assert bad.outcome is Outcome.ROLLED_BACK
    assert yard.service("billing")["taskDefinition"] == good.new_revision


def test_fields_that_this_boto3_does_not_know_refuse_a_copy_of_the_newest_alone(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    registers(yard, more_memory)
    unknown_in(monkeypatch, 18)

    latest = deployed(yard, base=Base.LATEST)
    running = deployed(yard)

    assert latest.outcome is Outcome.REFUSED
    assert "Task definition `web:18` has fields that this version of boto3 does not know" in (
        yard.said(latest.id, MilestoneKind.END)
    )
    assert running.outcome is Outcome.SUCCEEDED
    assert "    ◦ task fields that this boto3 does not know: `taskDefinition.futureField` added" in (
        planned(yard, running)
    )


def unknown_in(monkeypatch: pytest.MonkeyPatch, revision: int) -> None:
    """AWS adds a field to this revision's description."""

    def found(answer: Json, *_: object) -> list[str]:
        return ["taskDefinition.futureField"] if answer["taskDefinition"]["revision"] == revision else []

    monkeypatch.setattr("workers.ecs.answers.unknown_fields", found)


def ours(number: int, **record: Any) -> Deploy:
    """A deploy that registered this revision of web."""
    return a_deploy(a_service(), new_revision=f"{ARN}:task-definition/web:{number}", **record)


@pytest.mark.parametrize(
    ("tag", "records", "expected"),
    [
        ("", [], False),
        ("w7x8y9zt", [], True),  # the record was lost
        ("w7x8y9zt:restore", [], True),
        ("w7x8y9zt", [ours(7, id="w7x8y9zt")], True),
        ("w7x8y9zt", [ours(6, id="w7x8y9zt")], False),  # somebody copied it
        ("w7x8y9zt", [a_deploy(id="w7x8y9zt")], True),  # it died before it could write down which
        (
            "w7x8y9zt:restore",
            [ours(6, id="w7x8y9zt", restore_revision=f"{ARN}:task-definition/web:7")],
            True,
        ),
    ],
)
def test_which_revisions_are_slipway_s(tag: str, records: list[Deploy], expected: bool) -> None:
    revision = a_revision(tags=(("slipway:deploy", tag),) if tag else ())

    assert is_ours(revision, records) is expected


def test_where_the_running_configuration_comes_from() -> None:
    foreign, copy = a_revision(), a_revision(tags=(("slipway:deploy", "w7x8y9zt"),))
    plan = a_plan(config=RevisionConfig(origin=f"{ARN}:task-definition/web:3"))

    assert origin(foreign, []) == foreign.arn
    assert origin(copy, []) == ""
    assert origin(copy, [ours(8, plan=plan), ours(7, id="w7x8y9zt", plan=plan)]) == plan.config.origin  # type: ignore[union-attr]
    assert origin(copy, [ours(7, id="w7x8y9zt", plan=a_plan())]) == ""
