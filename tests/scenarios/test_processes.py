"""Processes that are killed or asked to end, and the demo as a new user starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from deploys.records.phases import Outcome, Phase
from deploys.stores import audit
from sandbox.ecs.words_of_others import EVENTS
from slipway.demo.clean_env import clean_env
from slipway.demo.demo_environment import DemoEnvironment, start_demo
from slipway.demo.process_group import ChildProcess
from slipway.demo.terminal_run import read_names
from tests.scenarios.canaries import find_secrets, searched_places, secrets_of_the_processes
from tests.scenarios.canary_sources import CanarySources, one_line
from tests.scenarios.command_line import BOB, MACHINE_USER, Terminal
from tests.scenarios.conversation import Conversation, DeployThread, wait_until

SLIPWAY = Path(sys.executable).with_name("slipway")


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoEnvironment]:
    """A separate demo for these tests, because they end its processes."""
    with start_demo(speed=12, mode="socket") as environment:
        yield environment


def find_processes(demo: DemoEnvironment, *prefixes: str) -> list[ChildProcess]:
    return [child for child in demo.processes.children if child.name.startswith(prefixes)]


def test_the_doctor_finds_all_processes_well(demo: DemoEnvironment) -> None:
    done = subprocess.run(
        [SLIPWAY, "doctor", "--json"],
        env={**clean_env(os.environ), **demo.process_env},
        cwd=demo.logs,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    found = json.loads(done.stdout)
    lines = {each["check"]: each["what"] for each in found["findings"]}
    assert (done.returncode, found["counts"]["error"]) == (0, 0), done.stdout
    assert lines["workers"] == "2 workers run."
    assert lines["scheduler"] == "1 scheduler runs."
    assert lines["bot"] == "1 bot runs."
    assert lines["versions"].startswith("Every process that runs is of version ")
    assert lines["socket-mode"] == "Socket Mode works; the bot has 1 connection to Slack."
    assert lines["permissions"].endswith("(simulated by IAM).")


def test_a_deploy_outlives_its_workers_and_its_scheduler(demo: DemoEnvironment) -> None:
    people = Conversation(demo, read_names(demo))
    thread = people.deploys("alice", "/deploy web 1.4.2").reaches(Phase.FOLLOWING)
    for child in find_processes(demo, "worker", "scheduler"):
        for pid in (child.process.pid, *list_descendants(child.process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        child.process.wait(10)
        demo.processes.children.remove(child)

    answers, second = people.says("alice", "/deploy api 1.4.2")
    assert second is not None, answers
    demo.processes.start_module("worker-2", "workers", env=demo.process_env)
    demo.processes.start_module("scheduler-2", "workers.scheduler", env=demo.process_env)

    assert thread.ends().record.outcome is Outcome.SUCCEEDED
    assert second.ends().record.outcome is Outcome.SUCCEEDED
    wait_until(lambda: written_by_schedulers(demo) >= {each["id"] for each in audit.trail(demo.redis)})


def test_a_deploy_from_the_command_line_with_slack_away_has_its_thread_once_slack_is_back(
    demo: DemoEnvironment,
) -> None:
    terminal, people = Terminal(demo), Conversation(demo, read_names(demo))
    for each in ("alice", "bob"):
        people.says(each, "/deploy status ledger")
    demo.slack.add_fault("outage", seconds=600)
    posted = len(demo.slack.messages("deploys"))

    code, plan = terminal.run("plan", "ledger", "1.4.2")
    assert (code, plan.splitlines()[0]) == (0, "Plan of `ledger` `1.4.2`, as of now. Nothing was changed.")
    waiting = terminal.start("deploy", "ledger", "1.4.2", "--reason", "Slack is down", "--wait")
    [deploy] = demo.slack.wait_until(
        lambda: [each for each in demo.store.active() if each.phase is Phase.AWAITING_APPROVAL], 60
    )
    approved = terminal.run("approve", deploy.id, "--yes", by=BOB)
    printed, _ = waiting.communicate(timeout=90)
    assert len(demo.slack.messages("deploys")) == posted
    demo.slack.clear_faults()

    assert approved[0] == 0, approved
    assert (waiting.returncode, printed.splitlines()[-1][10:26]) == (0, "`ledger` `1.4.2`"), printed
    thread = DeployThread(demo, deploy.id, "deploys", people.names).ends()
    assert "ledger `1.4.0` → `1.4.2` on production by @alice on the command line: succeeded" in thread.card
    said = [each.text for each in thread.record.thread_messages]
    assert len(thread.replies) == len(said)
    assert [each.split()[:2] for each in thread.replies[:2]] == [["Plan", "for"], ["@alice", "asked"]]
    sources = {each["who"]: each["source"] for each in audit.trail(demo.redis, deploy.id) if each["source"]}
    assert sources == {
        "U01ALICE00": f"command line (user/{MACHINE_USER})",
        "U02BOB0000": "command line (token/bob)",
    }


def written_by_schedulers(demo: DemoEnvironment) -> set[str]:
    """Ids of the audit's entries on the standard output of all schedulers. None writes one twice."""
    found: set[str] = set()
    for log in demo.logs.glob("scheduler*.log"):
        lines = log.read_text(errors="replace").splitlines(keepends=True)
        entries = [
            json.loads(each) for each in lines if each.startswith('{"event": "audit"') and each[-1] == "\n"
        ]
        ids = [each["id"] for each in entries]
        assert len(ids) == len(set(ids)), log.name
        found.update(ids)
    return found


def test_no_secret_gets_into_a_log_a_record_or_a_message(demo: DemoEnvironment) -> None:
    sources = CanarySources(demo)
    sources.write_into_aws()
    people = Conversation(demo, read_names(demo))

    reason = one_line("a reason")
    good = people.deploys("alice", f"/deploy web 1.5.0 {reason}").ends().settles()
    bad = people.deploys("alice", "/deploy web 1.5.0-crash").reaches(Phase.FOLLOWING)
    sources.fail_starts("api", "registry")
    unpulled = people.deploys("alice", "/deploy api 1.4.2")
    for source in EVENTS:
        sources.add_event("web", source)
    command = people.deploys("alice", f"/deploy run web -- echo fail {one_line('a command')}")
    for each in (bad, unpulled, command):
        each.ends().settles()
    sources.refuse("RegisterTaskDefinition")
    refused = people.deploys("alice", "/deploy web 1.4.1").reaches(Phase.ENDED)
    people.says("alice", f"/deploy lock web {reason}")
    people.says("alice", f"/deploy show {one_line('a target')}")
    shown = "\n".join(
        "\n".join(people.says("alice", f"/deploy show {each.deploy_id}")[0]) for each in (bad, command)
    )
    for query in (
        "status web",
        "plan web 1.5.0",
        "tags web",
        "logs web",
        "history web",
        "stats",
        "locks",
        "access web",
    ):
        people.says("alice", f"/deploy {query}")
    sources.plan_in_form("alice")
    demo.slack.open_home("alice")
    demo.slack.wait_until(lambda: demo.slack.home("alice"))
    answers = sources.ask_web(refused.deploy_id)

    assert (good.record.outcome, bad.record.outcome) == (Outcome.SUCCEEDED, Outcome.ROLLED_BACK)
    assert (unpulled.record.outcome, command.record.outcome) == (Outcome.ROLLED_BACK, Outcome.FAILED)
    text = "\n".join(bad.replies)
    assert "[value of CANARY]" in text
    assert "aws_secret_access_key=[redacted]" in text
    assert "failed to resolve ref" in "\n".join(unpulled.replies)
    assert good.record.request.reason.startswith("password=[redacted]; postgres://app:[redacted]@db/shop")
    assert "RegisterTaskDefinition" in answers
    places = {**searched_places(demo), "show": shown, "answers of web": answers, **audit_exports(demo)}
    assert any("FATAL giving up" in content for content in places.values()), "the places are searched"
    secrets = {**secrets_of_the_processes(demo), **sources.secrets()}
    assert find_secrets(secrets, places) == []
    assert sources.never_read() == [], "a canary that Slipway never meets proves nothing"


def audit_exports(demo: DemoEnvironment) -> dict[str, str]:
    """What `slipway audit` prints, in both formats that have all fields."""
    exported = {}
    for output in ("json", "csv"):
        command = [str(SLIPWAY), "audit", "--count", "10000", "--format", output]
        done = subprocess.run(
            command,
            env={**os.environ, **demo.process_env},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        exported[f"audit as {output}"] = done.stdout
    return exported


def test_every_process_ends_cleanly_when_asked(demo: DemoEnvironment) -> None:
    processes = find_processes(demo, "bot", "web", "worker", "scheduler", "slack", "ecs", "valkey")
    for child in processes[::-1]:
        child.process.send_signal(signal.SIGTERM)
        code = child.process.wait(15)
        assert (child.name, code) == (child.name, 0), child.log.read_text()[-2000:]
        assert "Traceback" not in child.log.read_text(), child.name
    demo.processes.children.clear()


def test_a_run_that_succeeds_exits_with_0_and_shows_the_thread() -> None:
    command = [str(SLIPWAY), "demo", "--speed", "15", "--run", "/deploy ledger 1.4.2", "--approve-as", "bob"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "[Approve]" in done.stdout
    assert "The old task is proven STOPPED" in done.stdout
    assert "@alice Succeeded. `ledger` runs `1.4.2`" in done.stdout
    assert "Downtime: " in done.stdout


def test_the_demo_opens_a_page_and_ctrl_c_leaves_no_process_behind() -> None:
    process = subprocess.Popen(
        [SLIPWAY, "demo"], stdout=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"}
    )
    assert process.stdout is not None
    output: list[str] = []
    try:
        for line in process.stdout:
            output.append(line)
            if "Ctrl-C" in line:
                break
        page = re.search(r"http://127\.0\.0\.1:\d+/\S+", "".join(output))
        assert page is not None
        assert httpx.get(page[0]).status_code == 200
        assert sum(line.lstrip().startswith(("1.", "2.", "3.")) for line in output) == 3
        descendants = list_descendants(process.pid)
        assert len(descendants) >= 7
    finally:
        process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    process.stdout.close()
    wait_until(lambda: not [pid for pid in descendants if is_alive(pid)], 10)


def list_descendants(pid: int) -> list[int]:
    """The ids of all processes that this one started, directly or indirectly."""
    done = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    parents = {int(p): int(pp) for p, pp in (line.split() for line in done.stdout.splitlines())}
    found = [child for child, parent in parents.items() if parent == pid]
    return [*found, *(grandchild for child in found for grandchild in list_descendants(child))]


def is_alive(pid: int) -> bool:
    """Whether the process runs. A zombie does not."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.startswith("Z")
