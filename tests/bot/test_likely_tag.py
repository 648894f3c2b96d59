"""The button that deploys the tag which was likely meant."""

from __future__ import annotations

from typing import Any

import pytest

from deploys import buttons
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_state import ThreadState
from tests.bot.bot_harness import ALICE, CAROL, DAVE, DEPLOYS_CHANNEL, RESPONSE_URL, BotHarness

THREAD = "1699999999.000001"


def refuse_deploy(bot: BotHarness, typed: str, **changes: Any) -> Deploy:
    """What alice typed, refused by its first checks."""
    bot.type(typed)
    return end_refused(bot, bot.only_deploy(), **changes)


def end_refused(bot: BotHarness, deploy: Deploy, **changes: Any) -> Deploy:
    ended = bot.commit_step(
        deploy,
        **{
            "phase": Phase.ENDED,
            "outcome": Outcome.REFUSED,
            "ended_at": bot.clock(),
            "refusal": {"likely_tags": ("1.4.2",)},
            **changes,
        },
    )
    bot.clear_jobs()
    return ended


def press_button(bot: BotHarness, deploy: Deploy, **how: Any) -> None:
    bot.click(buttons.LIKELY_TAG, deploy, **{"by": ALICE, "ephemeral": True, "question": 0, **how})


def only_answer(bot: BotHarness) -> str:
    [(*_, text)] = bot.queued_answers()
    return text


def test_it_deploys_that_tag_with_the_reason_as_if_it_had_been_typed(bot: BotHarness) -> None:
    press_button(bot, refuse_deploy(bot, "/deploy web v1.4.2 fixes the login"))

    new = bot.only_deploy()
    assert (new.service.name, new.tag, new.request.reason) == ("web", "1.4.2", "fixes the login")
    assert (new.request.requester, new.request.channel, new.phase) == (ALICE, DEPLOYS_CHANNEL, Phase.WAITING)
    assert only_answer(bot) == (
        f"Queued: `web` `1.4.2` (deploy `{new.id}`). Its thread follows here after the first checks."
    )
    assert bot.context.threads.response_url(new.id) == RESPONSE_URL, "a refusal of it finds its way too"


def test_status_says_that_there_is_no_thread(bot: BotHarness) -> None:
    deploy = refuse_deploy(bot, "/deploy web v1.4.2")
    assert bot.context.threads.claim(deploy.id, "publisher", 10)
    view = ThreadState(channel=DEPLOYS_CHANNEL, refused_privately=True)
    bot.context.threads.save(deploy.id, "publisher", view)

    assert (
        f"• `web` `v1.4.2` was refused just now; asked for by <@{ALICE}>; the requester was told privately "
        f"(deploy `{deploy.id}`)\n"
    ) in bot.type("/deploy status web")


def test_it_is_asked_for_by_whoever_pressed_it(bot: BotHarness) -> None:
    press_button(bot, refuse_deploy(bot, "/deploy web v1.4.2"), by=DAVE)

    assert bot.only_deploy().request.requester == DAVE


def test_who_may_not_deploy_may_not_press_it(bot: BotHarness) -> None:
    press_button(bot, refuse_deploy(bot, "/deploy web v1.4.2"), by=CAROL)

    assert only_answer(bot).startswith("You may not deploy `web`.")
    assert bot.context.store.active() == []


def test_a_second_press_is_told_of_the_first(bot: BotHarness) -> None:
    deploy = refuse_deploy(bot, "/deploy web v1.4.2")
    press_button(bot, deploy)
    bot.clear_jobs()

    press_button(bot, deploy, by=DAVE)

    assert len(bot.context.store.active()) == 1
    assert only_answer(bot).startswith(f"Nothing was added: <@{ALICE}> asked for `web` `1.4.2`")


def test_a_press_that_slack_delivered_late_deploys_nothing(bot: BotHarness) -> None:
    deploy = refuse_deploy(bot, "/deploy web v1.4.2")
    payload = bot.click_payload(buttons.LIKELY_TAG, deploy, by=ALICE, ephemeral=True)
    payload["actions"][0]["action_ts"] = f"{bot.clock() - 30:.6f}"

    bot.send_payload(payload)

    assert only_answer(bot).startswith("This reached me 30 s after you sent it")
    assert bot.context.store.active() == []


def test_in_a_direct_message_it_deploys_where_it_was_asked_for(bot: BotHarness) -> None:
    bot.mention("@slipway deploy web v1.4.2", thread=THREAD)
    deploy = end_refused(bot, bot.only_deploy())

    press_button(bot, deploy, channel="D01ALICE00", ephemeral=False)

    new = bot.only_deploy()
    assert (new.request.channel, new.request.thread_ts) == (DEPLOYS_CHANNEL, THREAD)
    [(channel, *_)] = bot.queued_answers()
    assert channel == "D01ALICE00", "the answer is where the button is"


def test_the_root_of_a_new_thread_stays_new(bot: BotHarness) -> None:
    bot.mention("@slipway deploy web v1.4.2")

    press_button(bot, end_refused(bot, bot.only_deploy()))

    assert bot.only_deploy().request.new_thread


def test_a_rollback_goes_back_to_the_likely_version(bot: BotHarness) -> None:
    press_button(bot, refuse_deploy(bot, "/deploy rollback web v1.4.1", refusal={"likely_tags": ("1.4.1",)}))

    new = bot.only_deploy()
    assert (new.verb, new.rollback_target) == (Verb.ROLLBACK, "1.4.1")


def test_all_of_a_batch_by_one_button(bot: BotHarness) -> None:
    bot.type("/deploy web,api v1.4.2 new prices")
    web, api = bot.context.store.active()
    for each in (web, api):
        end_refused(bot, each)
    batch = web.batch_id
    assert batch is not None

    press_button(bot, web.evolve(id=batch))

    assert [(each.service.name, each.tag, each.request.reason) for each in bot.context.store.active()] == [
        ("web", "1.4.2", "new prices"),
        ("api", "1.4.2", "new prices"),
    ]
    assert len({each.batch_id for each in bot.context.store.active()}) == 1


@pytest.mark.parametrize("likely", [(), None])
def test_a_value_that_no_button_had_deploys_nothing(bot: BotHarness, likely: tuple[str, ...] | None) -> None:
    deploy = refuse_deploy(bot, "/deploy web v1.4.2", refusal={"likely_tags": ()})

    press_button(bot, deploy if likely is not None else deploy.evolve(id="zzzzzzzz"))

    assert bot.context.store.active() == []
    assert only_answer(bot).startswith(
        "This message is out of date" if likely is not None else "There is no deploy"
    )
