"""Approving and pressing on the command line: the handlers of Slack's buttons."""

from __future__ import annotations

import re

import pytest

from deploys import buttons
from deploys.buttons.choices import CHOICES
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from slipway.requests import exit_codes
from slipway.requests.choices import choice_name, choices_of, find_action
from tests.builders import a_plan
from tests.slipway.requests.terminal import ALICE, BOB, LEDGER, MACHINE_USER, TerminalHarness, services_yml


def ask_for_approval(terminal: TerminalHarness, question: int = 1) -> Deploy:
    """A deploy of ledger that alice asked for, and whose plan waits for approval."""
    terminal.type("deploy", "ledger", "1.4.2")
    deploy = terminal.only_deploy()
    asks = {"phase": Phase.AWAITING_APPROVAL, "plan": a_plan(), "approval": {"question": question}}
    return change(terminal, deploy, **asks)


def change(terminal: TerminalHarness, deploy: Deploy, **changes: object) -> Deploy:
    return terminal.store.amend(deploy.id, lambda found: found.evolve(**changes), by="slipway", what="step")


def test_an_approval_is_written_with_who_gave_it_and_how(terminal: TerminalHarness) -> None:
    deploy = ask_for_approval(terminal)

    result = terminal.as_bob("approve", deploy.id, "--yes")

    assert result.exit_code == 0, result.output
    assert result.stdout == "Done: `ledger` `1.4.2` is approved by @bob.\n"
    [decision] = terminal.only_deploy().approval.decisions
    assert (decision.user, decision.channel, decision.command_line) == (BOB, LEDGER, "token/bob")
    entry = terminal.last_entry()
    assert (entry["what"], entry["who"], entry["source"]) == ("approved", BOB, "command line (token/bob)")


def test_the_own_deploy_is_not_approved_on_the_command_line_either(terminal: TerminalHarness) -> None:
    services = services_yml()
    services["services"]["ledger"]["approvers"] = [ALICE, BOB]
    terminal.write(services)
    deploy = ask_for_approval(terminal)

    result = terminal.type("approve", deploy.id, "--yes")

    assert result.exit_code == exit_codes.REFUSED
    assert result.stderr.startswith(
        "You asked for this deploy, so somebody else has to approve it: @bob.\n"
        "  Ask an approver: `slipway press refused-ask-approver "
    )
    assert terminal.only_deploy().approval.decisions == ()


def test_the_plan_is_shown_and_nobody_can_be_asked_without_a_terminal(terminal: TerminalHarness) -> None:
    deploy = ask_for_approval(terminal)

    result = terminal.as_bob("approve", deploy.id)

    assert result.exit_code == exit_codes.COULD_NOT_ASK
    assert f"Deploy `{deploy.id}`: `ledger` `1.4.2` waits for approval" in result.stdout
    assert "Plan: `1.4.0` → `1.4.2`, 3 tasks" in result.stdout
    assert "nobody can be asked here" in result.stderr
    assert terminal.only_deploy().approval.decisions == ()


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_at_a_terminal_it_asks_first(
    terminal: TerminalHarness, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    deploy = ask_for_approval(terminal)
    monkeypatch.setattr("slipway.requests.decisions.can_ask", lambda: True)

    result = terminal.type("approve", deploy.id, typed=typed, SLIPWAY_TOKEN="slipway_a-token-of-bob")

    assert "Approve this? [y/N]" in result.stdout
    assert result.exit_code == code
    assert len(terminal.only_deploy().approval.decisions) == (code == 0)


def test_an_approval_of_a_plan_that_has_changed_does_not_count(
    terminal: TerminalHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy = ask_for_approval(terminal)

    def plan_again() -> bool:
        change(terminal, terminal.only_deploy(), approval={"question": 2})
        return True

    monkeypatch.setattr("slipway.requests.decisions.can_ask", plan_again)
    result = terminal.type("approve", deploy.id, typed="y\n", SLIPWAY_TOKEN="slipway_a-token-of-bob")

    assert result.exit_code == exit_codes.REFUSED
    assert "The plan changed after it was shown, so this answer does not count." in result.stderr
    assert terminal.only_deploy().approval.decisions == ()


def test_a_deploy_that_asks_nothing_cannot_be_approved(terminal: TerminalHarness) -> None:
    terminal.type("deploy", "ledger", "1.4.2")
    deploy = terminal.only_deploy()

    result = terminal.as_bob("approve", deploy.id, "--yes")

    assert (result.exit_code, result.stderr) == (
        exit_codes.REFUSED,
        "`ledger` `1.4.2` is queued, so there is nothing to decide. Nothing was changed.\n",
    )


def test_rejecting(terminal: TerminalHarness) -> None:
    deploy = ask_for_approval(terminal)

    assert terminal.as_bob("reject", deploy.id, "--reason", "not during the sale").exit_code == 0

    entry = terminal.last_entry()
    assert (entry["what"], entry["why"], entry["source"]) == (
        "rejected",
        "not during the sale",
        "command line (token/bob)",
    )


def test_what_lifts_a_refusal_is_a_command(terminal: TerminalHarness) -> None:
    services = services_yml()
    services["defaults"]["deployers"] = [ALICE, BOB]
    terminal.write(services)
    terminal.as_bob("lock", "web", "--reason", "checking the graphs")

    refused = terminal.type("deploy", "web", "1.4.2")
    found = re.search(r"  Queue it for when it is free: `slipway press (lock-queue) (\w+)`", refused.stderr)
    assert found is not None, refused.stderr
    queued = terminal.type("press", found[1], found[2])

    assert refused.exit_code == exit_codes.REFUSED
    assert queued.exit_code == 0, queued.output
    request = terminal.only_deploy().request
    assert (request.requester, request.command_line) == (ALICE, f"user/{MACHINE_USER}")
    assert "It is held for now: " in queued.stdout
    again = terminal.type("press", found[1], found[2])
    assert again.stderr.startswith("This button was used already, or is older than an hour.")


def test_a_choice_belongs_to_who_was_refused(terminal: TerminalHarness) -> None:
    refused = terminal.type("scale", "web", "0")
    found = re.search(r"`slipway press scale-to-zero (\w+)` \(Every task of web is stopped", refused.stderr)
    assert found is not None, refused.stderr

    result = terminal.as_bob("press", "scale-to-zero", found[1])

    assert result.exit_code == exit_codes.REFUSED
    assert result.stderr.startswith(f"This button was offered to @{MACHINE_USER}, whose request it repeats.")
    assert terminal.store.active() == []


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (
            ("press", "lock-quee", "abcd2345"),
            "There is no choice `lock-quee`. Did you mean `lock-queue`? What is offered, and how to "
            "take it, is "
            "printed with each refusal.\n",
        ),
        (
            ("press", "lock-queue", "no id"),
            "There is no deploy `no id`. `slipway history` lists the last ones.\n",
        ),
    ],
)
def test_a_choice_that_there_is_not(terminal: TerminalHarness, words: tuple[str, ...], refusal: str) -> None:
    result = terminal.type(*words)

    assert (result.exit_code, result.stderr) == (exit_codes.REFUSED, refusal)


def test_every_button_has_a_name_of_its_own() -> None:
    names = [choice_name(each) for each in buttons.HANDLERS]

    assert len(set(names)) == len(names)
    assert [find_action(each) for each in names] == list(buttons.HANDLERS)
    assert CHOICES, "what lifts refusals are such buttons"


def test_buttons_that_have_a_command_of_their_own_are_shown_as_that(terminal: TerminalHarness) -> None:
    deploy = ask_for_approval(terminal)
    shown = (buttons.approve_button(deploy), buttons.reject_button(deploy), buttons.cancel_button(deploy))

    commands = [each.command for each in choices_of(shown)]

    typed = ("approve {}", "reject {} REASON", "cancel {}")
    assert commands == [f"slipway {each.format(deploy.id)}" for each in typed]


def test_waiting_for_deploys_that_have_ended(terminal: TerminalHarness) -> None:
    terminal.type("deploy", "web", "1.4.2")
    deploy = terminal.only_deploy()
    change(terminal, deploy, outcome=Outcome.ROLLED_BACK, ended_at=deploy.request.requested_at + 75)

    result = terminal.type("wait", deploy.id)

    assert result.exit_code == 3
    assert result.stdout.splitlines()[-1][10:] == "`web` `1.4.2` was rolled back after 1 min 15 s."
    unknown = terminal.type("wait", "nosuchid")
    assert unknown.exit_code == exit_codes.REFUSED
