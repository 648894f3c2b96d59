"""A refusal that a person can lift has a button that does so, for that person, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_bolt import BoltRequest

from deploys import buttons
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.refused_request import RefusedRequest
from deploys.records.thread_messages import QuestionKind, QuestionRef
from deploys.redis_connection import to_text
from deploys.stores import redis_keys
from deploys.stores.refused_requests import KEPT_SECONDS
from tests.bot.bot_harness import (
    ALICE,
    CAROL,
    DAVE,
    DEPLOYS_CHANNEL,
    GENERAL_CHANNEL,
    RESPONSE_URL,
    RUNS_FOLLOWS,
    BotHarness,
)
from tests.builders import a_deploy

THREAD = "1699999999.000001"


def refused(bot: BotHarness) -> RefusedRequest:
    """The one refused request that is kept."""
    [key] = bot.redis.keys(redis_keys.refused_request("*"))
    found = bot.context.refused_requests.find(to_text(key).rpartition(":")[2])
    assert found is not None
    return found


def offered(blocks: list[dict[str, Any]]) -> list[str]:
    """The labels of the buttons."""
    return [
        each["text"]["text"] for block in blocks if block["type"] == "actions" for each in block["elements"]
    ]


def privately_offered(bot: BotHarness) -> list[str]:
    """The buttons of the last answer that a worker is to send."""
    answer_id = [job[1][4] for job in bot.queued_jobs() if job[0] == "answer_privately"][-1]
    return offered(bot.context.threads.answer_blocks(answer_id)[0])


def press(bot: BotHarness, action_id: str, request_id: str, *, by: str = ALICE, **how: Any) -> str:
    """Presses the button on the private answer, and returns what this person reads."""
    bot.clear_jobs()
    bot.click(action_id, a_deploy(id=request_id), by=by, **{"ephemeral": True, "question": 0, **how})
    answers = bot.queued_answers()
    return answers[-1][3] if answers else ""


def test_a_misspelt_service_comes_with_the_one_that_is_meant(bot: BotHarness) -> None:
    ack = bot.read_ack(bot.send_command("/deploy wbe 1.4.2 new prices"))

    assert ack["text"].startswith("There is no service `wbe` here. Did you mean `web`?")
    assert offered(ack["blocks"]) == ["I mean web"]
    assert ack["blocks"][0]["text"]["text"] == ack["text"]
    assert ack["blocks"][1]["elements"][0]["confirm"]["text"]["text"] == (
        "This does what typing /deploy web 1.4.2 does."
    )

    assert press(bot, buttons.SUGGESTED_NAME, refused(bot).id).startswith("Queued: `web` `1.4.2`")
    new = bot.only_deploy()
    assert (new.service.name, new.tag, new.request.reason) == ("web", "1.4.2", "new prices")
    assert (new.request.requester, new.request.channel) == (ALICE, DEPLOYS_CHANNEL)


def test_where_nothing_is_similar_there_is_no_button(bot: BotHarness) -> None:
    assert "blocks" not in bot.read_ack(bot.send_command("/deploy zzzzzz 1.4.2"))
    assert bot.redis.keys(redis_keys.refused_request("*")) == []


def test_a_query_asks_for_no_confirmation(bot: BotHarness) -> None:
    [_, row] = bot.type_for_blocks("/deploy status wbe")

    assert "confirm" not in row["elements"][0]
    assert (
        press(bot, buttons.SUGGESTED_NAME, refused(bot).id)
        == f"Nothing of `web` is under way.\n\n{RUNS_FOLLOWS}"
    )


def test_after_a_mention_the_button_comes_from_a_worker_and_repeats_it_in_the_thread(bot: BotHarness) -> None:
    bot.mention("@slipway deploy wbe 1.4.2", thread=THREAD)

    assert privately_offered(bot) == ["I mean web"]
    press(bot, buttons.SUGGESTED_NAME, refused(bot).id, channel="D01ALICE00", ephemeral=False)
    new = bot.only_deploy()
    assert (new.request.channel, new.request.thread_ts) == (DEPLOYS_CHANNEL, THREAD)


def test_what_came_too_late_can_be_sent_again(bot: BotHarness) -> None:
    bot.mention("@slipway deploy web 1.4.2", ts=f"{bot.clock() - 30:.6f}")

    assert privately_offered(bot) == ["Send it again"]
    assert bot.context.store.active() == []
    assert press(bot, buttons.SEND_AGAIN, refused(bot).id).startswith("Queued: `web` `1.4.2`")


def test_a_command_that_slack_gave_up_is_answered_by_a_worker_as_well(bot: BotHarness) -> None:
    form = bot.command_payload("/deploy web 1.4.2")
    body, kind = urlencode(form), "application/x-www-form-urlencoded"
    headers = bot.signed_headers(body, kind)
    bot.clock.advance(30)
    bot.app.dispatch(BoltRequest(body=body, headers=headers))

    assert privately_offered(bot) == ["Send it again"]
    assert bot.response_urls() == [RESPONSE_URL]


def test_it_works_once(bot: BotHarness) -> None:
    bot.type("/deploy wbe 1.4.2")
    request_id = refused(bot).id
    press(bot, buttons.SUGGESTED_NAME, request_id)

    assert press(bot, buttons.SUGGESTED_NAME, request_id) == (
        "This button was used already, or is older than an hour. Nothing was changed. Please send the "
        "request again."
    )
    assert len(bot.context.store.active()) == 1


def test_of_many_presses_at_once_one_counts(bot: BotHarness) -> None:
    bot.type("/deploy wbe 1.4.2")
    choice = a_deploy(id=refused(bot).id)
    bot.clear_jobs()

    def click(_: int) -> int:
        return bot.click(buttons.SUGGESTED_NAME, choice, by=ALICE, ephemeral=True, question=0).status

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(click, range(20))) == {200}
    assert len(bot.context.store.recent(None, 30)) == 1
    texts = [text for *_, text in bot.queued_answers()]
    assert sum(text.startswith("Queued") for text in texts) == 1


def test_it_works_for_an_hour(bot: BotHarness) -> None:
    bot.type("/deploy wbe 1.4.2")

    left = bot.redis.ttl(redis_keys.refused_request(refused(bot).id))
    assert KEPT_SECONDS - 60 < left <= KEPT_SECONDS


@pytest.mark.parametrize("by", [CAROL, DAVE])
def test_nobody_else_may_press_it_and_it_stays(bot: BotHarness, by: str) -> None:
    bot.type("/deploy wbe 1.4.2")
    request_id = refused(bot).id

    assert press(bot, buttons.SUGGESTED_NAME, request_id, by=by).startswith(
        f"This button was offered to <@{ALICE}>"
    )
    assert bot.context.store.active() == []
    assert press(bot, buttons.SUGGESTED_NAME, request_id).startswith("Queued")


def test_a_press_that_slack_delivered_late_uses_nothing_up(bot: BotHarness) -> None:
    bot.type("/deploy wbe 1.4.2")
    request_id = refused(bot).id
    payload = bot.click_payload(
        buttons.SUGGESTED_NAME, a_deploy(id=request_id), by=ALICE, ephemeral=True, question=0
    )
    payload["actions"][0]["action_ts"] = f"{bot.clock() - 30:.6f}"

    bot.send_payload(payload)

    assert bot.context.store.active() == []
    assert press(bot, buttons.SUGGESTED_NAME, request_id).startswith("Queued")


def test_access_is_checked_when_it_is_pressed(bot: BotHarness) -> None:
    bot.type("/deploy wbe 1.4.2", by=CAROL)
    request_id = refused(bot).id

    assert press(bot, buttons.SUGGESTED_NAME, request_id, by=CAROL).startswith("You may not deploy `web`.")
    assert bot.context.store.active() == []


def test_it_counts_from_where_it_was_typed(bot: BotHarness) -> None:
    bot.type("/deploy wbe 1.4.2")
    elsewhere = refused(bot).evolve(request={"channel": GENERAL_CHANNEL})
    bot.context.refused_requests.save(elsewhere)

    answer = press(bot, buttons.SUGGESTED_NAME, elsewhere.id, channel=DEPLOYS_CHANNEL)
    assert answer.startswith("`web` may not be deployed from this channel")
    assert bot.context.store.active() == []


@pytest.mark.parametrize("action_id", [buttons.SEND_AGAIN, buttons.SUGGESTED_NAME])
def test_a_made_up_id_does_nothing(bot: BotHarness, action_id: str) -> None:
    assert press(bot, action_id, "zzzzzzzz").startswith("This button was used already")
    assert bot.context.store.active() == []


def test_a_button_that_was_not_offered_does_nothing_it_could_not_do(bot: BotHarness) -> None:
    bot.mention("@slipway deploy web 1.4.2", ts=f"{bot.clock() - 30:.6f}")

    assert press(bot, buttons.SUGGESTED_NAME, refused(bot).id).startswith("This button was used already")
    assert bot.context.store.active() == []


def test_of_a_list_the_services_that_were_not_refused_can_be_deployed(bot: BotHarness) -> None:
    ack = bot.read_ack(bot.send_command("/deploy web,api 1.4.2", by=CAROL))

    assert offered(ack["blocks"]) == ["Ask somebody who may", "Deploy only api"]
    assert press(bot, buttons.DEPLOY_OTHERS, refused(bot).id, by=CAROL).startswith("Queued: `api` `1.4.2`")
    assert [each.service.name for each in bot.context.store.active()] == ["api"]


def ask_for_approval(bot: BotHarness) -> Deploy:
    """alice's deploy of ledger, which waits for an approval."""
    bot.type("/deploy ledger 1.4.2")
    waiting = bot.commit_step(
        bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1, "shown_at": bot.clock()}
    )
    bot.clear_jobs()
    return waiting


def test_who_may_not_approve_asks_an_approver_in_the_thread(bot: BotHarness) -> None:
    deploy = ask_for_approval(bot)
    bot.click(buttons.APPROVE, deploy, by=CAROL)
    assert privately_offered(bot) == ["Ask an approver"]

    assert press(bot, buttons.ASK_APPROVER, refused(bot).id, by=CAROL) == (
        "Asked <!subteam^S02APPROVERS> in its thread."
    )
    changed = bot.only_deploy()
    assert [each.text for each in changed.thread_messages] == [
        f"<!subteam^S02APPROVERS>: <@{CAROL}> asks for a decision about `ledger` `1.4.2`."
    ]
    asks = QuestionRef(kind=QuestionKind.APPROVAL, number=1)
    assert [each.question for each in changed.thread_messages] == [asks], "it says at last who decided"
    assert changed.approval.decisions == ()
    assert ("publish", []) in bot.queued_jobs()

    bot.click(buttons.APPROVE, deploy, by=CAROL)
    assert press(bot, buttons.ASK_APPROVER, refused(bot).id, by=CAROL).startswith("They were asked")
    assert len(bot.only_deploy().thread_messages) == 1


def test_nobody_is_asked_about_what_is_decided(bot: BotHarness) -> None:
    deploy = ask_for_approval(bot)
    bot.click(buttons.APPROVE, deploy, by=CAROL)
    bot.commit_step(deploy, phase=Phase.UPDATING)

    assert press(bot, buttons.ASK_APPROVER, refused(bot).id, by=CAROL).startswith("This question is closed")
    assert bot.only_deploy().thread_messages == ()
