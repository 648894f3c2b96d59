"""`--wait`: what happens to a deploy is told once, and the exit code says how it ended."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError

from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, HoldKind
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores.deploy_store import DeployStore
from slipway.requests import exit_codes
from slipway.requests.following import Told, follow, new_happenings
from slipway.requests.output import Output
from tests.builders import NOW, a_deploy, a_plan, a_stop_start_service
from tests.slipway.requests.terminal import TerminalHarness

Step = Callable[[Deploy], Deploy]


def texts(deploy: Deploy, told: Told, now: float = NOW) -> list[str]:
    return [each.text for each in new_happenings(deploy, told, now)]


def test_each_thing_is_told_once_and_in_order() -> None:
    told = Told()
    deploy = a_deploy().in_phase(Phase.WAITING, NOW).in_phase(Phase.PLANNING, NOW + 1)
    assert texts(deploy, told) == ["*web* queued", "*web* planning, nothing changed yet"]
    assert texts(deploy, told) == []

    deploy = deploy.with_message(NOW + 2, ThreadMessageKind.PLAN, "*Plan* of it").in_phase(
        Phase.FOLLOWING, NOW + 3, rollout={"counts": {"new_desired": 3, "new_running": 1, "old_running": 3}}
    )
    assert texts(deploy, told) == ["*Plan* of it", "*web* rolling out", "1 of 3 new tasks running; 3 old"]
    assert texts(deploy, told) == []

    deploy = deploy.evolve(rollout={"counts": {"new_running": 2, "failed_tasks": 1}})
    assert texts(deploy, told) == ["2 of 3 new tasks running, 1 failed; 3 old"]

    ended = deploy.in_phase(Phase.SETTLING, NOW + 9, outcome=Outcome.SUCCEEDED, ended_at=NOW + 9)
    ended = ended.with_message(NOW + 9, ThreadMessageKind.END, "Succeeded")
    assert texts(ended, told) == ["`web` `1.4.2` succeeded after 9 s."]
    assert texts(ended.in_phase(Phase.ENDED, NOW + 90), told) == []


def test_a_phase_that_is_entered_again_is_told_again() -> None:
    told = Told()
    deploy = a_deploy().in_phase(Phase.PLANNING, NOW)
    texts(deploy, told)

    assert texts(deploy.in_phase(Phase.PLANNING, NOW + 5), told) == ["*web* planning, nothing changed yet"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"hold": Hold(kind=HoldKind.LOCK, sentence="<@U1> has locked it.")},
            "Held: <@U1> has locked it.",
        ),
        ({"retries": {"attempts": 1, "last_error": "AWS is away."}}, "It is tried again: AWS is away."),
    ],
)
def test_what_keeps_it_waiting_is_told_once(changes: dict[str, Any], text: str) -> None:
    told = Told()
    deploy = a_deploy().evolve(**changes)

    assert texts(deploy, told) == [text]
    assert texts(deploy, told) == []


def test_a_question_is_told_with_the_commands_that_answer_it() -> None:
    told = Told()
    deploy = a_deploy(a_stop_start_service(), id="k3v9w2xq", plan=a_plan(), phase=Phase.AWAITING_APPROVAL)

    [asked] = new_happenings(deploy, told, NOW)

    assert asked.text == "`ledger` `1.4.2` waits for an answer:"
    assert [(each.label, each.command) for each in asked.choices] == [
        ("Approve", "slipway approve k3v9w2xq"),
        ("Reject", "slipway reject k3v9w2xq REASON"),
        ("Withdraw", "slipway cancel k3v9w2xq"),
    ]
    assert new_happenings(deploy, told, NOW) == []


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.SUCCEEDED, 0),
        (Outcome.REFUSED, 1),
        (Outcome.ROLLED_BACK, 3),
        (Outcome.FAILED, 4),
        (Outcome.SUPERSEDED, 5),
        (Outcome.CANCELLED, 6),
        (Outcome.REJECTED, 7),
        (Outcome.EXPIRED, 8),
    ],
)
def test_each_outcome_has_its_exit_code(outcome: Outcome, code: int) -> None:
    assert exit_codes.code_of([outcome]) == code
    assert exit_codes.code_of([Outcome.SUCCEEDED, outcome]) == code
    assert code in exit_codes.MEANINGS


def test_every_outcome_has_an_exit_code_and_the_worst_of_several_counts() -> None:
    assert set(exit_codes.OUTCOMES) == set(Outcome)
    assert exit_codes.code_of(Outcome) == exit_codes.OUTCOMES[Outcome.FAILED]
    assert exit_codes.code_of([]) == exit_codes.UNKNOWN


def test_the_page_for_people_on_call_has_every_exit_code() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", page.split("| exit code |")[1].split("\n\n")[0], re.MULTILINE)

    assert {int(code): what.replace("`", "") for code, what in rows} == exit_codes.MEANINGS


class Worker:
    """Takes a step whenever the terminal has nothing to tell and waits."""

    def __init__(self, store: DeployStore, *steps: Step) -> None:
        self._store = store
        self._steps = list(steps)
        self.time = NOW

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        [deploy] = self._store.active()
        if self._steps:
            self._store.amend(deploy.id, self._steps.pop(0), by="slipway", what="step")


def submit(redis: Redis) -> tuple[DeployStore, Deploy]:
    store = DeployStore(redis, now=lambda: NOW)
    return store, store.submit(a_deploy()).deploy


def follow_as_json(
    store: DeployStore, deploy: Deploy, worker: Worker, capsys: pytest.CaptureFixture[str], **how: Any
) -> tuple[int, list[dict[str, Any]]]:
    output = Output({}, as_json=True)
    code = follow([deploy.id], store, output, now=worker.now, sleep=worker.sleep, **how)
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_is_followed_to_its_end(redis: Redis, capsys: pytest.CaptureFixture[str]) -> None:
    store, deploy = submit(redis)
    worker = Worker(
        store,
        lambda found: found.in_phase(Phase.FOLLOWING, NOW + 1),
        lambda found: found.evolve(
            outcome=Outcome.FAILED, ended_at=NOW + 2, end_reason="*No task* of it `starts`."
        ),
    )

    code, lines = follow_as_json(store, deploy, worker, capsys)

    assert code == 4
    assert [each.get("text") for each in lines] == [
        "web queued",
        "web rolling out",
        "`web` `1.4.2` failed after 2 s: No task of it `starts`.",
        None,
    ]
    assert lines[-1] == {
        "event": "ended",
        "deploys": [
            {
                "id": deploy.id,
                "service": "web",
                "outcome": "failed",
                "phase": "following",
                "reason": "No task of it `starts`.",
            }
        ],
        "exit_code": 4,
    }


def test_it_is_followed_on_once_redis_is_back(
    redis: Redis, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, deploy = submit(redis)
    tries = iter([ConnectionError("away"), ConnectionError("away"), None])
    read = store.get

    def get(deploy_id: str) -> Deploy | None:
        if error := next(tries, None):
            raise error
        return read(deploy_id)

    worker = Worker(store)
    worker.sleep = lambda seconds: None  # type: ignore[method-assign]
    store.amend(
        deploy.id, lambda it: it.evolve(outcome=Outcome.SUCCEEDED, ended_at=NOW), by="slipway", what="step"
    )
    monkeypatch.setattr(store, "get", get)

    code = follow([deploy.id], store, Output({}, as_json=False), now=worker.now, sleep=worker.sleep)

    said = capsys.readouterr()
    assert code == 0
    assert said.err.count("What was asked for goes on once it is back.") == 1
    assert said.out.endswith("`web` `1.4.2` succeeded after 0 s.\n")


def test_time_that_is_up_leaves_it_going_on(redis: Redis, capsys: pytest.CaptureFixture[str]) -> None:
    store, deploy = submit(redis)

    code, lines = follow_as_json(store, deploy, Worker(store), capsys, timeout=2.0)

    assert (code, lines[-1]["exit_code"]) == (exit_codes.TIME_IS_UP, exit_codes.TIME_IS_UP)
    assert lines[-1]["deploys"][0]["outcome"] is None
    assert store.active() == [deploy]


def test_a_deploy_that_no_worker_begins_with_is_remarked_on_once(
    redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    store, deploy = submit(redis)
    worker = Worker(store)

    follow([deploy.id], store, Output({}, as_json=False), timeout=60.0, now=worker.now, sleep=worker.sleep)

    printed = capsys.readouterr()
    assert printed.out.splitlines() == ["14:13:20  web queued"]
    assert printed.err.splitlines() == [
        "No worker has begun with it yet. Do workers and a scheduler run?",
        f"It goes on. `slipway wait {deploy.id}` waits again; `slipway cancel {deploy.id}` cancels it.",
    ]


def test_ctrl_c_leaves_it_going_on(terminal: TerminalHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("slipway.requests.running.follow", interrupt)

    result = terminal.type("deploy", "web", "1.4.2", "--wait")

    deploy = terminal.only_deploy()
    assert (result.exit_code, result.stderr) == (
        exit_codes.INTERRUPTED,
        f"It goes on. `slipway wait {deploy.id}` waits again; `slipway cancel {deploy.id}` cancels it.\n",
    )
    assert deploy.cancel is None


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--timeout", "20m"), "needs --wait"),
        (("--wait", "--timeout", "soon"), "is no duration; write one such as 90s, 20m or 1h30m."),
    ],
)
def test_a_timeout_that_makes_no_sense(
    terminal: TerminalHarness, words: tuple[str, ...], complaint: str
) -> None:
    result = terminal.type("deploy", "web", "1.4.2", *words)

    assert result.exit_code == exit_codes.COULD_NOT_ASK
    assert complaint in " ".join(result.stderr.replace("│", " ").split())
    assert terminal.store.active() == []
