"""How long what Slack last said counts on the command line, and what is said once it is too old."""

from __future__ import annotations

import time
from typing import Any

import pytest

from deploys.access import Access
from deploys.catalogue.catalogue import load_catalogue
from deploys.errors import CommandLineUserUnknown, MembershipUnknown, PersonUnknown
from deploys.records.deploy import Deploy
from deploys.stores.slack_directory import SlackDirectory
from deploys.stores.user_groups import UserGroups
from slipway.requests import exit_codes
from tests.slipway.requests.terminal import ALICE, DEPLOYS, MACHINE_USER, TerminalHarness, services_yml

MINUTE, HOUR = 60, 3600


@pytest.mark.parametrize(
    ("last", "lasts", "words", "is_allowed"),
    [
        (4 * MINUTE, "5m", ("deploy", "web", "1.4.2"), True),
        (6 * MINUTE, "5m", ("deploy", "web", "1.4.2"), False),
        (6 * MINUTE, "12h", ("deploy", "web", "1.4.2"), True),
        (11 * HOUR, "12h", ("deploy", "web", "1.4.2"), True),
        (13 * HOUR, "12h", ("deploy", "web", "1.4.2"), False),
        (2 * MINUTE, "5m", ("deploy", "shop", "1.4.2"), True),  # its deployers are a user group
        (4 * MINUTE, "5m", ("deploy", "shop", "1.4.2"), False),
        (11 * HOUR, "12h", ("deploy", "shop", "1.4.2"), True),
        (13 * HOUR, "12h", ("deploy", "shop", "1.4.2"), False),
    ],
)
def test_what_slack_last_said_counts_as_long_as_services_yml_says(
    terminal: TerminalHarness, last: float, lasts: str, words: tuple[str, ...], is_allowed: bool
) -> None:
    terminal.write(services_yml(slack_answers_last=lasts, channel=DEPLOYS))
    terminal.slack_says(seconds_ago=last)

    result = terminal.type(*words)

    assert (result.exit_code == 0) is is_allowed, result.output
    assert len(terminal.store.active()) == is_allowed


def test_what_is_too_old_is_named_with_what_it_counts_for(terminal: TerminalHarness) -> None:
    terminal.slack_says(seconds_ago=20 * MINUTE)

    result = terminal.type("deploy", "web", "1.4.2")

    assert (result.exit_code, result.stderr) == (
        exit_codes.REFUSED,
        "Slack did not say who you are, a member or a guest, so I cannot tell whether you may do "
        "this to `web`. "
        "Nothing was changed. Try again in a minute. Slack last said who you are 20 min ago; on the "
        "command line "
        "its answers count for 5 min, as `command_line.slack_answers_last` in `services.yml` says.\n",
    )


def test_what_slack_never_said_is_not_believed_however_long_it_lasts(terminal: TerminalHarness) -> None:
    terminal.write(services_yml(slack_answers_last="7d"))
    terminal.redis.delete(*terminal.redis.scan_iter("{slipway}:slack-person:*"))

    result = terminal.type("deploy", "web", "1.4.2")

    assert result.exit_code == exit_codes.REFUSED
    assert "Slack has not said who you are; on the command line its answers count for 7 days" in result.stderr


@pytest.mark.parametrize("person", [{"is_guest": True}, {"is_deleted": True}, {"teams": ("T09OTHERS",)}])
def test_what_slack_last_said_refuses_as_it_does_in_slack(
    terminal: TerminalHarness, person: dict[str, Any]
) -> None:
    terminal.write(services_yml(slack_answers_last="12h"))
    terminal.slack_says(seconds_ago=HOUR, **person)

    assert terminal.type("deploy", "web", "1.4.2").exit_code == exit_codes.REFUSED
    assert terminal.store.active() == []


def access_as_a_worker_has_it(terminal: TerminalHarness, services: dict[str, Any]) -> Access:
    terminal.write(services)
    catalogue = load_catalogue("services.yml", {})
    redis = terminal.redis
    return Access(catalogue, UserGroups(redis), SlackDirectory(redis), now=time.time)


def queue_deploy(terminal: TerminalHarness, service: str = "web") -> Deploy:
    terminal.write(services_yml(slack_answers_last="12h", channel=DEPLOYS))
    assert terminal.type("deploy", service, "1.4.2").exit_code == 0
    return terminal.only_deploy()


def test_it_counts_as_long_when_the_deploy_runs(terminal: TerminalHarness) -> None:
    deploy = queue_deploy(terminal, "shop")
    terminal.slack_says(seconds_ago=HOUR)
    lasting = services_yml(slack_answers_last="12h", channel=DEPLOYS)

    access_as_a_worker_has_it(terminal, lasting).may_run(deploy)
    with pytest.raises(PersonUnknown):
        access_as_a_worker_has_it(terminal, services_yml(channel=DEPLOYS)).may_run(deploy)


def test_what_was_asked_in_slack_never_counts_for_longer(terminal: TerminalHarness) -> None:
    deploy = queue_deploy(terminal, "shop")
    terminal.slack_says(seconds_ago=4 * MINUTE)
    in_slack = deploy.evolve(request={"command_line": ""})
    access = access_as_a_worker_has_it(terminal, services_yml(slack_answers_last="12h", channel=DEPLOYS))

    access.may_run(deploy)
    with pytest.raises(MembershipUnknown):
        access.may_run(in_slack)


@pytest.mark.parametrize("users", [{}, {MACHINE_USER: "U03CAROL00"}, {"another": ALICE}])
def test_who_is_not_named_any_more_when_it_runs_is_refused(
    terminal: TerminalHarness, users: dict[str, str]
) -> None:
    deploy = queue_deploy(terminal)
    access = access_as_a_worker_has_it(terminal, services_yml(users=users))

    with pytest.raises(CommandLineUserUnknown) as refused:
        access.may_run(deploy)

    assert refused.value.message == (
        f"`user/{MACHINE_USER}` on the command line is not <@{ALICE}>: `command_line` in "
        f"`services.yml` does not "
        "say so (any more). Nothing was changed. The people who may edit that file can name you there."
    )
