"""What a worker answers comes to the terminal; and how answers look there, and to a script."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from rich.console import Console

from deploys.native_blocks import code_cell, data_table, number_cell, time_cell, users_cell
from deploys.stores.terminal_answers import TerminalAnswer, TerminalAnswers
from slipway.requests import exit_codes, running
from slipway.requests.output import rich_table
from slipway.requests.terminal_text import Table, read_blocks, to_plain, to_styled
from tests.slipway.requests.terminal import ALICE, BOB, MACHINE_USER, TerminalHarness


@contextmanager
def a_worker_that_answers(terminal: TerminalHarness, answer: TerminalAnswer) -> Iterator[None]:
    """Answers the first question from a terminal, once it is asked."""
    answers = TerminalAnswers(terminal.redis)
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.02):
            for key in terminal.redis.scan_iter("{slipway}:terminal-query:*"):
                answers.save(key.decode().rpartition(":")[2], answer)
                return

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


def test_the_answer_of_a_worker_is_printed(terminal: TerminalHarness) -> None:
    with a_worker_that_answers(terminal, TerminalAnswer("*Plan* of `web` `1.4.2`, as of now.")):
        result = terminal.type("plan", "web", "1.4.2")

    assert (result.exit_code, result.stdout) == (0, "Plan of `web` `1.4.2`, as of now.\n")
    assert terminal.jobs() == ["answer_plan"]


def test_a_refusal_of_a_worker_ends_with_its_exit_code(terminal: TerminalHarness) -> None:
    refusal = ":no_entry_sign: `web` `9.9.9` would be refused: there is no image"
    with a_worker_that_answers(terminal, TerminalAnswer(refusal, is_refusal=True)):
        result = terminal.type("plan", "web", "9.9.9")

    assert (result.exit_code, result.stdout) == (exit_codes.REFUSED, "")
    assert result.stderr == "`web` `9.9.9` would be refused: there is no image\n"


def test_what_the_records_say_is_printed_though_no_worker_answers(
    terminal: TerminalHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "ANSWER_SECONDS", 0)

    result = terminal.type("status", "web")

    assert (result.exit_code, result.stdout) == (exit_codes.UNKNOWN, "Nothing of `web` is under way.\n")
    assert result.stderr == "No worker has answered within 0 s. Do workers run? Nothing was changed.\n"


def test_an_answer_is_fetched_once_and_by_nobody_else(terminal: TerminalHarness) -> None:
    answers = TerminalAnswers(terminal.redis)
    answers.expect("q2", "user/alice")
    answers.save("q2", TerminalAnswer("here"))

    assert (answers.asked_by("q2"), answers.asked_by("q3")) == ("user/alice", "")
    assert answers.wait("q3", 0) is None
    assert answers.wait("q2", 0) == TerminalAnswer("here", [], False)
    assert answers.wait("q2", 0) is None
    assert all(terminal.redis.ttl(key) > 0 for key in terminal.redis.scan_iter("{slipway}:terminal-*"))


def test_a_table_is_aligned_without_a_terminal_and_has_no_colours(terminal: TerminalHarness) -> None:
    terminal.type("deploy", "web", "1.4.2")
    deploy = terminal.only_deploy()

    result = terminal.type("history", "web")

    caption, header, row = result.stdout.splitlines()
    assert caption == "Last deploys of web"
    assert header.split() == [
        "Service",
        "Version",
        "State",
        "Asked",
        "By",
        "Took",
        "From",
        "Approved",
        "by",
        "Deploy",
    ]
    assert row.startswith("web      1.4.2    is queued")
    assert f"@{MACHINE_USER}" in row
    assert row.endswith(deploy.id)
    assert "\x1b" not in result.output


def test_a_script_reads_json(terminal: TerminalHarness) -> None:
    [queued] = terminal.read_json("deploy", "web", "1.4.2")
    deploy = terminal.only_deploy()
    [history] = terminal.read_json("history")
    [refused] = terminal.read_json("scale", "web", "0")

    assert (queued["event"], queued["error"], queued["deploys"]) == ("answer", "", [deploy.id])
    [row] = history["rows"]
    assert (row["Service"], row["Version"], row["Deploy"]) == ("web", "1.4.2", deploy.id)
    assert refused["error"] == "ScaleToZero"
    [choice] = refused["choices"]
    assert (choice["label"], choice["command"].split()[:3]) == (
        "Scale to 0",
        ["slipway", "press", "scale-to-zero"],
    )


@pytest.mark.parametrize(
    ("mrkdwn", "plain"),
    [
        ("`/deploy status` shows it", "`slipway status` shows it"),
        ("write `/deploy web 1.4.2`", "write `slipway deploy web 1.4.2`"),
        ("`/deploy SERVICE TAG`", "`slipway deploy SERVICE TAG`"),
        ("`/deploy plan-b 1.4.2`", "`slipway deploy plan-b 1.4.2`"),
        ("`/deploy resume-all`", "`slipway resume-all`"),
        ("`/deploy help`", "`slipway status`"),
        ("type `/deploy`", "type `slipway deploy`"),
        ("/deployments", "/deployments"),
        (f"<@{BOB}> and <@U09OTHER00>", "@bob and @U09OTHER00"),
        (":no_entry_sign: `web`: *Refused*", "`web`: Refused"),
        ("at 12:30: `a:b:c`", "at 12:30: `a:b:c`"),
        ("```one\ntwo```", "one\ntwo"),
        ("&lt;b&gt; \x1b[31mred", "<b> red"),
        ("<https://x.test/|its thread>", "its thread (https://x.test/)"),
        ("password=hunter2hunter2", "password=[redacted]"),
    ],
)
def test_texts_of_slack_read_well_in_a_terminal(mrkdwn: str, plain: str) -> None:
    names = {BOB: "bob"}

    assert to_plain(mrkdwn, names) == plain
    assert to_styled(mrkdwn, names).plain == plain.replace("`", "")


def test_tables_of_slack_are_read_with_names_and_times() -> None:
    block = data_table(
        "Last deploys",
        ("Deploy", "By", "At", "Took", "Approved by"),
        [[code_cell("k3v9"), users_cell(ALICE, BOB), time_cell(0), number_cell(8, "8 s"), users_cell()]],
    )
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "*And*"}}

    found = list(read_blocks([block, {"type": "data_visualization"}, section], {ALICE: "alice"}))

    assert found == [
        Table(
            "Last deploys",
            ("Deploy", "By", "At", "Took", "Approved by"),
            (("k3v9", f"@alice, @{BOB}", "1970-01-01 00:00 UTC", "8 s", "–"),),
        ),
        "*And*",
    ]


def test_on_a_terminal_ids_of_a_table_stay_whole(capsys: pytest.CaptureFixture[str]) -> None:
    rows = tuple(
        (f"k3v9w2x{n}", "a long state of several words " * 3, "–", "2026-11-30 13:08 UTC") for n in "ab"
    )
    Console(width=24, force_terminal=True).print(
        rich_table(Table("T", ("Deploy", "State", "No", "At"), rows))
    )

    printed = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert "k3v9w2xa" in printed
    assert "k3v9w2xb" in printed
    assert "No" not in printed
