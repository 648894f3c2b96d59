"""`/deploy run SERVICE -- COMMAND`"""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from bot.commands import parse
from bot.grammar import Command, ParseError, ParseErrorKind
from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.mrkdwn import escape
from deploys.records.phases import Phase
from deploys.records.request import Verb
from deploys.records.typed_command import TypedCommand
from deploys.stores import audit
from deploys.stores.typed_commands import TypedCommands
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE, DEPLOYS_CHANNEL, BotHarness
from tests.bot.test_refused_requests import offered, press, refused
from tests.builders import a_plan, a_service, a_stop_start_service


@pytest.fixture
def catalogue() -> Catalogue:
    """alice and carol may run commands in web; nobody in api, not even those who deploy it."""
    web = a_service("web", may_run=(ALICE, CAROL), approvers=(BOB,), channels=(DEPLOYS_CHANNEL,))
    return Catalogue({each.name: each for each in (web, a_service("api"), a_stop_start_service("ledger"))})


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("run web -- ls", ["ls"]),
        ("run web   --   ls -l  /tmp", ["ls", "-l", "/tmp"]),
        ('run web -- python -c "print( 1,  2 )"', ["python", "-c", "print( 1,  2 )"]),
        ("run web -- sh -c 'a && b'", ["sh", "-c", "a && b"]),
        ("run web -- psql -c “select 1” —quiet", ["psql", "-c", "select 1", "--quiet"]),
        ("run web — rake -T", ["rake", "-T"]),
        ("run web -- rake -- -T", ["rake", "--", "-T"]),
        ("run web -- echo it\\'s", ["echo", "it's"]),
        ("run web -- curl <http://web.internal|web.internal>/x", ["curl", "web.internal/x"]),
        ("run web --\npython manage.py\n  migrate", ["python", "manage.py", "migrate"]),
    ],
)
def test_what_is_passed_on(text: str, arguments: list[str]) -> None:
    assert parse(escape(text) if "<" not in text else text) == Command(
        "run", ("web",), command_line=shlex.join(arguments)
    )


@given(
    st.lists(
        st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), min_size=1), min_size=1
    )
)
def test_what_a_shell_would_understand_is_passed_on_unchanged(arguments: list[str]) -> None:
    typed = f"run web -- {shlex.join(arguments)}"

    assert shlex.split(parse(escape(typed)).command_line) == arguments
    command = TypedCommand.of(arguments)
    assert command.has_secret or list(command.arguments) == arguments


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("run", ParseErrorKind.MISSING_SERVICE),
        ("run -- ls", ParseErrorKind.MISSING_SERVICE),
        ("run web", ParseErrorKind.MISSING_COMMAND),
        ("run web ls -l", ParseErrorKind.MISSING_COMMAND),
        ("run web --ls", ParseErrorKind.MISSING_COMMAND),
        ("run web -- ", ParseErrorKind.MISSING_COMMAND),
        ("run web now -- ls", ParseErrorKind.TOO_MANY_WORDS),
        ("run web,api -- ls", ParseErrorKind.SINGLE_SERVICE_ONLY),
        ("run web -- echo 'a", ParseErrorKind.UNCLOSED_QUOTE),
        (f"run web -- {'x' * 2001}", ParseErrorKind.COMMAND_TOO_LONG),
    ],
)
def test_what_is_not_understood(text: str, kind: ParseErrorKind) -> None:
    with pytest.raises(ParseError) as raised:
        parse(text)

    assert raised.value.kind is kind


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (
            "/deploy run web ls",
            "Which command? It goes behind `--`, and no shell reads it. Write `/deploy run SERVICE "
            "-- COMMAND`.",
        ),
        (
            "/deploy run web -- echo 'a",
            "A quote in the command is not closed. Nothing was run. Write `/deploy run SERVICE -- COMMAND`.",
        ),
        (f"/deploy run web -- {'x' * 2001}", "The command has 2001 characters; it may have 2000."),
    ],
)
def test_a_mistake_says_what_is_allowed(bot: BotHarness, typed: str, says: str) -> None:
    assert bot.type(typed).startswith(says)


def test_it_is_queued_and_the_answer_says_what_is_passed(bot: BotHarness) -> None:
    answer = bot.type("/deploy run web -- python manage.py 'clear cache'")

    deploy = bot.only_deploy()
    assert answer == (
        f"Queued: command `python manage.py 'clear cache'` in `web` (deploy `{deploy.id}`). Its "
        "thread follows here "
        "after the first checks. No shell reads it; it is passed as 3 arguments: `python`, "
        "`manage.py`, `clear cache`."
    )
    assert deploy.verb is Verb.RUN
    assert deploy.command == TypedCommand(line="python manage.py 'clear cache'")
    assert deploy.command.arguments == ("python", "manage.py", "clear cache")


def test_no_deploy_waits_for_it_and_it_waits_for_none(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    command = bot.type("/deploy run web -- ls")
    bot.type("/deploy cancel web 1.4.2")
    later = bot.type("/deploy restart web")

    assert command.startswith("Queued: command `ls` in `web` (deploy ")
    assert "number 2 in the queue of `web`, behind `1.4.2` by" in later
    again = bot.type("/deploy run web -- ls", by=CAROL)
    assert again.startswith(f"Nothing was added: <@{ALICE}> asked for the command `ls` in `web` ")


def test_nobody_may_unless_services_yml_names_them(bot: BotHarness) -> None:
    assert bot.type("/deploy run api -- ls", by=ALICE) == (
        "You may not run commands in `api`. Those who may: nobody, as `may_run` in `services.yml` says."
    )
    assert bot.type("/deploy run web -- ls", by=DAVE).startswith("You may not run commands in `web`.")
    assert bot.context.store.active() == []
    [first, *_] = audit.trail(bot.redis)
    assert (first["verb"], first["service"], first["target"], first["what"]) == (
        "run",
        "api",
        "ls",
        "refused",
    )


def test_what_looks_like_a_secret_is_shown_and_kept_nowhere_but_for_the_task(bot: BotHarness) -> None:
    answer = bot.type("/deploy run web -- login --password hunter2")

    deploy = bot.only_deploy()
    assert deploy.command == TypedCommand(line="login --password [redacted]", has_secret=True)
    assert answer.startswith(
        f"Queued: command `login --password [redacted]` in `web` (deploy `{deploy.id}`)."
    )
    assert answer.endswith(
        " What looks like a secret is not shown here, but ECS keeps it with the task, and CloudTrail "
        "logs it: better "
        "let the task read it from where the service does."
    )
    kept = TypedCommands(bot.redis)
    assert kept.find(deploy.id) == ("login", "--password", "hunter2")
    kept.forget(deploy.id)
    assert "hunter2" not in everything_in(bot.redis)


def test_a_refusal_keeps_no_secret_and_so_offers_no_button(bot: BotHarness) -> None:
    bot.type("/deploy lock web the graphs", by=ALICE)
    ack = bot.read_ack(bot.send_command("/deploy run web -- login --password hunter2", by=CAROL))

    assert "`web` is locked" in ack["text"]
    assert "blocks" not in ack
    assert "hunter2" not in everything_in(bot.redis)


def test_behind_a_lock_its_button_queues_the_same_command(bot: BotHarness) -> None:
    bot.type("/deploy lock web the graphs", by=ALICE)
    ack = bot.read_ack(bot.send_command("/deploy run web -- ls 'a b'", by=CAROL))
    assert "Queue it for when it is free" in offered(ack["blocks"])

    press(bot, buttons.QUEUE_BEHIND_LOCK, refused(bot).id, by=CAROL)
    assert bot.only_deploy().command == TypedCommand(line="ls 'a b'")


def test_who_may_run_commands_may_stop_those_of_others(bot: BotHarness) -> None:
    bot.type("/deploy run web -- sleep 600")
    bot.commit_step(bot.only_deploy(), phase=Phase.RUNNING_COMMAND)

    assert bot.type("/deploy cancel web", by=DAVE) == (
        f"You may not stop commands in `web`. Those who may: <@{ALICE}>, <@{CAROL}>, <@{BOB}>, as `may_run` "
        "and `approvers` in `services.yml` says."
    )
    assert bot.type("/deploy cancel web", by=CAROL).startswith(
        "Cancelling the command `sleep 600` in `web`: its task is stopped; what it has done so far "
        "is not undone."
    )


def test_what_it_is_called_in_lists_and_by_itself(bot: BotHarness) -> None:
    bot.type("/deploy run web -- rake -T")
    deploy = bot.commit_step(bot.only_deploy(), phase=Phase.RUNNING_COMMAND, plan=a_plan())

    assert "command `rake -T` in `web` is running" in bot.type("/deploy status web")
    shown = bot.type(f"/deploy show {deploy.id}").splitlines()
    assert "*Plan*: `rake -T` in container `web`, revision `web:1`" in shown


def everything_in(redis: Redis) -> str:
    """Whatever Redis holds, as text."""
    readers: dict[Any, Any] = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1),
        b"stream": redis.xrange,
    }
    return " ".join(str(readers[redis.type(key)](key)) for key in redis.scan_iter("*"))


def test_all_of_a_quoted_argument_is_the_secret(bot: BotHarness) -> None:
    bot.type("""/deploy run web -- login "password=it's two words" --region eu-west-1""")

    assert bot.only_deploy().command == TypedCommand(
        line="login password=[redacted] --region eu-west-1", has_secret=True
    )
