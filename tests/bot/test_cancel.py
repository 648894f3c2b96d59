"""`/deploy cancel [SERVICE or deploy id]`"""

from __future__ import annotations

from deploys import buttons
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE, DEPLOYS_CHANNEL, BotHarness
from tests.builders import a_plan


def start_deploy(bot: BotHarness, typed: str, *, by: str = ALICE) -> Deploy:
    """The deploy of a command."""
    bot.type(typed, by=by)
    bot.clock.advance(1)
    return bot.context.store.active()[-1]


def test_without_a_word_it_is_the_only_one_of_yours(bot: BotHarness) -> None:
    start_deploy(bot, "/deploy api 1.0.0", by=DAVE)
    mine = start_deploy(bot, "/deploy web 1.4.2")
    link = bot.post_card(mine)

    answer = bot.type("/deploy cancel")

    assert answer == (
        "Cancelling `web` `1.4.2`: nothing of the service was changed yet, so it is withdrawn. See "
        f"<{link}|its thread>."
    )
    cancelled = bot.context.store.get(mine.id)
    assert cancelled is not None
    assert cancelled.cancel is not None
    assert cancelled.cancel.user == ALICE
    assert ("advance", [mine.id]) in bot.queued_jobs()
    assert ("publish", []) in bot.queued_jobs()


def test_what_has_begun_is_rolled_back(bot: BotHarness) -> None:
    deploy = start_deploy(bot, "/deploy web 1.4.2")
    bot.commit_step(deploy, phase=Phase.FOLLOWING, plan=a_plan(), ecs={"update_tried": True})

    assert bot.type("/deploy cancel web", by=DAVE) == (
        "Cancelling `web` `1.4.2`: it has begun, so it is rolled back to `1.4.0`. See its thread."
    )


def test_by_id(bot: BotHarness) -> None:
    start_deploy(bot, "/deploy web 1.4.2")
    second = start_deploy(bot, "/deploy web 1.5.0")

    bot.type(f"/deploy cancel {second.id.upper()}")

    assert [bool(each.cancel) for each in bot.context.store.active()] == [False, True]


def test_several_of_yours_are_a_choice_with_buttons(bot: BotHarness) -> None:
    first = start_deploy(bot, "/deploy web 1.4.2")
    second = start_deploy(bot, "/deploy api 2.0.0")
    start_deploy(bot, "/deploy web 1.5.0", by=DAVE)

    ack = bot.read_ack(bot.send_command("/deploy cancel"))

    assert ack["text"] == (
        "Which one? Nothing was cancelled yet.\n"
        f"• `web` `1.4.2` is queued: `/deploy cancel {first.id}`\n"
        f"• `api` `2.0.0` is queued: `/deploy cancel {second.id}`"
    )
    offered = [block["accessory"] for block in ack["blocks"][1:]]
    assert [each["text"]["text"] for each in offered] == ["Cancel web 1.4.2", "Cancel api 2.0.0"]
    assert [each["value"] for each in offered] == [
        buttons.button_value(each.id, 0) for each in (first, second)
    ]
    assert {each["action_id"] for each in offered} == {buttons.CANCEL}
    assert offered[0]["confirm"]["text"]["text"] == (
        "web 1.4.2 is withdrawn, or rolled back if it has begun to change the service."
    )
    assert not any(each.cancel for each in bot.context.store.active())


def test_several_of_a_service_are_a_choice_too(bot: BotHarness) -> None:
    start_deploy(bot, "/deploy web 1.4.2")
    start_deploy(bot, "/deploy web 1.5.0", by=DAVE)

    assert bot.type("/deploy cancel web").startswith("Which one? Nothing was cancelled yet.")


def test_many_choices_stay_within_slacks_limits(bot: BotHarness) -> None:
    for number in range(24):
        start_deploy(bot, f"/deploy web {'t' * 124}{number}")

    ack = bot.read_ack(bot.send_command("/deploy cancel"))

    blocks = ack["blocks"]
    assert len(ack["text"]) <= 4000

    assert len(blocks) == 12
    assert all(len(block["accessory"]["text"]["text"]) <= 75 for block in blocks[1:-1])
    assert all(len(block["accessory"]["confirm"]["text"]["text"]) <= 300 for block in blocks[1:-1])
    assert blocks[-1]["text"]["text"] == "and 14 more, see `/deploy status SERVICE`"


def test_who_may_cancel(bot: BotHarness) -> None:
    for who, may in ((CAROL, False), (DAVE, True), (BOB, True), (ALICE, True)):
        deploy = start_deploy(bot, f"/deploy web 1.4.{ord(who[-1])}{who[1:3]}")
        answer = bot.type(f"/deploy cancel {deploy.id}", by=who)
        expected = "Cancelling `web`" if may else "You may not withdraw this deploy of `web`."
        assert answer.startswith(expected), who


def test_what_has_touched_the_service_is_rolled_back_by_those_who_may(bot: BotHarness) -> None:
    deploy = start_deploy(bot, "/deploy web 1.4.2")
    bot.commit_step(deploy, phase=Phase.FOLLOWING, plan=a_plan(), ecs={"update_tried": True})

    carol = bot.type(f"/deploy cancel {deploy.id}", by=CAROL)
    elsewhere = bot.type(f"/deploy cancel {deploy.id}", by=DAVE, channel="C02GENERAL")
    directly = bot.type(f"/deploy cancel {deploy.id}", by=DAVE, channel="D04DAVE000")
    assert carol.startswith("You may not roll back `web`. Those who may:")
    assert elsewhere.startswith("`web` may not be deployed from this channel")
    assert directly.startswith("`web` may not be changed or asked about in direct messages")
    assert bot.only_deploy().cancel is None

    assert bot.type(f"/deploy cancel {deploy.id}", by=DAVE).startswith("Cancelling `web`")


def test_whoever_asked_may_cancel_although_no_deployer_any_more(bot: BotHarness) -> None:
    start_deploy(bot, "/deploy api 1.4.2", by=CAROL)

    assert bot.type("/deploy cancel", by=CAROL).startswith("Cancelling `api` `1.4.2`")


def test_nothing_to_cancel(bot: BotHarness) -> None:
    tail = " `/deploy status` shows what is."

    assert bot.type("/deploy cancel") == f"Nothing is under way for you.{tail}"
    assert bot.type("/deploy cancel web") == f"Nothing is under way for `web`.{tail}"
    assert bot.type("/deploy cancel wbe").startswith("There is no service `wbe` here. Did you mean `web`?")
    assert bot.type("/deploy cancel q2w3e4r5") == (
        "There is no deploy `q2w3e4r5`. `/deploy history` lists the last ones."
    )


def test_a_second_cancel_is_told_who_was_first(bot: BotHarness) -> None:
    deploy = start_deploy(bot, "/deploy web 1.4.2")
    bot.type(f"/deploy cancel {deploy.id}", by=DAVE)

    assert bot.type(f"/deploy cancel {deploy.id}") == (
        f"`web` `1.4.2` is being cancelled already: <@{DAVE}> asked for it. Its thread says how it ends."
    )


def test_what_is_being_cancelled_is_not_offered_again(bot: BotHarness) -> None:
    start_deploy(bot, "/deploy web 1.4.2")
    second = start_deploy(bot, "/deploy web 1.5.0")
    bot.type(f"/deploy cancel {second.id}")

    assert bot.type("/deploy cancel").startswith("Cancelling `web` `1.4.2`")
    assert bot.type("/deploy cancel web").startswith("Which one?"), "all of them are being cancelled"


def test_the_only_one_that_is_being_cancelled_is_named(bot: BotHarness) -> None:
    start_deploy(bot, "/deploy web 1.4.2")
    bot.type("/deploy cancel web", by=DAVE)

    assert bot.type("/deploy cancel").startswith("`web` `1.4.2` is being cancelled already:")


def test_a_deploy_that_settles_is_no_longer_under_way(bot: BotHarness) -> None:
    deploy = start_deploy(bot, "/deploy web 1.4.2")
    bot.commit_step(deploy, phase=Phase.SETTLING, outcome=Outcome.SUCCEEDED, ended_at=bot.clock())

    assert bot.type("/deploy cancel").startswith("Nothing is under way for you.")
    assert bot.type("/deploy cancel web").startswith("Nothing is under way for `web`.")


def test_an_ended_deploy_cannot_be_cancelled(bot: BotHarness) -> None:
    deploy = start_deploy(bot, "/deploy web 1.4.2")
    bot.commit_step(deploy, phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=bot.clock())

    assert bot.type(f"/deploy cancel {deploy.id}") == (
        "`web` `1.4.2` succeeded, so there is nothing left to cancel. Nothing was changed."
    )


def test_a_deploy_being_rolled_back_cannot_be_cancelled(bot: BotHarness) -> None:
    deploy = start_deploy(bot, "/deploy web 1.4.2")
    bot.commit_step(deploy, phase=Phase.RESTORING, rollback={"outcome": Outcome.ROLLED_BACK})

    assert bot.type("/deploy cancel", channel=DEPLOYS_CHANNEL) == (
        "`web` `1.4.2` is being rolled back already. Its thread says how it ends."
    )
