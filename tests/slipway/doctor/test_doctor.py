"""`slipway doctor` as a whole: what it says if all is well, and what it never does."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from slipway.account_survey import patient_reader
from slipway.commands import doctor as command
from slipway.doctor.checks import CHECKS
from slipway.doctor.context import CallerIdentity, DoctorContext
from slipway.doctor.finding import Finding, Level, NamedCheck, ok
from slipway.doctor.permission_checks import check_permissions
from slipway.doctor.runner import run_checks
from tests.slipway.doctor.conftest import ASK_ABOUT_ITSELF, SERVICES, WORKERS, Setup
from tests.slipway.whole_cli import app
from tests.workers.flows.other_account import OTHER_ACCOUNT_ROLE
from workers.ecs.aws.request_ids import changes_something

ALL_OK = f"""\
ok       The settings of bot, worker and scheduler are valid.
ok       services.yml is valid: 3 services.
ok       Slack accepts SLACK_BOT_TOKEN: @slipway in the workspace Slipway Demo.
ok       The app has the 9 scopes that Slipway needs.
ok       The installed app has what the manifest of this version has.
ok       Slack accepts SLACK_APP_TOKEN.
ok       Socket Mode works; the bot has 1 connection to Slack.
ok       Redis answers at REDIS_URL.
ok       Valkey N is new enough.
ok       Redis takes writes.
ok       Redis keeps an append-only file (appendfsync always).
ok       Redis drops no keys (maxmemory-policy noeviction).
ok       Redis uses N MB, without a limit of its own (maxmemory).
ok       Redis answers within N ms.
ok       Redis is on this machine, or asks for a password over TLS.
ok       1 bot runs.
ok       1 worker runs.
ok       0 jobs wait for a worker.
ok       1 scheduler runs.
ok       Every process that runs is of version 0.1.0, as this command is.
ok       AWS accepts the credentials: {WORKERS}.
ok       3 services in ECS are as services.yml says.
ok       CloudWatch has the alarms of 1 service.
ok       {WORKERS} may do all that 3 services need (simulated by IAM).
ok       This machine's clock agrees with Slack's, within 2 s.
ok       This machine's clock agrees with AWS's, within 2 s.

0 errors, 0 warnings, 26 ok.
"""


def test_if_all_is_well_every_line_is_ok(healthy: Setup) -> None:
    result = healthy.run()

    varying = re.sub(r"(?<=Valkey )[\d.]+|(?<=uses )\d+(?= MB)|(?<=within )[\d.]+(?= ms)", "N", result.stdout)
    assert (varying, result.stderr, result.exit_code) == (ALL_OK, "", 0)


def test_as_json_every_line_has_the_name_of_its_check(healthy: Setup) -> None:
    os.environ["SLACK_BOT_TOKEN"] = "xoxb-of-another-workspace"

    result = healthy.run("--json")

    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (document["ok"], document["counts"]) == (False, {"ok": 23, "warning": 0, "error": 1, "skipped": 2})
    assert [each for each in document["findings"] if each["level"] != "ok"] == [
        {
            "check": "slack-token",
            "level": "error",
            "what": "Slack refuses SLACK_BOT_TOKEN (invalid_auth).",
            "advice": "Copy the right one: api.slack.com/apps, your app, OAuth & Permissions, Bot User OAuth "
            "Token (install the app first).",
        },
        {
            "check": "slack-scopes",
            "level": "skipped",
            "what": "Slack refuses the bot's token.",
            "advice": None,
        },
        {
            "check": "slack-manifest",
            "level": "skipped",
            "what": "Slack refuses the bot's token.",
            "advice": None,
        },
    ]


def test_what_aws_throttles_is_asked_again(healthy: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient_reader, "WAITS_SECONDS", (0.01, 0.01))
    operations = ["DescribeServices", "monitoring:DescribeAlarms", "iam:SimulatePrincipalPolicy"]
    for operation in operations:
        healthy.aws.faults.add(kind="throttle", operation=operation, times=2)

    assert healthy.problems() == []
    refused = [each.operation for each in healthy.aws.calls() if each.outcome != "ok"]
    assert sorted(refused) == sorted(2 * [each.rpartition(":")[2] for each in operations])


def test_it_changes_nothing(healthy: Setup) -> None:
    def records() -> dict[Any, Any]:
        return {key: healthy.redis.dump(key) for key in healthy.redis.scan_iter()}

    before, called, messages = records(), len(healthy.aws.calls()), healthy.slack.messages("deploys", "alice")

    healthy.run()

    operations = {each.operation for each in healthy.aws.calls()[called:]}
    assert {each for each in operations if changes_something(each)} == {"SimulatePrincipalPolicy"}
    assert records() == before
    assert healthy.slack.messages("deploys", "alice") == messages


def test_no_secret_is_printed(healthy: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if a library quotes what it was given, and whether the value is valid or not."""

    def quotes(context: DoctorContext) -> Iterator[Finding]:
        yield ok(f"I was given {', '.join(secrets.values())} and secret-of-redis.")

    secrets = {
        "SLACK_BOT_TOKEN": "xoxb-secret-of-the-bot",
        "SLACK_APP_TOKEN": "not-even-a-token-of-slack",
        "SLACK_CONFIG_TOKEN": "xoxe.xoxp-secret-of-a-person",
        "RESTORE_TAG_KEY": "too-short-a-key",
        "REDIS_URL": "redis://slipway:secret-of-redis@127.0.0.1:1/zero",
    }
    healthy.set(**secrets)
    monkeypatch.setattr(command, "CHECKS", (*CHECKS, NamedCheck("quotes", quotes)))

    printed = healthy.run().output + healthy.run("--json").output

    assert "Missing or wrong settings" in printed
    assert "I was given [redacted]" in printed
    assert not [each for each in (*secrets.values(), "secret-of-redis") if each in printed]


def test_nothing_set_up_at_all_is_a_report_and_no_traceback(empty_workdir: Path) -> None:
    os.environ.update(AWS_EC2_METADATA_DISABLED="true", SLACK_API_URL="http://127.0.0.1:1/api/")

    result = CliRunner().invoke(app, ["doctor"])

    assert result.exit_code == 1
    assert result.stdout.startswith(
        "error    Missing or wrong settings of the bot: REDIS_URL, SLACK_BOT_TOKEN, SLACK_APP_TOKEN.\n"
    )
    assert "\n3 errors, 0 warnings, " in result.stdout


def test_an_env_file_that_cannot_be_read_ends_it_at_once(empty_workdir: Path) -> None:
    Path(".env").write_bytes(b"\xff\xfe")

    result = CliRunner().invoke(app, ["doctor"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert ".env cannot be read (it is not UTF-8 text)" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--http", "slipway.example.com"), "write an address such as https://slipway.example.com"),
        (("--workers-role", "slipway-workers"), "write the ARN of a role"),
    ],
)
def test_a_wrong_option_is_refused(empty_workdir: Path, arguments: tuple[str, str], said: str) -> None:
    result = CliRunner().invoke(app, ["doctor", *arguments])

    assert result.exit_code == 2
    assert said in re.sub(r"[\s│]+", " ", result.stderr)


def test_a_check_that_hangs_or_breaks_ends_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hangs(context: DoctorContext) -> Iterator[Finding]:
        yield ok("This much is known.")
        release.wait(30)

    def breaks(context: DoctorContext) -> Iterator[Finding]:
        raise KeyError("user")
        yield

    def works(context: DoctorContext) -> Iterator[Finding]:
        yield ok("This works.")

    checks = [NamedCheck("hangs", hangs, 0.5), NamedCheck("breaks", breaks), NamedCheck("works", works)]
    found = [(check.name, finding) for check, finding in run_checks(checks, DoctorContext())]
    release.set()

    assert [(name, finding.level, finding.what) for name, finding in found] == [
        ("hangs", Level.OK, "This much is known."),
        ("hangs", Level.ERROR, "The check `hangs` did not end in time (0.5 s)."),
        ("breaks", Level.ERROR, "The check `breaks` itself failed: KeyError: 'user'"),
        ("works", Level.OK, "This works."),
    ]


def test_each_line_is_printed_as_soon_as_it_is_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], empty_workdir: Path
) -> None:
    seen: list[str] = []

    def first(context: DoctorContext) -> Iterator[Finding]:
        yield ok("First.")

    def second(context: DoctorContext) -> Iterator[Finding]:
        seen.append(capsys.readouterr().out)
        yield ok("Second.")

    monkeypatch.setattr(command, "CHECKS", (NamedCheck("first", first), NamedCheck("second", second)))

    command.doctor(None, None, None, as_json=False)

    assert seen == ["ok       First.\n"]


def test_the_role_of_the_workers_is_checked_by_somebody_else(healthy: Setup) -> None:
    role = "arn:aws:iam::123456789012:role/slipway-workers"
    documents = [{"Statement": [{"Effect": "Allow", "Action": "ecs:Describe*", "Resource": "*"}]}]
    healthy.aws.enforce_policies(role, documents)
    healthy.enforce({**ASK_ABOUT_ITSELF, "Sid": "AskAboutTheRole", "Resource": role})

    problems = healthy.problems("--workers-role", role)

    assert {each.check for each in problems} == {"permissions"}
    assert all(f": {role} may not do " in each.what for each in problems)
    assert any("ecs:UpdateService" in each.what for each in problems)
    assert not any("ecs:DescribeServices" in each.what for each in problems)


def test_the_role_of_the_workers_has_to_be_allowed_to_assume_those_of_services(healthy: Setup) -> None:
    """Credentials at hand that may assume them prove nothing about another role."""
    workers, role = "arn:aws:iam::123456789012:role/workers", OTHER_ACCOUNT_ROLE.arn
    healthy.aws.add_role(role)
    healthy.aws.enforce_policies(
        workers,
        [
            {
                "Statement": [
                    {"Effect": "Allow", "Action": "*", "Resource": "*"},
                    {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"},
                ]
            }
        ],
    )
    healthy.write_services(SERVICES.replace("web: {}", f"web: {{role: {{arn: '{role}'}}}}"))
    everything = {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}
    healthy.enforce(everything)

    [problem] = healthy.problems("--workers-role", workers)

    assert problem.what == (
        f"the roles of services: {workers} may not do sts:AssumeRole: a policy denies it."
    )


def test_a_role_of_services_is_checked_in_its_account(healthy: Setup) -> None:
    """The role's own policies count, also if it has a path, which its session does not tell."""
    role = OTHER_ACCOUNT_ROLE.arn.replace("role/slipway", "role/deploys/slipway")
    allowed = ("ecs", "ecr", "iam", "application-autoscaling")
    healthy.aws.add_role(role, external_id="of-slipway")
    healthy.write_services(
        SERVICES.replace("web: {}", f"web: {{role: {{arn: '{role}', external_id: of-slipway}}}}")
    )
    healthy.enforce({"Sid": "Assume", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role})
    healthy.aws.enforce_policies(
        role,
        [{"Statement": [{"Effect": "Allow", "Action": [f"{each}:*" for each in allowed], "Resource": "*"}]}],
    )

    problems = healthy.problems()

    assert [each.what for each in problems] == [f"web: {role} may not do logs:GetLogEvents."]
    assert ":210987654321:log-group:/ecs/web:" in (problems[0].advice or "")


def test_the_root_user_may_do_everything_and_should_not(healthy: Setup) -> None:
    root = "arn:aws:iam::123456789012:root"
    context = DoctorContext()
    context.__dict__["_identity"] = CallerIdentity(root, "123456789012")

    [found] = check_permissions(context)

    assert (found.level, found.what) == (
        Level.WARNING,
        "The credentials for ledger, site, web are the root user's, who may do everything.",
    )
