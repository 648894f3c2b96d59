"""`/deploy follow SERVICE`, and the button *Follow it* on a deploy refused for an external rollout."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploys import buttons
from deploys.records.approval import Cancel
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from tests.bot.bot_harness import (
    ALICE,
    BOB,
    CARD_TS,
    CAROL,
    DEPLOYS_CHANNEL,
    GENERAL_CHANNEL,
    RESPONSE_URL,
    RUNS_FOLLOWS,
    BotHarness,
)
from tests.slack_directory import TEAM

THREAD = "1699999999.000001"
NOT_A_DEPLOYER = (
    f"You may not deploy `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>, as `deployers` in "
    "`services.yml` says."
)
WRONG_CHANNEL = (
    f"`web` may not be deployed from this channel, only from <#{DEPLOYS_CHANNEL}>, as `channels` in "
    "`services.yml` says."
)


def follow_rollout(bot: BotHarness, **changes: Any) -> Deploy:
    """`/deploy follow web` by alice, as a worker left it."""
    bot.type("/deploy follow web")
    seen = {"phase": Phase.FOLLOWING_EXTERNAL, "tag": "1.4.2", "ecs": {"deployment_id": "ecs-svc/7"}}
    deploy = bot.commit_step(bot.only_deploy(), **{**seen, **changes})
    bot.clear_jobs()
    return deploy


def refuse_deploy(bot: BotHarness) -> Deploy:
    """A deploy of web that found somebody else's rollout in its way."""
    bot.type("/deploy web 1.4.2")
    deploy = bot.only_deploy()
    bot.post_card(deploy)
    ended = bot.commit_step(
        deploy,
        phase=Phase.ENDED,
        outcome=Outcome.REFUSED,
        ended_at=bot.clock(),
        refusal={"external_deployment_id": "ecs-svc/7"},
    )
    bot.clear_jobs()
    return ended


def test_it_is_taken_in_and_the_workers_are_rung(bot: BotHarness) -> None:
    answer = bot.type("/deploy follow web")

    deploy = bot.only_deploy()
    assert answer == (
        f"Queued: following the external rollout of `web` (deploy `{deploy.id}`). Its thread follows here "
        "after the first checks."
    )
    assert (deploy.verb, deploy.tag, deploy.phase) == (Verb.FOLLOW, "", Phase.WAITING)
    assert bot.context.threads.response_url(deploy.id) == RESPONSE_URL
    assert bot.queued_jobs() == [("advance", [deploy.id])]


def test_in_a_thread_the_card_is_the_answer(bot: BotHarness) -> None:
    bot.mention("@slipway follow web", thread=THREAD)

    deploy = bot.only_deploy()
    assert (deploy.verb, deploy.request.thread_ts) == (Verb.FOLLOW, THREAD)
    assert bot.queued_answers() == []


def test_it_needs_no_approval_since_nothing_is_changed(bot: BotHarness) -> None:
    assert bot.type("/deploy follow ledger").endswith("Its thread follows here after the first checks.")


@pytest.mark.parametrize(
    ("who", "where", "answer"),
    [(CAROL, DEPLOYS_CHANNEL, NOT_A_DEPLOYER), (ALICE, GENERAL_CHANNEL, WRONG_CHANNEL)],
)
def test_access_is_that_of_deploying_since_deploys_wait_meanwhile(
    bot: BotHarness, who: str, where: str, answer: str
) -> None:
    assert bot.type("/deploy follow web", by=who, channel=where) == answer
    assert bot.context.store.active() == []


def test_the_same_wish_again_leads_to_the_thread(bot: BotHarness) -> None:
    deploy = follow_rollout(bot)
    link = bot.post_card(deploy)

    assert bot.type("/deploy follow web") == (
        f"Nothing was added: <@{ALICE}> asked to follow the external rollout of `web` to `1.4.2` just now, "
        f"and it is followed. See <{link}|its thread> (deploy `{deploy.id}`)."
    )


def test_a_deploy_asked_for_meanwhile_waits_in_the_queue(bot: BotHarness) -> None:
    follow_rollout(bot)

    answer = bot.type("/deploy web 1.5.0")

    deploy = bot.context.store.active()[-1]
    assert answer == (
        f"Queued: `web` `1.5.0` (deploy `{deploy.id}`), number 2 in the queue of `web`, behind an external "
        f"rollout to `1.4.2` followed for <@{ALICE}>. It starts by itself. Its thread follows here."
    )


def test_a_rollout_of_ours_is_not_external(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    deploy = bot.commit_step(bot.only_deploy(), phase=Phase.FOLLOWING, ecs={"update_tried": True})
    link = bot.post_card(deploy)

    assert bot.type("/deploy follow web") == (
        f"There is no external rollout to follow: `web` `1.4.2`, asked for by <@{ALICE}>, rolls out. "
        f"<{link}|Its thread> shows how it goes."
    )
    assert len(bot.context.store.active()) == 1


def test_behind_a_deploy_that_has_not_begun_it_waits(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")

    assert "number 2 in the queue of `web`" in bot.type("/deploy follow web")


def test_status_says_for_whom_it_is_followed(bot: BotHarness) -> None:
    deploy = follow_rollout(bot)

    assert bot.type("/deploy status web") == (
        f"*Under way* of `web`\n• external rollout of `web` to `1.4.2` is followed; followed for <@{ALICE}>, "
        f"who asked just now; its thread (deploy `{deploy.id}`)\n\n{RUNS_FOLLOWS}"
    )


@pytest.mark.parametrize(
    ("outcome", "standing"),
    [
        (Outcome.SUCCEEDED, "succeeded"),
        (Outcome.ROLLED_BACK, "was rolled back"),
        (Outcome.CANCELLED, "stopped being followed"),
        (Outcome.EXPIRED, "did not end in time and stopped being followed"),
        (Outcome.REFUSED, "could not be followed"),
    ],
)
def test_status_says_how_it_ended(bot: BotHarness, outcome: Outcome, standing: str) -> None:
    deploy = follow_rollout(bot, phase=Phase.ENDED, outcome=outcome, ended_at=bot.clock())

    line, _, _ = bot.type("/deploy status web").splitlines()[-3:]
    assert line == (
        f"• external rollout of `web` to `1.4.2` {standing} just now; followed for <@{ALICE}>; its thread "
        f"(deploy `{deploy.id}`)"
    )


def test_cancel_stops_following(bot: BotHarness) -> None:
    deploy = follow_rollout(bot)

    assert bot.type("/deploy cancel web") == (
        "I stop following the external rollout of `web` to `1.4.2`; it goes on in ECS. See its thread."
    )
    assert bot.only_deploy().cancel == Cancel(user=ALICE, team=TEAM, channel=DEPLOYS_CHANNEL, at=bot.clock())
    assert bot.type(f"/deploy cancel {deploy.id}") == (
        f"Following the external rollout of `web` to `1.4.2` is being cancelled already: <@{ALICE}> asked "
        "for it. Its thread says how it ends."
    )


def test_among_several_it_is_offered_by_what_it_does(bot: BotHarness) -> None:
    follow_rollout(bot)
    bot.type("/deploy web 1.5.0")

    shown = bot.type_for_blocks("/deploy cancel web")

    labels = [block["accessory"]["text"]["text"] for block in shown if "accessory" in block]
    assert labels == ["Stop following", "Cancel web 1.5.0"]


# The button


def test_the_button_is_the_command(bot: BotHarness) -> None:
    deploy = refuse_deploy(bot)

    bot.click(buttons.FOLLOW, deploy, by=ALICE)

    new = bot.only_deploy()
    assert (new.verb, new.service.name, new.request.requester, new.request.channel) == (
        Verb.FOLLOW,
        "web",
        ALICE,
        DEPLOYS_CHANNEL,
    )
    assert bot.queued_jobs() == [("advance", [new.id])]


def test_a_second_press_leads_to_the_thread(bot: BotHarness) -> None:
    deploy = refuse_deploy(bot)
    bot.click(buttons.FOLLOW, deploy, by=ALICE)

    bot.click(buttons.FOLLOW, deploy, by=ALICE)

    assert len(bot.context.store.active()) == 1
    [(channel, _, user, text)] = bot.queued_answers()
    assert (channel, user) == (DEPLOYS_CHANNEL, ALICE)
    assert text.startswith(f"Nothing was added: <@{ALICE}> asked to follow the external rollout of `web`")


def test_the_button_asks_whether_they_may(bot: BotHarness) -> None:
    deploy = refuse_deploy(bot)

    bot.click(buttons.FOLLOW, deploy, by=BOB)

    assert [text for _, _, _, text in bot.queued_answers()] == [NOT_A_DEPLOYER]
    assert bot.context.store.active() == []


def test_a_late_press_changes_nothing(bot: BotHarness) -> None:
    deploy = refuse_deploy(bot)
    payload = bot.click_payload(buttons.FOLLOW, deploy, by=ALICE)
    payload["actions"][0]["action_ts"] = f"{bot.clock() - 7:.6f}"

    bot.send_form({"payload": json.dumps(payload)})

    [(_, _, _, text)] = bot.queued_answers()
    assert text.startswith("This reached me 7 s after you sent it")
    assert bot.context.store.active() == []


def test_a_button_on_an_old_card_does_nothing(bot: BotHarness) -> None:
    deploy = refuse_deploy(bot)

    bot.click(buttons.FOLLOW, deploy, by=ALICE, message_ts=f"{float(CARD_TS) - 1:.6f}")

    [(_, _, _, text)] = bot.queued_answers()
    assert text.startswith("This message is out of date")
    assert bot.context.store.active() == []
