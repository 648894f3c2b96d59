"""What runs is what was approved: the digests of the running tasks, beside those of the plan."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.audit import trail
from deploys.catalogue.service import CheckAfter, Pin, TaskBefore
from deploys.deploy import MilestoneKind, Outcome, Phase, Verb
from deploys.running_images import ImageMatch
from tests.workers.flows.checks import ALARM
from tests.workers.flows.conftest import Twist
from tests.workers.flows.pushes import (
    STRATEGIES,
    asked,
    before_the_update,
    digest_of,
    match,
    push_again,
    running_digests,
    shows,
)
from tests.workers.yard import Yard


@pytest.mark.parametrize("name", STRATEGIES)
def test_an_image_that_the_plan_did_not_show_is_said_and_taken_back(yard: Yard, name: str) -> None:
    old = digest_of(yard, "1.4.0", name)
    planned = digest_of(yard, "1.4.2", name)
    pushed = digest_of(yard, "1.5.0", name)
    count = yard.service(name)["desiredCount"]
    before_the_update(yard, lambda: push_again(yard, "1.4.2", like="1.5.0", repository=name))
    deploy_id = asked(yard, name)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    tasks = f"{count} of {count} task{'s' if count > 1 else ''}"
    assert deploy.reason == (
        f"the tasks do not run the image that the plan showed: container `{name}` runs `{pushed[:19]}` in "
        f"{tasks}, not `{planned[:19]}`. The tag `1.4.2` seems to have been pushed again after the plan; "
        "`pin: digest` in `services.yml` keeps that from mattering."
    )
    assert deploy.reason in yard.said(deploy_id, MilestoneKind.TROUBLE)
    assert "Succeeded" not in yard.said(deploy_id)
    assert running_digests(yard, name) == {old}
    assert yard.images_running(name) == {"1.4.0"}


@pytest.mark.parametrize("name", STRATEGIES)
def test_what_the_plan_showed_runs_and_its_digest_is_kept(yard: Yard, name: str) -> None:
    deploy = yard.until_over(asked(yard, name))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)
    assert f"*Succeeded.* `{name}` runs `1.4.2`" in yard.said(deploy.id, MilestoneKind.END)
    entry = [each for each in trail(yard.redis, deploy.id) if each["outcome"]][-1]
    assert entry["running"] == entry["digest"] == digest_of(yard, "1.4.2", name)


def test_the_audit_holds_what_was_seen_and_not_what_was_planned(yard: Yard) -> None:
    old, planned = digest_of(yard, "1.4.0"), digest_of(yard, "1.4.2")
    pushed = digest_of(yard, "1.5.0")
    before_the_update(yard, lambda: push_again(yard, "1.4.2", like="1.5.0"))
    deploy_id = asked(yard, "web")

    yard.until_over(deploy_id)

    entries = {each["phase"]: each for each in trail(yard.redis, deploy_id)}
    assert (entries["restoring"]["digest"], entries["restoring"]["running"]) == (planned, pushed)
    assert entries["ended"]["running"] == old


def test_a_restart_runs_the_image_that_its_plan_showed(yard: Yard) -> None:
    yard.until_over(yard.ask("web", "1.4.2", pin=Pin.TAG))
    pushed = push_again(yard, "1.4.2", like="1.5.0")

    restart = yard.until_over(yard.ask_to(Verb.RESTART, "web"))

    assert (restart.outcome, match(restart)) == (Outcome.SUCCEEDED, ImageMatch.SAME)
    assert restart.plan is not None
    assert restart.plan.digest == pushed
    assert running_digests(yard, "web") == {pushed}


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.ROLLBACK])
def test_a_restart_and_a_rollback_are_compared_too(yard: Yard, verb: Verb) -> None:
    yard.until_over(yard.ask("web", "1.4.1", pin=Pin.TAG))
    ran = yard.until_over(yard.ask("web", "1.4.2", pin=Pin.TAG))
    tag = "1.4.2" if verb is Verb.RESTART else "1.4.1"
    kept = digest_of(yard, "1.4.2")
    before_the_update(yard, lambda: push_again(yard, tag, like="1.5.0"))

    deploy = yard.until_over(yard.ask_to(verb, "web"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "the tasks do not run the image that the plan showed" in deploy.reason
    assert running_digests(yard, "web") == {kept}
    assert ran.new_revision == yard.service("web")["taskDefinition"] or verb is Verb.RESTART


def test_a_pinned_revision_outlives_the_push(yard: Yard) -> None:
    planned = digest_of(yard, "1.4.2")
    before_the_update(yard, lambda: push_again(yard, "1.4.2", like="1.5.0"))

    deploy = yard.until_over(asked(yard, "web", pin=Pin.DIGEST))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)
    assert running_digests(yard, "web") == {planned}


def test_the_image_is_looked_at_again_at_the_end_of_the_check(yard: Yard, twist: Twist, alarm: Any) -> None:
    deploy_id = yard.ask("web", "1.4.2", after=CheckAfter(alarms=(ALARM,), lasts=60))
    yard.until_phase(deploy_id, Phase.CHECKING)
    other = digest_of(yard, "1.5.0")
    twist("DescribeTasks", shows(lambda _: other))

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert f"container `web` runs `{other[:19]}` in 3 of 3 tasks" in deploy.reason


@pytest.mark.parametrize("moved", [True, False])
def test_a_task_before_the_rollout_that_ran_another_image_ends_it_before_the_service_is_touched(
    yard: Yard, moved: bool
) -> None:
    planned, pushed = digest_of(yard, "1.4.2"), digest_of(yard, "1.5.0")
    if moved:
        before_the_update(yard, lambda: push_again(yard, "1.4.2", like="1.5.0"), "RunTask")

    deploy = yard.until_over(asked(yard, "web", before=TaskBefore(command=("true",))))

    if not moved:
        assert deploy.outcome is Outcome.SUCCEEDED
        return
    assert deploy.outcome is Outcome.FAILED
    assert yard.said(deploy.id, MilestoneKind.END).startswith(
        "*Failed* before the rollout: its task did not run the image that the plan showed: container `web` "
        f"ran `{pushed[:19]}`, not `{planned[:19]}`. The tag `1.4.2` seems to have been pushed again after "
        "the plan; `pin: digest` in `services.yml` keeps that from mattering. The service was not touched: "
        "it runs `web:17`. What it did until then is not undone."
    )
    assert yard.service("web")["taskDefinition"].endswith("web:17")
