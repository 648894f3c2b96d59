"""`slipway demo --run` in a demo that runs already: what it prints, and its exit code."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from typer.testing import CliRunner

from deploys.records.phases import Phase
from tests.scenarios.conversation import IN_SOCKET_MODE, Conversation
from tests.slipway.whole_cli import app

Run = Callable[..., Any]
WHAT_RUNS = (
    r"• `\d\.\d\.\d` `sha256:[0-9a-f]{12}` \(revision `web:\d+`\)",
    r"• Since \d{4}-\d\d-\d\d \d\d:\d\d UTC \(.+\), "
    r"(deployed by @\w+.*|not by Slipway: deployed outside; .+)",
    r"• Tasks: \d running, \d desired.*",
    r"• Healthy: ECS runs all its tasks; no container reports a health check",
)
"""Version, digest, revision; since when, by whom; counts; health."""


@pytest.fixture
def run(slack: Conversation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Types `slipway demo --run ...`. Cancels what then waits for an approval."""
    monkeypatch.setattr("slipway.demo.launcher.start_demo", lambda **_: nullcontext(slack.demo))
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {number: signal.getsignal(number) for number in numbers}
    yield lambda *args: CliRunner().invoke(app, ["demo", "--run", *args])
    for number, handler in handlers.items():
        signal.signal(number, handler)
    for deploy in slack.demo.store.active():
        if deploy.phase is Phase.AWAITING_APPROVAL:
            slack.says("alice", f"/deploy cancel {deploy.id}")
            slack.demo.slack.wait_until(lambda: not slack.demo.store.active(), 30)


@IN_SOCKET_MODE
def test_a_refused_command_is_shown_and_exits_with_1(run: Run) -> None:
    done = run("/deploy billing 1.4.2", "--as", "carol")

    assert done.exit_code == 1, done.output
    assert (
        "You may not deploy `billing`. Those who may: @alice, @deployers"
        ", as `deployers` in `services.yml` says." in done.output
    )


@IN_SOCKET_MODE
def test_the_command_alone_opens_the_form(run: Run, slack: Conversation) -> None:
    done = run("/deploy")

    [view] = slack.demo.slack.views("alice")
    slack.demo.slack.close_view("alice", view["id"])
    assert done.exit_code == 0, done.output
    assert f"The form is open. Fill it in at {slack.demo.page_url}?as=alice" in done.output


@IN_SOCKET_MODE
def test_a_locked_service_says_who_locked_it_and_why(run: Run, slack: Conversation) -> None:
    done = run("/deploy lock billing for 2h checking the graphs", "--run", "/deploy billing 1.4.2")
    try:
        assert done.exit_code == 1, done.output
        assert "Locked: `billing`, until " in done.output
        assert "slipway, only to dave" in done.output
        [refusal] = [line for line in done.output.splitlines() if "`billing` is locked." in line]
        assert "@alice locked `billing` (" in refusal
        assert refusal.endswith("checking the graphs. Nothing was queued.")
    finally:
        replies, _ = slack.says("alice", "/deploy unlock billing")
    assert replies == ["Unlocked: `billing`. What waited for it goes on."]


@IN_SOCKET_MODE
def test_the_status_of_a_service_says_what_runs(run: Run) -> None:
    done = run("/deploy status web")

    assert done.exit_code == 0, done.output
    lines = [line.strip() for line in done.output.splitlines()]
    first = lines.index("Running now: `web` on `production` (eu-west-1)")
    for line, pattern in zip(lines[first + 1 :], WHAT_RUNS, strict=True):
        assert re.fullmatch(pattern, line), (pattern, line)


@IN_SOCKET_MODE
def test_what_runs_what_ran_and_how_it_was_delivered(run: Run) -> None:
    done = run("/deploy status api", "--run", "/deploy history", "--run", "/deploy stats api")

    assert done.exit_code == 0, done.output
    lines = [line.strip() for line in done.output.splitlines()]
    assert "Running now: `api` on `production` (eu-west-1)" in lines
    assert "• Healthy: ECS runs all its tasks; container health checks pass in 2 of 2 tasks" in lines
    assert any(line.startswith("Delivery of `api`, the last 30 days") for line in lines)


@IN_SOCKET_MODE
def test_a_refused_deploy_is_shown_and_exits_with_1(run: Run) -> None:
    done = run("/deploy web 9.9.9")

    assert done.exit_code == 1, done.output
    assert "slipway, only to alice" in done.output
    assert "`web` `9.9.9`: Refused, nothing was changed: There is no image" in done.output


@IN_SOCKET_MODE
def test_an_approver_who_may_not_approve_is_told_so_and_it_exits_with_1(run: Run) -> None:
    done = run("/deploy billing 1.4.2", "--approve-as", "carol")

    assert done.exit_code == 1, done.output
    assert (
        "You are not an approver of `billing`. Those who are: @bob, @approvers"
        ", as `approvers` in `services.yml` says." in done.output
    )


@IN_SOCKET_MODE
def test_without_an_approver_it_says_how_to_name_one_and_exits_with_1(run: Run) -> None:
    done = run("/deploy billing 1.4.2")

    assert done.exit_code == 1, done.output
    assert "Add --approve-as bob" in done.output


@IN_SOCKET_MODE
@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("/deploy plan billing 1.4.2",), 0, "Plan of `billing` `1.4.2`, as of now. Nothing was changed."),
        (("/deploy plan billing 9.9.9",), 1, "`billing` `9.9.9` would be refused: There is no image"),
        (("/deploy tags billing", "--as", "carol"), 0, "`1.4.0` `sha256:"),
        (("/deploy plan billing 1.4.2", "--as", "carol"), 1, "You may not deploy `billing`."),
    ],
)
def test_a_question_is_answered_in_the_terminal(
    run: Run, args: tuple[str, ...], code: int, said: str
) -> None:
    done = run(*args)

    assert done.exit_code == code, done.output
    assert said in done.output


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("/deploy help", "--as", "mallory"), "There is no mallory in the sandbox"),
        (("deploy web 1.4.2",), "--run needs a slash command"),
        (("/deploy help", "--run", "deploy web 1.4.2"), "--run needs a slash command"),
        (
            ("/deploy help", "--as", "bob", "--as", "alice"),
            "--as is given once, or once for each --run.",
        ),
    ],
)
def test_a_run_that_makes_no_sense_exits_with_2_before_anything_starts(
    args: tuple[str, ...], complaint: str
) -> None:
    done = CliRunner().invoke(app, ["demo", "--run", *args])

    assert done.exit_code == 2
    assert complaint in done.stderr


@pytest.mark.parametrize("option", ["--as", "--approve-as"])
def test_who_acts_is_chosen_on_the_page_where_nothing_is_run(option: str) -> None:
    done = CliRunner().invoke(app, ["demo", option, "bob"])

    assert done.exit_code == 2
    assert done.stderr == ("--as and --approve-as need --run. On the page you choose who you are.\n")
