"""What is asked on the command line passes the rules, the queue and the audit of what is typed in Slack."""

from __future__ import annotations

import pytest

from deploys.records.request import Verb
from deploys.redis_durability import Durability
from slipway.requests import exit_codes
from tests.slipway.requests.terminal import (
    ALICE,
    BOB,
    DEPLOYS,
    GENERAL,
    LEDGER,
    MACHINE_USER,
    TerminalHarness,
    services_yml,
)

NO_PLACE = (
    "`services.yml` names no channel for `shop`, so its thread would have no place. Write "
    "`notify.channel` for "
    "the service, or `command_line.channel` for all.\n"
)


def test_a_deploy_is_queued_as_from_slack(terminal: TerminalHarness) -> None:
    result = terminal.type("deploy", "web", "1.4.2", "--reason", "Slack is down")

    deploy = terminal.only_deploy()
    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        f"Queued: `web` `1.4.2` (deploy `{deploy.id}`). Its thread follows in #{DEPLOYS} after the "
        f"first checks.\n",
        "",
    )
    request = deploy.request
    assert (request.requester, request.channel, request.reason) == (ALICE, DEPLOYS, "Slack is down")
    assert request.command_line == f"user/{MACHINE_USER}"
    assert terminal.jobs() == ["advance_due"]
    entry = terminal.last_entry()
    assert (entry["what"], entry["who"], entry["source"], entry["why"]) == (
        "requested",
        ALICE,
        f"command line (user/{MACHINE_USER})",
        "Slack is down",
    )


@pytest.mark.parametrize(
    ("words", "verb", "queues"),
    [
        (("restart", "web"), Verb.RESTART, 1),
        (("rollback", "web", "1.4.1"), Verb.ROLLBACK, 1),
        (("scale", "web", "3"), Verb.SCALE, 1),
        (("follow", "web"), Verb.FOLLOW, 1),
        (("deploy", "web,api", "1.4.2"), Verb.DEPLOY, 2),
        (("deploy", "web", "1.4.2:", "on", "call"), Verb.DEPLOY, 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_queued(terminal: TerminalHarness, words: tuple[str, ...], verb: Verb, queues: int) -> None:
    result = terminal.type(*words)

    assert result.exit_code == 0, result.output
    assert [each.verb for each in terminal.store.active()] == [verb] * queues
    assert {each.request.channel for each in terminal.store.active()} == {DEPLOYS}


def test_a_command_runs_exactly_as_the_shell_has_split_it(terminal: TerminalHarness) -> None:
    services = services_yml()
    services["services"]["web"]["may_run"] = [ALICE]
    terminal.write(services)

    assert terminal.type("run", "web", "--", "sh", "-c", "echo 'a  b' &amp; it’s --wait").exit_code == 0

    command = terminal.only_deploy().command
    assert command is not None
    assert command.arguments == ("sh", "-c", "echo 'a  b' &amp; it’s --wait")


@pytest.mark.parametrize(
    ("words", "by", "code", "printed"),
    [
        (
            ("deploy", "web", "1.4.2"),
            BOB,
            exit_codes.REFUSED,
            f"You may not deploy `web`. Those who may: @{MACHINE_USER}, as `deployers` in "
            f"`services.yml` says.\n",
        ),
        (("deploy", "shop", "1.4.2"), ALICE, exit_codes.REFUSED, NO_PLACE),
        (("lock", "shop", "trying", "it"), ALICE, exit_codes.REFUSED, NO_PLACE),
        (
            ("deploy", "web", "1.4.2", "--channel", "C09NOWHERE"),
            ALICE,
            exit_codes.REFUSED,
            f"`C09NOWHERE` is no channel that `services.yml` names. Those are: #{DEPLOYS}, #{GENERAL}, "
            f"#{LEDGER}.\n",
        ),
        (
            ("deploy", "web", "1.4.2", "--channel", LEDGER),
            ALICE,
            exit_codes.REFUSED,
            f"`web` may not be deployed from this channel, only from #{DEPLOYS}, as `channels` in "
            "`services.yml` says.\n",
        ),
        (
            ("deploy", "wep", "1.4.2"),
            ALICE,
            exit_codes.REFUSED,
            "There is no service `wep` here. Did you mean `web`? `slipway status` lists all of them.\n",
        ),
        (
            ("deploy", "web"),
            ALICE,
            exit_codes.COULD_NOT_ASK,
            "Which tag of `web`? Write `slipway deploy web TAG`.\n",
        ),
        (
            ("lock", "web"),
            ALICE,
            exit_codes.COULD_NOT_ASK,
            "Why? Other people will read the reason. Write `slipway lock SERVICE [for 2h] REASON`.\n",
        ),
        (
            ("show", "nosuchid"),
            ALICE,
            exit_codes.REFUSED,
            "There is no deploy `nosuchid`. `slipway history` lists the last ones.\n",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_refused(
    terminal: TerminalHarness, words: tuple[str, ...], by: str, code: int, printed: str
) -> None:
    result = terminal.as_bob(*words) if by == BOB else terminal.type(*words)

    said = "".join(line for line in result.stderr.splitlines(keepends=True) if not line.startswith("  "))
    assert (result.exit_code, result.stdout, said) == (code, "", printed)
    assert terminal.store.active() == []


def test_a_refusal_is_in_the_audit(terminal: TerminalHarness) -> None:
    terminal.as_bob("deploy", "web", "1.4.2")

    entry = terminal.last_entry()
    assert (entry["what"], entry["who"], entry["service"], entry["source"]) == (
        "refused",
        BOB,
        "web",
        "command line (token/bob)",
    )


def test_the_same_asked_twice_is_one_deploy(terminal: TerminalHarness) -> None:
    terminal.type("deploy", "web", "1.4.2")

    again = terminal.type("deploy", "web", "1.4.2")

    deploy = terminal.only_deploy()
    assert again.exit_code == 0
    assert again.stdout.startswith(f"Nothing was added: @{MACHINE_USER} asked for `web` `1.4.2` just now")
    assert f"(deploy `{deploy.id}`)" in again.stdout


def test_what_is_typed_twice_as_a_reason_is_not_guessed_about(terminal: TerminalHarness) -> None:
    result = terminal.type("deploy", "web", "1.4.2", "on call", "--reason", "other")

    assert result.exit_code == exit_codes.COULD_NOT_ASK
    assert "the words have a reason already" in result.stderr
    assert terminal.store.active() == []


def test_what_was_done_but_may_be_lost_is_not_called_refused(
    terminal: TerminalHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Durability, "ask", lambda *_: lambda: False)

    result = terminal.type("deploy", "web", "1.4.2")

    assert result.exit_code == exit_codes.UNKNOWN
    assert len(terminal.store.active()) == 1


def test_somebody_who_asks_too_much_is_told_to_wait(terminal: TerminalHarness) -> None:
    for _ in range(2):
        assert terminal.type("locks", QUERIES_PER_MINUTE="2").exit_code == 0

    result = terminal.type("locks", QUERIES_PER_MINUTE="2")

    assert result.exit_code == exit_codes.REFUSED
    assert result.stderr.startswith(
        "You sent more than 2 requests within a minute, so this one was not looked"
    )


def test_locks_and_the_stop_of_all_deploys_work_as_in_slack(terminal: TerminalHarness) -> None:
    locked = terminal.type("lock", "web", "for", "2h", "--reason", "checking the graphs")
    assert locked.stdout.startswith("Locked: `web`, until ")
    assert "`slipway unlock web` ends it." in locked.stdout
    assert terminal.last_entry()["source"] == f"command line (user/{MACHINE_USER})"
    assert "checking the graphs" in terminal.type("locks").stdout
    assert terminal.type("unlock", "web").stdout == "Unlocked: `web`. What waited for it goes on.\n"

    stopped = terminal.type("stop-all", "--reason", "AWS is down")
    assert stopped.stdout.startswith("Stopped: all deploys, until `slipway resume-all`: AWS is down.")
    assert terminal.last_entry()["source"] == f"command line (user/{MACHINE_USER})"
    assert terminal.type("resume-all").exit_code == 0


def test_a_cancel_counts_where_the_deploy_was_asked_for(terminal: TerminalHarness) -> None:
    terminal.type("deploy", "ledger", "1.4.2")
    deploy = terminal.only_deploy()

    result = terminal.type("cancel", deploy.id)

    assert result.exit_code == 0, result.output
    cancel = terminal.only_deploy().cancel
    assert cancel is not None
    assert (cancel.user, cancel.channel, cancel.command_line) == (ALICE, LEDGER, f"user/{MACHINE_USER}")
