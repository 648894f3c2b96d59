"""Jobs go by services.yml as it is when they run, not as it was when the worker started."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from deploys.catalogue.catalogue import load_catalogue
from deploys.job_queue import JobQueue
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.redaction import redact
from deploys.stores import audit
from sandbox.slack import SlackSandbox
from tests.builders import a_deploy
from tests.slack_directory import TEAM, know_everybody
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.jobs.queue_harness import QueueHarness
from workers import jobs
from workers.dependencies import build_dependencies
from workers.flows import steps
from workers.rq_worker import RqWorker
from workers.settings import WorkerSettings
from workers.step_context import StepContext, StepResult

FILE = """
defaults: {cluster: production, region: eu-west-1, channels: [C01DEPLOYS], deployers: [U01ALICE00]}
services:
  web: {}
"""
WITH_APPROVAL = FILE.replace("{}", "{approvals: 1, approvers: [U02BOB0000]}")
WRONG = FILE.replace("{}", "{aprovals: 1}")


def write(path: Path, text: str) -> None:
    """A change that was made ten seconds ago."""
    path.write_text(text)
    os.utime(path, (time.time() - 10, time.time() - 10))


@pytest.fixture
def path(tmp_path: Path, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The services.yml of a worker that has started."""
    path = tmp_path / "services.yml"
    write(path, FILE)
    built = build_dependencies(settings.model_copy(update={"services_file": path}))
    monkeypatch.setattr(jobs, "_dependencies", built)
    return path


@pytest.fixture
def deploy_id(harness: EngineHarness, path: Path) -> str:
    """`/deploy web 1.4.2` by alice, as the file is at first."""
    know_everybody(harness.redis)
    service = load_catalogue(path).get_service("web")
    asked = {"requester": ALICE, "requested_at": time.time(), "team": TEAM, "channel": "C01DEPLOYS"}
    return harness.store.submit(a_deploy(service, tag="1.4.2", request=asked)).deploy.id


def versions(harness: EngineHarness, deploy_id: str) -> list[str]:
    """Of the catalogue, as the audit has them of what workers did."""
    return [each["catalogue"] for each in audit.trail(harness.redis, deploy_id) if each["catalogue"]]


def test_approvals_that_the_file_asks_for_by_now_stop_what_waits(
    harness: EngineHarness, path: Path, deploy_id: str
) -> None:
    write(path, WITH_APPROVAL)

    jobs.advance(deploy_id)

    deploy = harness.get(deploy_id)
    assert deploy.outcome is Outcome.REFUSED
    assert "`approvals` was `0` and is `1` now" in deploy.end_reason
    assert harness.ecs.calls("RegisterTaskDefinition") == []
    assert set(versions(harness, deploy_id)) == {load_catalogue(path).version}


def test_a_job_takes_no_further_step_by_an_older_file(
    harness: EngineHarness, path: Path, deploy_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, plan = load_catalogue(path).version, steps.STEPS[Phase.PLANNING]

    def plan_while_it_changes(deploy: Deploy, context: StepContext) -> StepResult:
        write(path, WITH_APPROVAL)
        return plan(deploy, context)

    monkeypatch.setitem(steps.STEPS, Phase.PLANNING, plan_while_it_changes)
    jobs.advance(deploy_id)
    assert harness.get(deploy_id).phase is Phase.REGISTERING
    assert set(versions(harness, deploy_id)) == {first}, "the step ended as it had begun"

    jobs.advance(deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.REFUSED
    assert harness.ecs.calls("RegisterTaskDefinition") == []
    assert versions(harness, deploy_id)[-1] == load_catalogue(path).version != first


def test_rollouts_that_are_read_together_wait_for_the_next_job(
    harness: EngineHarness, path: Path, deploy_id: str, monkeypatch: pytest.MonkeyPatch, queue: QueueHarness
) -> None:
    jobs.advance(deploy_id)
    assert harness.get(deploy_id).phase is Phase.FOLLOWING
    harness.store.make_due([deploy_id])
    before = harness.get(deploy_id).version
    dependencies = jobs._get_dependencies()
    write(path, WITH_APPROVAL)

    dependencies.engine.watch("eu-west-1/production")
    assert harness.get(deploy_id).version == before
    assert queue.names().count("watch") == 1

    jobs.watch("eu-west-1/production")
    assert harness.get(deploy_id).version > before


def test_a_file_with_mistakes_changes_nothing(harness: EngineHarness, path: Path, deploy_id: str) -> None:
    version = load_catalogue(path).version
    write(path, WRONG)

    jobs.advance(deploy_id)

    assert harness.get(deploy_id).phase is Phase.FOLLOWING
    assert set(versions(harness, deploy_id)) == {version}


def test_what_the_scheduler_has_read_follows_the_file(
    harness: EngineHarness, path: Path, slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It enqueues the same jobs whatever the file says; these look."""
    asked: list[str] = []
    monkeypatch.setattr("workers.user_group_reader.refresh_members", lambda *args: asked.extend(args[2]))
    calendars: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "workers.freeze_calendar_reader.refresh_calendars", lambda *args: calendars.extend(args[0])
    )
    freezes = "freezes: [{calendar: 'https://a.example.com/x.ics', time_zone: UTC}]"
    write(path, FILE.replace("{}", f"{{deployers: [S09NEWTEAM], {freezes}}}"))

    jobs.read_user_groups()
    jobs.read_freeze_calendars()

    assert asked == ["S09NEWTEAM"]
    assert calendars == [("https://a.example.com/x.ics", "UTC")]


def test_a_newer_file_has_its_user_groups_and_calendars_read_at_once(path: Path, queue: QueueHarness) -> None:
    jobs.refresh_dependencies()
    assert queue.jobs == []
    write(path, WITH_APPROVAL)

    jobs.refresh_dependencies()
    jobs.refresh_dependencies()

    assert queue.names() == ["read_user_groups", "read_freeze_calendars"]


def test_a_role_that_is_new_is_assumed_with_its_external_id_which_stays_secret(path: Path) -> None:
    aws, role = jobs._get_dependencies().aws, "arn:aws:iam::210987654321:role/deployer"
    old, new = "the-external-id-of-old", "the-external-id-of-new"
    for external_id in (old, new):
        write(path, FILE.replace("{}", f"{{role: {{arn: '{role}', external_id: {external_id}}}}}"))
        jobs.refresh_dependencies()
        assert aws._external_ids[role] == external_id
        assert external_id not in redact(f"AssumeRole with {external_id}")

    write(path, FILE)
    jobs.refresh_dependencies()
    assert aws._external_ids[role] == new, "a deploy under way may have to go back with it"


def test_the_home_tab_shows_what_is_wrong(harness: EngineHarness, path: Path, slack: SlackSandbox) -> None:
    know_everybody(harness.redis)
    version = load_catalogue(path).version
    write(path, WRONG)

    jobs.publish_home(ALICE, TEAM)

    view = slack.home(ALICE)
    assert view is not None
    [first] = view["blocks"][0]["elements"]
    assert first["text"].startswith(":warning: `services.yml` was changed (<!date^")
    assert first["text"].endswith(
        f") and has 1 mistake, so what it said before (version `{version}`) stays in force. "
        "`slipway check` and the log say what is wrong."
    )


def test_a_home_tab_knows_who_opened_it_before_anybody_else_asked(path: Path, slack: SlackSandbox) -> None:
    """Nobody has asked Slack about alice yet."""
    jobs.publish_home(ALICE, TEAM)

    view = slack.home(ALICE)
    assert view is not None
    buttons = [each["accessory"]["text"]["text"] for each in view["blocks"] if "accessory" in each]
    assert buttons == ["Deploy"]


def test_the_worker_refreshes_before_it_forks(
    path: Path, queue: QueueHarness, deploy_id: str, harness: EngineHarness
) -> None:
    assert harness.ecs.url, "a fork connects"
    worker = queue.new_worker(RqWorker)
    worker.aws = jobs._get_dependencies().aws
    worker.before_fork = jobs.refresh_dependencies
    write(path, WITH_APPROVAL)
    JobQueue(queue.redis).advance(deploy_id)

    worker._work_once()
    worker.end_job_process()

    assert jobs._dependencies is not None
    assert jobs._dependencies.catalogue.version == load_catalogue(path).version
    assert harness.get(deploy_id).outcome is Outcome.REFUSED
