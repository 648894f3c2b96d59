from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.deploys.test_safe_text import unsafe
from tests.slipway.whole_cli import app

ROOT = Path(__file__).parents[3]
SLIPWAY = Path(sys.executable).with_name("slipway")

VALID_FILE = """\
defaults: {cluster: production, region: eu-west-1, deployers: []}
services:
  web: {}
  ledger: {strategy: stop-start, approvers: [U02BOB0000], deadline: 10m, channels: [C01DEPLOYS]}
"""
INVALID_FILE = """\
services:
  web: {cluster: production, region: eu-west-1, deadlin: 20m, deployers: []}
  help: {cluster: production, region: eu-west-1, deployers: []}
"""

pytestmark = pytest.mark.usefixtures("empty_workdir")


def run_slipway(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_a_right_file_is_shown_as_a_table_with_its_defaults_filled_in() -> None:
    Path("services.yml").write_text(VALID_FILE)

    result = run_slipway("check")

    assert result.exit_code == 0
    assert result.output == (
        "services.yml is valid: 2 services.\n"
        "\n"
        "service  strategy    in ECS                       may deploy  approvals        channels    "
        "deadline  pinned by\n"
        "web      rolling     eu-west-1 production/web     nobody      none             any         "
        "20m       -\n"
        "ledger   stop-start  eu-west-1 production/ledger  nobody      1 of U02BOB0000  C01DEPLOYS  "
        "10m       digest\n"
    )


def test_what_only_some_services_have_is_shown_where_one_has_it_and_groups_below() -> None:
    Path("services.yml").write_text(
        "defaults: {cluster: c, region: eu-west-1, deployers: []}\n"
        "services:\n"
        "  web:\n"
        "    pin: digest\n"
        "    base: latest\n"
        "    before: {command: [migrate, --all], container: app}\n"
        "    after: {http: 'https://web.example.com/', alarms: [errors], for: 90s}\n"
        "    role: {arn: 'arn:aws:iam::210987654321:role/slipway', external_id: secret-of-web}\n"
        "  api: {}\n"
        "groups: {both: {services: [api, web], in_order: true}}\n"
    )

    assert run_slipway("check").output == (
        "services.yml is valid: 2 services and 1 group.\n"
        "\n"
        "service  strategy  in ECS                        may deploy  "
        "approvals  channels  deadline  pinned by  base    "
        "before                      after                                     role\n"
        "web      rolling   210987654321 eu-west-1 c/web  nobody      "
        "none       any       20m       digest     latest  "
        "migrate --all in app (10m)  https://web.example.com/, errors (1m30s)  "
        "arn:aws:iam::210987654321:role/slipway (external id)\n"
        "api      rolling   eu-west-1 c/api               nobody      "
        "none       any       20m       -          -       "
        "-                           -                                         -\n"
        "\n"
        "group  services  in order  stops on first failure\n"
        "both   api, web  yes       no\n"
    )


def test_each_mistake_is_printed_with_its_place_and_the_exit_code_is_1() -> None:
    Path("services.yml").write_text(INVALID_FILE)

    result = run_slipway("check")

    assert result.exit_code == 1
    assert result.output == (
        "services.yml:2:49: services.web.deadlin: there is no such key. Did you mean `deadline`?\n"
        "services.yml:3:3: services.help: no service can be called `help`, because `/deploy help` is a "
        "command. "
        "Call it `help-service`, say, and write the name it has in ECS as `ecs_service`.\n"
        "\n"
        "2 mistakes in services.yml.\n"
    )


def test_a_file_that_cannot_be_read_is_neither_right_nor_wrong() -> None:
    result = run_slipway("check", "nowhere.yml")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        "nowhere.yml cannot be read: No such file or directory. SERVICES_FILE names the file; `slipway "
        "init` writes a first one.\n"
    )


def test_a_directory_is_no_file() -> None:
    Path("services.yml").mkdir()

    assert run_slipway("check").exit_code == 2


def test_the_file_is_the_one_of_the_argument_or_else_of_services_file_or_else_services_yml() -> None:
    Path("given.yml").write_text(VALID_FILE)
    Path("named.yml").write_text(VALID_FILE)
    Path(".env").write_text("SERVICES_FILE=named.yml\n")

    assert run_slipway("check", "given.yml").output.startswith("given.yml is valid")
    assert run_slipway("check").output.startswith("named.yml is valid")
    assert run_slipway("check", "services.yml").exit_code == 2


def test_the_region_may_come_from_the_env_file() -> None:
    Path("services.yml").write_text("services: {web: {cluster: production, deployers: []}}\n")
    assert run_slipway("check").exit_code == 1

    Path(".env").write_text("AWS_REGION=eu-north-1\n")

    assert "eu-north-1 production/web" in run_slipway("check").output


def test_what_deserves_a_thought_is_noted_and_is_no_mistake() -> None:
    Path("services.yml").write_text(
        "services:\n  web: {cluster: c, region: eu-wset-1, strategy: stop-start, approvals: 0,"
        " deployers: everyone}\n"
    )

    result = run_slipway("check")

    assert result.exit_code == 0
    lines = [line for line in result.output.splitlines() if line.startswith("note: ")]
    assert lines.pop(1) == (
        "note: services.yml:2:76: services.web.deployers: `everyone`: every member of the workspace may."
    )
    assert lines[0] == (
        "note: services.yml:2:62: services.web.approvals: a deploy stops every task before it starts new "
        "ones, without an approval (approvals: 0)."
    )
    assert lines[1].startswith(
        "note: services.yml: `eu-wset-1`, the region of `web`, is not a region with ECS"
    )
    assert lines[1].endswith(" Did you mean `eu-west-1`?")


def test_the_settings_of_a_process_are_checked_when_asked_for() -> None:
    Path("services.yml").write_text(VALID_FILE)
    Path(".env").write_text(
        f"REDIS_URL=redis://localhost:6379/0\nSLACK_BOT_TOKEN=xoxb-1\nRESTORE_TAG_KEY={'k' * 32}\n"
    )

    result = run_slipway("check", "--env", "worker", "--env", "bot", "--env", "scheduler")

    assert result.exit_code == 1
    assert "worker: the settings are valid.\n" in result.output
    assert "bot: Slipway cannot start: a setting is missing or wrong." in result.output
    assert "  SLACK_APP_TOKEN is not set.\n" in result.output
    assert "scheduler: the settings are valid.\n" in result.output
    assert "services.yml is valid" in result.output
    assert run_slipway("check", "--env", "worker").exit_code == 0


def test_an_unknown_process_is_refused_with_the_known_ones() -> None:
    result = run_slipway("check", "--env", "cron")

    assert result.exit_code == 2
    for process in ("bot", "web", "worker", "scheduler"):
        assert process in result.stderr


def test_the_installed_command_checks_the_example(empty_workdir: Path) -> None:
    shutil.copy(ROOT / "services.example.yml", empty_workdir / "services.yml")

    done = subprocess.run([SLIPWAY, "check"], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("services.yml is valid: 6 services and 1 group.\n")


def test_the_installed_command_says_its_version_and_what_it_can() -> None:
    version = subprocess.run([SLIPWAY, "--version"], capture_output=True, text=True, timeout=60, check=True)
    helped = subprocess.run([SLIPWAY, "--help"], capture_output=True, text=True, timeout=60, check=True)

    assert version.stdout.startswith("slipway 0.")
    for command in ("check", "schema", "manifest"):
        assert command in helped.stdout


@pytest.mark.parametrize(
    "text",
    [
        'services: {web: {cluster: "prod\\e[31m\\u202e", region: eu-west-1}}',
        'services: {web: {cluster: production, region: "eu\\e]0;x\\a-west-1"}}',
        'services: {"we\\e[31mb": {cluster: production, region: eu-west-1}}',
    ],
)
def test_nothing_in_the_file_commands_the_terminal(text: str) -> None:
    Path("services.yml").write_text(text)

    result = run_slipway("check")

    assert result.output
    assert unsafe(result.output) == []
