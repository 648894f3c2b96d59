"""`slipway init`: from the services of an AWS account to everything that Slipway needs."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

import pytest
import yaml

from deploys.catalogue.catalogue import load_catalogue
from deploys.catalogue.service import Strategy
from sandbox.ecs import EcsSandbox
from slipway.app_manifest import socket_mode_manifest
from slipway.commands import init as command
from tests.slipway.commands.init_harness import IAM_FILES, run_init, run_slipway, written_files

SMALL_ACCOUNT = """\
# The ECS services of account 123456789012, as `slipway init` found them. Check the file after each
#   edit with `slipway check`; docs/configuration.md describes every key.
#
# Lines with QUESTION: ask what ECS does not say. The lines below them answer it once you fill them
#   in and remove their `#`; remove the question then.

# These keys hold for every service that does not set them itself.
defaults:
  region: eu-west-1
  cluster: production
  deployers: [S01DEPLOYERS, U01ALICE00]
  approvers: everyone
  # QUESTION: from which channels may be deployed? Without this key, from any channel that is not
  #   shared with another organisation.
  # channels: []

services:

  # 2 tasks, Fargate, ROLLING, load balancer, family api, containers api envoy
  # A deploy gives the new tag to api. It leaves envoy alone.
  api:

  # 2 tasks, Fargate, ROLLING, no load balancer, family billing, container billing
  # QUESTION: QUEUE_URL names a FIFO queue: see "Which strategy for a queue?" in
  #   docs/configuration.md. May a task of the old version and a task of the new one run side by
  #   side? If not:
  billing:
    # strategy: stop-start

  # 1 task, Fargate, ROLLING, no load balancer, family ledger, container ledger
  # QUESTION: QUEUE_URL names a FIFO queue: see "Which strategy for a queue?" in
  #   docs/configuration.md. May a task of the old version and a task of the new one run side by
  #   side? If not:
  ledger:
    # strategy: stop-start

  # 3 tasks, Fargate, CANARY, load balancer, family shop, container shop
  shop:
    strategy: native

  # 2 tasks, Fargate, BLUE_GREEN, load balancer, family site, container site
  site:
    strategy: native

  # 3 tasks, Fargate, ROLLING, load balancer, family web, container web
  web:
"""


def test_everything_is_written_and_the_next_steps_are_said(aws_account: EcsSandbox) -> None:
    result = run_init("--deployers", "S01DEPLOYERS", "--approvers", "S02APPROVERS", "--channel", "C01DEPLOYS")

    assert result.exit_code == 0
    assert result.stderr == "Reading cluster production in eu-west-1 ...\n"
    assert result.stdout == (
        "services.yml: written\n"
        ".env: written\n"
        "manifest.yml: written\n"
        "iam/slipway-workers.json: written\n"
        "iam/slipway-workers-2.json: written\n"
        "\n"
        "services.yml has 6 services and 2 questions to you.\n"
        "\n"
        "Next:\n"
        "  1. Slack: api.slack.com/apps, Create New App, From a manifest: paste manifest.yml; install it. "
        "Write its tokens into .env (SLACK_BOT_TOKEN and SLACK_APP_TOKEN).\n"
        "  2. AWS: attach the policies in iam/ to the role, or the user, that the workers will have.\n"
        "  3. services.yml: answer its questions. Each may wait until you deploy that service.\n"
        "  4. Check the files: slipway check --env bot --env worker --env scheduler\n"
        "  5. With Redis running at REDIS_URL, start the three processes in this folder: python -m bot, "
        "python -m workers and python -m workers.scheduler.\n"
        "  6. Check the whole installation: slipway doctor\n"
        "  7. In Slack: /deploy opens a form with your services and their tags.\n"
    )


def test_the_services_file_of_a_small_account_as_people_read_it(aws_account: EcsSandbox) -> None:
    run_init("--deployers", "S01DEPLOYERS, U01ALICE00", "--approvers", "everyone")

    assert Path("services.yml").read_text() == SMALL_ACCOUNT


def test_a_large_account_is_valid_at_once_and_each_entry_names_its_service(
    large_account: EcsSandbox,
) -> None:
    result = run_init()

    assert result.exit_code == 0
    assert run_slipway("check").exit_code == 0
    services = load_catalogue("services.yml").services
    places = {(each.cluster, each.ecs_service) for each in services.values()}
    in_ecs = {
        (each.cluster, each.name)
        for each in large_account.region.tables.services.values()
        if each.status == "ACTIVE"
    }
    assert len(services) == 31
    assert places == in_ecs - {("legacy", "portal"), ("legacy", "portal-next")}
    assert {name for name, each in services.items() if each.strategy is not Strategy.ROLLING} == {
        "checkout",
        "landing",
        "shop",
        "site",
    }
    assert all(each.strategy is not Strategy.STOP_START for each in services.values())
    text = Path("services.yml").read_text()
    assert "# - legacy/portal in eu-west-1: its deployment controller is CODE_DEPLOY" in text
    assert "services.yml has 31 services and 9 questions to you. 2 services that" in result.stdout
    assert max(len(line) for line in text.splitlines() if "long-branch" not in line) <= 100


def test_an_answer_to_a_question_is_valid_once_its_marks_are_removed(large_account: EcsSandbox) -> None:
    run_init()
    text = Path("services.yml").read_text()
    asked = re.findall(r"^ +# (?:strategy|containers|approvers|channels): .*$", text, re.MULTILINE)

    answered = re.sub(
        r"^( +)# (?=(?:strategy|containers|approvers|channels): )", r"\1", text, flags=re.MULTILINE
    )
    answered = answered.replace("approvers: [] ", "approvers: [S02APPROVERS] ")
    Path("services.yml").write_text(answered)

    assert len(asked) >= 8
    assert run_slipway("check").output.startswith("services.yml is valid: 31 services.")


def test_nobody_may_deploy_until_somebody_says_who(aws_account: EcsSandbox) -> None:
    result = run_init()

    assert all(each.deployers == () for each in load_catalogue("services.yml").services.values())
    assert "  3. services.yml: nobody may deploy yet. Write who may, as `deployers`.\n" in result.stdout
    assert (
        "# QUESTION: who may deploy? Ids of people (U…) and user groups (S…), or the word"
        in Path("services.yml").read_text()
    )


@pytest.mark.parametrize(
    ("typed", "deployers"),
    [("\n", ()), ("everyone\n", ("everyone",)), ("@alice\nU01ALICE00\n", ("U01ALICE00",))],
)
def test_on_a_terminal_it_asks_who_may_deploy_and_nobody_is_the_default(
    aws_account: EcsSandbox, monkeypatch: pytest.MonkeyPatch, typed: str, deployers: tuple[str, ...]
) -> None:
    monkeypatch.setattr(command, "_is_terminal", lambda: True)

    result = run_init(typed=typed)

    assert "Who may deploy? Ids of people (U…; in Slack: their profile" in result.stdout
    assert load_catalogue("services.yml").services["web"].deployers == deployers
    if "@alice" in typed:
        assert "`@alice` is a name, not an id." in result.stdout


def test_the_settings_are_complete_but_for_the_tokens(aws_account: EcsSandbox) -> None:
    run_init("--deployers", "everyone")

    file = Path(".env")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for process in ("bot", "worker"):
        refused = run_slipway("check", "--env", process)
        assert "SLACK_BOT_TOKEN is still a placeholder." in refused.output
    file.write_text(file.read_text().replace("xoxb-...", "xoxb-1").replace("xapp-...", "xapp-1"))
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        del os.environ[name]  # what the check before read from the file
    result = run_slipway("check", "--env", "bot", "--env", "worker", "--env", "scheduler")
    assert result.exit_code == 0, result.output


def test_each_key_that_signs_restore_tags_is_new(aws_account: EcsSandbox) -> None:
    for folder in ("one", "two"):
        run_init("--out", folder)

    keys = {
        re.search("RESTORE_TAG_KEY=([0-9a-f]{64})\n", Path(each, ".env").read_text())
        for each in ("one", "two")
    }
    assert len({found[1] for found in keys if found}) == 2


def test_what_the_environment_sets_is_not_copied_and_not_missing(
    aws_account: EcsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "REDIS_URL"):
        monkeypatch.setenv(name, "secret-value")

    result = run_init()

    text = Path(".env").read_text()
    assert "secret-value" not in text
    assert "# REDIS_URL is set in the environment, which wins.\n" in text
    assert "  1. AWS: attach the policies" in result.stdout


def test_the_manifest_is_the_one_for_socket_mode(aws_account: EcsSandbox) -> None:
    run_init()

    assert yaml.safe_load(Path("manifest.yml").read_text()) == socket_mode_manifest()


def test_the_policies_are_those_that_iam_policy_prints(aws_account: EcsSandbox) -> None:
    run_init()

    printed = json.loads(run_slipway("iam-policy", "--format", "json").stdout)
    documents = [each["document"] for each in printed[0]["policies"]]
    assert [json.loads(Path(each).read_text()) for each in IAM_FILES] == documents


def test_no_file_that_is_there_is_written_over(aws_account: EcsSandbox) -> None:
    mine = "defaults: {cluster: production, region: eu-west-1, deployers: []}\nservices: {web: {}}\n"
    Path("services.yml").write_text(mine)
    Path(".env").symlink_to("missing")

    result = run_init("--deployers", "everyone")

    assert result.exit_code == 0
    assert Path("services.yml").read_text() == mine
    assert not Path("missing").exists()
    assert result.stdout.startswith(
        "services.yml: is there already, and was left as it is\n"
        ".env: is there already, and was left as it is\n"
        "manifest.yml: written\n"
    )
    policy = Path(IAM_FILES[0]).read_text()
    assert "service/production/web" in policy
    assert "service/production/api" not in policy, "the policies are those of the file that is there"


def test_the_services_of_a_file_that_is_there_are_read_for_the_policies_although_they_are_elsewhere(
    large_account: EcsSandbox,
) -> None:
    """init was asked for another cluster, and one of them is mistyped."""
    services = "{web: {}, wep: {}}"
    Path("services.yml").write_text(
        f"defaults: {{cluster: production, region: eu-west-1, deployers: everyone}}\nservices: {services}\n"
    )

    result = run_init("--cluster", "staging")

    assert result.exit_code == 0
    assert "Not read: ecs:DescribeServices (production/wep in eu-west-1): " in result.stderr
    policy = Path(IAM_FILES[0]).read_text()
    assert "arn:aws:iam::123456789012:role/web-task" in policy
    assert (
        "  2. AWS: the policies in iam/ are not complete, because AWS did not tell everything. To be filled "
        "in (6 names): ACCOUNT, EXECUTION_ROLE_OF_wep, FAMILY_OF_wep, LOG_GROUP_OF_wep, REPOSITORY_OF_wep, "
        "TASK_ROLE_OF_wep.\n"
        "  3. AWS: attach the policies in iam/"
    ) in result.stdout


def test_settings_that_are_there_but_not_complete_are_named(aws_account: EcsSandbox) -> None:
    Path(".env").write_text("REDIS_URL=redis://cache:6379/0\nSLACK_BOT_TOKEN=xoxb-1\n")

    result = run_init()

    assert "install it. Write its tokens into .env (SLACK_APP_TOKEN).\n" in result.stdout
    assert (
        "  2. Settings: write RESTORE_TAG_KEY into .env. docs/configuration.md describes them.\n"
        in result.stdout
    )


def test_a_second_run_changes_nothing(aws_account: EcsSandbox) -> None:
    run_init()
    before = {name: Path(name).read_bytes() for name in written_files()}

    result = run_init()

    assert result.exit_code == 0
    assert {name: Path(name).read_bytes() for name in written_files()} == before
    assert "services.yml: is there already, with the same content\n" in result.stdout


def test_a_services_file_with_mistakes_is_left_and_named(aws_account: EcsSandbox) -> None:
    Path("services.yml").write_text("services: {web: {deadlin: 3}}\n")

    result = run_init()

    assert result.exit_code == 2
    assert "The services.yml that is there has mistakes, so no policies were written." in result.stderr
    assert "deadlin" in result.stderr
    assert not Path("iam").exists()


def test_another_folder(aws_account: EcsSandbox) -> None:
    result = run_init("--out", "deploys/slipway")

    assert written_files(Path("deploys/slipway")) == {"services.yml", ".env", "manifest.yml", *IAM_FILES}
    assert "Check the files: cd deploys/slipway && slipway check" in result.stdout


def test_a_dry_run_prints_the_file_and_writes_nothing(aws_account: EcsSandbox) -> None:
    result = run_init("--dry-run", "--deployers", "everyone")

    assert (result.exit_code, written_files()) == (0, set())
    assert set(yaml.safe_load(result.stdout)["services"]) == {
        "api",
        "billing",
        "ledger",
        "shop",
        "site",
        "web",
    }
