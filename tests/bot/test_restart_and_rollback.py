"""`/deploy restart SERVICE [why]` and `/deploy rollback SERVICE [TAG or deploy id]`"""

from __future__ import annotations

import pytest

from deploys.records.phases import Phase
from deploys.records.request import Verb
from tests.bot.bot_harness import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    DEPLOYS_CHANNEL,
    GENERAL_CHANNEL,
    RESPONSE_URL,
    RUNS_FOLLOWS,
    BotHarness,
)
from tests.builders import a_plan

THREAD = "1699999999.000001"


def test_a_restart_is_taken_in_and_the_workers_are_rung(bot: BotHarness) -> None:
    answer = bot.type("/deploy restart web it leaks memory")

    deploy = bot.only_deploy()
    assert (
        answer
        == f"Queued: restart of `web` (deploy `{deploy.id}`). Its thread follows here after the first checks."
    )
    assert (deploy.verb, deploy.tag, deploy.request.reason) == (Verb.RESTART, "", "it leaks memory")
    assert bot.context.threads.response_url(deploy.id) == RESPONSE_URL
    assert bot.queued_jobs() == [("advance", [deploy.id])]


@pytest.mark.parametrize(
    ("typed", "target", "name"),
    [
        ("/deploy rollback web", "", "rollback of `web`"),
        ("/deploy rollback web 1.4.1", "1.4.1", "rollback of `web` to `1.4.1`"),
        ("/deploy rollback web k3m9x2pq", "k3m9x2pq", "rollback of `web` to `k3m9x2pq`"),
    ],
)
def test_a_rollback_is_taken_in(bot: BotHarness, typed: str, target: str, name: str) -> None:
    answer = bot.type(typed)

    deploy = bot.only_deploy()
    assert answer == f"Queued: {name} (deploy `{deploy.id}`). Its thread follows here after the first checks."
    assert (deploy.verb, deploy.tag, deploy.rollback_target) == (Verb.ROLLBACK, "", target)


def test_in_a_thread_the_card_is_the_answer(bot: BotHarness) -> None:
    bot.mention("@slipway rollback web 1.4.1", thread=THREAD)

    deploy = bot.only_deploy()
    assert (deploy.verb, deploy.rollback_target, deploy.request.thread_ts) == (
        Verb.ROLLBACK,
        "1.4.1",
        THREAD,
    )
    assert bot.queued_answers() == []


def test_a_restart_that_needs_approval_says_so(bot: BotHarness) -> None:
    assert bot.type("/deploy restart ledger") == (
        f"Queued: restart of `ledger` (deploy `{bot.only_deploy().id}`). Its thread follows here after the "
        "first checks. Before anything is changed it needs 1 approval, from <!subteam^S02APPROVERS>."
    )


@pytest.mark.parametrize("typed", ["/deploy restart web", "/deploy rollback web 1.4.1"])
@pytest.mark.parametrize(
    ("who", "where", "answer"),
    [
        (
            CAROL,
            DEPLOYS_CHANNEL,
            f"You may not deploy `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>"
            ", as `deployers` in `services.yml` says.",
        ),
        (
            BOB,
            DEPLOYS_CHANNEL,
            f"You may not deploy `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>"
            ", as `deployers` in `services.yml` says.",
        ),
        (
            ALICE,
            GENERAL_CHANNEL,
            f"`web` may not be deployed from this channel, only from <#{DEPLOYS_CHANNEL}>"
            ", as `channels` in `services.yml` says.",
        ),
    ],
)
def test_access_is_that_of_deploying(bot: BotHarness, typed: str, who: str, where: str, answer: str) -> None:
    if "rollback" in typed:
        answer = answer.replace("You may not deploy", "You may not roll back")
    assert bot.type(typed, by=who, channel=where) == answer
    assert bot.context.store.active() == []
    assert bot.queued_jobs() == []


def test_a_restart_that_arrives_late_changes_nothing(bot: BotHarness) -> None:
    payload = bot.mention_payload("@slipway restart web", by=ALICE)
    bot.clock.advance(7)

    bot.send_json(payload)

    assert bot.context.store.active() == []
    [(_, _, _, text)] = bot.queued_answers()
    assert text == (
        "This reached me 7 s after you wrote it. You may have moved on since, so nothing was changed. "
        "Please write it again."
    )


def test_all_wait_in_one_line(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2", by=DAVE)
    bot.clock.advance(1)
    bot.type("/deploy restart web", by=DAVE)
    bot.clock.advance(1)
    bot.type("/deploy rollback web 1.4.1", by=DAVE)
    bot.clock.advance(1)

    answer = bot.type("/deploy rollback web")

    last = bot.context.store.active()[-1]
    assert answer == (
        f"Queued: rollback of `web` (deploy `{last.id}`), number 4 in the queue of `web`, behind `1.4.2` by "
        f"<@{DAVE}>, a restart by <@{DAVE}>, a rollback to `1.4.1` by <@{DAVE}>. It starts by itself. Its "
        "thread follows here."
    )


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("/deploy restart web", "the restart of `web`"),
        ("/deploy rollback web", "the rollback of `web`"),
        ("/deploy rollback web 1.4.1", "the rollback of `web` to `1.4.1`"),
    ],
)
def test_the_same_errand_asked_for_again_leads_to_the_first(bot: BotHarness, typed: str, name: str) -> None:
    bot.type(typed, by=DAVE)
    first = bot.only_deploy()
    link = bot.post_card(first)
    bot.clock.advance(130)

    answer = bot.type(typed)

    assert bot.only_deploy().id == first.id
    assert answer == (
        f"Nothing was added: <@{DAVE}> asked for {name} 2 min ago, and it is queued. See <{link}|its thread> "
        f"(deploy `{first.id}`)."
    )


def test_rollbacks_to_different_versions_are_different_errands(bot: BotHarness) -> None:
    bot.type("/deploy rollback web 1.4.1")
    bot.type("/deploy rollback web 1.4.0")

    assert {each.rollback_target for each in bot.context.store.active()} == {"1.4.1", "1.4.0"}


def test_status_names_them_before_and_after_the_plan(bot: BotHarness) -> None:
    bot.type("/deploy restart api", by=CAROL)
    restart = bot.commit_step(bot.only_deploy(), phase=Phase.FOLLOWING, tag="1.4.0", plan=a_plan(tag="1.4.0"))
    bot.clock.advance(1)
    bot.type("/deploy rollback web")
    rollback = bot.context.store.active()[1]
    bot.clock.advance(59)

    assert bot.type("/deploy status") == (
        "*Under way*\n"
        f"• restart of `api` `1.4.0` rolls out; asked for 1 min ago by <@{CAROL}>; its thread "
        f"(deploy `{restart.id}`)\n"
        "\n"
        "*Queued*\n"
        f"• rollback of `web` is queued; asked for 59 s ago by <@{ALICE}>; its thread "
        f"(deploy `{rollback.id}`)\n\n{RUNS_FOLLOWS}"
    )


def test_cancelling_names_what_is_brought_back(bot: BotHarness) -> None:
    bot.type("/deploy restart web")
    restart = bot.commit_step(
        bot.only_deploy(),
        phase=Phase.FOLLOWING,
        ecs={"update_tried": True},
        tag="1.4.0",
        plan=a_plan(tag="1.4.0"),
    )

    assert bot.type("/deploy cancel web") == (
        "Cancelling the restart of `web` `1.4.0`: it has begun, so it is rolled back to `web:1`. See "
        "its thread."
    )
    assert bot.type(f"/deploy cancel {restart.id}", by=DAVE) == (
        f"The restart of `web` `1.4.0` is being cancelled already: <@{ALICE}> asked for it. Its thread says "
        "how it ends."
    )


def test_a_choice_names_them(bot: BotHarness) -> None:
    bot.type("/deploy restart web")
    bot.clock.advance(1)
    bot.type("/deploy rollback web 1.4.1")
    first, second = bot.context.store.active()

    ack = bot.read_ack(bot.send_command("/deploy cancel web"))

    assert ack["text"] == (
        "Which one? Nothing was cancelled yet.\n"
        f"• restart of `web` is queued: `/deploy cancel {first.id}`\n"
        f"• rollback of `web` to `1.4.1` is queued: `/deploy cancel {second.id}`"
    )
    [one, other] = [block["accessory"] for block in ack["blocks"][1:]]
    assert one["text"]["text"] == "Cancel restart of web"
    assert other["text"]["text"] == "Cancel rollback of web to 1.4.1"
    assert [each["text"] for each in (other["confirm"]["title"], other["confirm"]["text"])] == [
        "Cancel this rollback?",
        "The rollback of web to 1.4.1 is withdrawn, or rolled back if it has begun to change the service.",
    ]
    assert other["confirm"]["confirm"]["text"] == "Cancel the rollback"
