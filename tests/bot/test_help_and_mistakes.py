"""`/deploy help`, `/deploy` alone, and everything that is not a command."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys.catalogue.catalogue import Catalogue
from tests.bot.bot_harness import (
    BOT_IDENTITY,
    DEPLOYS_CHANNEL,
    GENERAL_CHANNEL,
    BotHarness,
    ManualClock,
    bot_with,
)
from tests.builders import a_stop_start_service

USAGE = f"""\
• `/deploy SERVICE TAG [reason]` deploys an image tag, such as `1.4.2`
• a reason such as `on call` or `--force` goes behind a colon: `/deploy web 1.4.2: on call`
• `/deploy SERVICE,SERVICE TAG [reason]` deploys several at once
• `/deploy plan SERVICE TAG` shows what that would change, and changes nothing
• `/deploy tags SERVICE` lists the newest tags, and which one runs
• `/deploy restart SERVICE [reason]` starts the same version in new tasks
• `/deploy rollback SERVICE [TAG or deploy id]` brings back what ran well before
• `/deploy override SERVICE TAG REASON` deploys although the service is frozen, for those who may
• `/deploy follow SERVICE` follows a rollout that was started outside Slipway
• `/deploy status [SERVICE]` shows what runs, is under way, waits, is locked or frozen, or ended lately
• `/deploy history [SERVICE]` lists the last deploys, how they ended and how long they took
• `/deploy stats [SERVICE]` shows deployment frequency, lead time, failure rate and time to restore
• `/deploy show ID` shows all of one deploy or batch, with its audit trail
• `/deploy access SERVICE` explains what you may do with it here, and who may
• `/deploy reject SERVICE or id REASON` rejects what waits for approval, and says why
• `/deploy cancel [SERVICE, group or id] [reason]` withdraws it, or rolls back what has begun
• `/deploy logs SERVICE [container] [lines]` shows the last lines of its newest tasks, to you alone
• `/deploy scale SERVICE COUNT [reason]` sets how many tasks run; says what auto scaling will do
• `/deploy run SERVICE -- COMMAND` runs a command once, in a task of its own, for those who may
• `/deploy lock SERVICE [for 2h] REASON` keeps others from deploying it
• `/deploy lock web for 2h checking the graphs`; also a group, or `*` for all
• `/deploy unlock SERVICE [reason]` ends a lock
• `/deploy locks` lists what is locked
• `/deploy stop-all REASON` pauses every deploy at its next safe point
• `/deploy resume-all [reason]` lets deploys go on again
• `/deploy help` shows this

*Services*
• `web`
• `api`
• `ledger` (stop-start, which means downtime; needs 1 approval)

Slash commands do not work in threads. Write <@{BOT_IDENTITY.user}> `deploy SERVICE TAG` there."""


@pytest.mark.parametrize("typed", ["/deploy help", "/deploy Help"])
def test_usage_names_this_workspaces_services(bot: BotHarness, typed: str) -> None:
    assert bot.type(typed) == USAGE


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        (
            "/deploy web 1.4!",
            "`1.4!` is not an image tag. A tag has letters, digits, `_`, `.` and `-`, 128 at most, and "
            "begins with a letter, a digit or `_`.",
        ),
        (
            "/deploy web <b>&`x`",
            "`&lt;b&gt;&amp;’x` is not an image tag. A tag has letters, digits, `_`, `.` and `-`, 128 at "
            "most, and begins with a letter, a digit or `_`.",
        ),
        (
            "/deploy web registry.example:5000/team/web:1.4.2",
            "Write the tag alone: `/deploy web 1.4.2`.",
        ),
        (
            "/deploy web sha256:0123abcd",
            "`sha256:0123abcd` is a digest. Write a tag: `/deploy web TAG`.",
        ),
        ("/deploy help me", "`help` takes less than that: `/deploy help`."),
        ("/deploy stats web api", "`stats` takes less than that: `/deploy stats [SERVICE]`."),
        ("/deploy status web api", "`status` takes less than that: `/deploy status [SERVICE]`."),
        (
            "/deploy cancel web api",
            "`cancel` takes less than that: `/deploy cancel [SERVICE, group or id] [reason]`.",
        ),
        (
            "/deploy reject web",
            "Why? Other people will read the reason. Write `/deploy reject SERVICE or id REASON`.",
        ),
        ("/deploy freeze web", "There is no command `freeze`."),
        ("/deploy lock", "Which one? Write `/deploy lock SERVICE [for 2h] REASON`."),
        (
            "/deploy lock web for 2h",
            "Why? Other people will read the reason. Write `/deploy lock SERVICE [for 2h] REASON`.",
        ),
        (
            "/deploy lock web for 2 hours the graphs",
            "`2 hours` is not a duration; write one such as `90m`, `2h` or `1h30m`. Did you mean `2h`? Write "
            "`/deploy lock SERVICE [for 2h] REASON`.",
        ),
        (
            "/deploy lock web for 2hx the graphs",
            "`2hx` is not a duration; write one such as `90m`, `2h` or `1h30m`. Did you mean `2h`? Write "
            "`/deploy lock SERVICE [for 2h] REASON`.",
        ),
        (
            "/deploy lock web for 5s the graphs",
            "`5s` is out of range; anything from `1m` to `30d` is allowed. Write "
            "`/deploy lock SERVICE [for 2h] REASON`.",
        ),
        (
            "/deploy stop-all",
            "Why? Other people will read the reason. Write `/deploy stop-all REASON`.",
        ),
        ("/deploy plan", "Which service? Write `/deploy plan SERVICE TAG`."),
        ("/deploy plan web", "Which tag of `web`? Write `/deploy plan web TAG`."),
        ("/deploy plan web web:1.4.2", "Write the tag alone: `/deploy plan web 1.4.2`."),
        (
            "/deploy plan web 1.4.2 now",
            "`plan` takes less than that: `/deploy plan SERVICE TAG`.",
        ),
        ("/deploy tags", "Which service? Write `/deploy tags SERVICE`."),
        ("/deploy follow", "Which service? Write `/deploy follow SERVICE`."),
        ("/deploy follow web 1.4.2", "`follow` takes less than that: `/deploy follow SERVICE`."),
        ("/deploy restart", "Which service? Write `/deploy restart SERVICE [reason]`."),
        ("/deploy rollback", "Which service? Write `/deploy rollback SERVICE [TAG or deploy id]`."),
        (
            "/deploy rollback web sha256:0123abcd",
            "`sha256:0123abcd` is a digest. Write a tag: `/deploy rollback web TAG`.",
        ),
        (
            "/deploy rollback web 1.4.1 it is bad",
            "`rollback` takes less than that: `/deploy rollback SERVICE [TAG or deploy id]`.",
        ),
        ("/deploy rolback web", "I do not know `rolback`. Did you mean `/deploy rollback`?"),
        ("/deploy restrat web", "I do not know `restrat`. Did you mean `/deploy restart`?"),
        ("/deploy stauts", "I do not know `stauts`. Did you mean `/deploy status`?"),
        ("/deploy cancle web", "I do not know `cancle`. Did you mean `/deploy cancel`?"),
        (
            "/deploy web to staging",
            "`to` is not taken for a tag, and you cannot choose a place: `services.yml` says where each "
            "service is deployed. Write `/deploy web TAG`.",
        ),
        (
            "/deploy rollback web to 1.4.1",
            "`to` is not taken for a tag, and you cannot choose a place: `services.yml` says where each "
            "service is deployed. Write `/deploy rollback web 1.4.1`.",
        ),
        (
            "/deploy web,api 1.4.2 to staging",
            "`to staging` reads like a place or an option, and there are none: `services.yml` says where "
            "each service is deployed. Nothing was changed. Write `/deploy web,api 1.4.2`. If it is the "
            "reason, put a colon before it: `/deploy web,api 1.4.2: to staging`.",
        ),
        (
            "/deploy restart web --env staging",
            "`--env staging` reads like a place or an option, and there are none: `services.yml` says where "
            "each service is deployed. Nothing was changed. Write `/deploy restart web`. If it is the "
            "reason, put a colon before it: `/deploy restart web: --env staging`.",
        ),
        (
            "/deploy plan web 1.4.2 on staging",
            "`on staging` reads like a place or an option, and there are none: `services.yml` says where "
            "each service is deployed. Nothing was changed. Write `/deploy plan web 1.4.2`.",
        ),
        (
            f"/deploy web {'x' * 40_000}",
            f"`{'x' * 79}…` is not an image tag. A tag has letters, digits, `_`, `.` and `-`, 128 at most, "
            "and begins with a letter, a digit or `_`.",
        ),
        (
            "/deploy web 1.4.2 " + "why " * 200,
            "The reason has 799 characters; it may have 500.",
        ),
    ],
)
def test_a_mistake_is_named_above_the_usage(bot: BotHarness, typed: str, wrong: str) -> None:
    assert bot.type(typed) == f"{wrong}\n\n{USAGE}"
    assert bot.context.store.active() == []


@pytest.mark.parametrize(
    "typed",
    [
        "/deploy wbe",
        "/deploy wbe 1.4!",
        "/deploy wbe status",
        "/deploy plan wbe",
        "/deploy plan wbe 1.4.2",
        "/deploy tags wbe",
        "/deploy restart wbe",
        "/deploy rollback wbe 1.4.1",
    ],
)
def test_a_service_that_is_unknown_is_named_first(bot: BotHarness, typed: str) -> None:
    assert bot.type(typed) == (
        "There is no service `wbe` here. Did you mean `web`? `/deploy help` lists all of them."
    )


def test_many_services_stay_within_slacks_limits(redis: Redis, clock: ManualClock) -> None:
    many = [a_stop_start_service(f"service-{number}-{'x' * 40}") for number in range(100)]
    catalogue = Catalogue({each.name: each for each in many})
    bot = bot_with(catalogue, redis, clock)

    ack = bot.read_ack(bot.send_command("/deploy help"))

    assert len(ack["text"]) <= 4000
    assert "\n• and " in ack["text"]
    assert all(len(block.get("text", {}).get("text", "")) <= 3000 for block in ack["blocks"])


def test_the_blocks_say_the_same_as_the_text(bot: BotHarness) -> None:
    shown = [
        block["elements"][0]["text"] if block["type"] == "context" else block["text"]["text"]
        for block in bot.type_for_blocks("/deploy help")
    ]

    assert "\n\n".join(shown) == USAGE


def test_who_sees_no_service_is_helped_too(redis: Redis, clock: ManualClock) -> None:
    secret = a_stop_start_service("ledger", channels=(DEPLOYS_CHANNEL,))
    bot = bot_with(Catalogue({"ledger": secret}), redis, clock)

    answer = bot.type("/deploy help", channel=GENERAL_CHANNEL)

    assert (
        "• a reason such as `on call` or `--force` goes behind a colon: `/deploy web 1.4.2: on call`"
        in answer
    )
    assert "*Services*\nYou may see none here." in answer
