"""The buttons of a Home tab: they do what the commands do, where the thing itself is."""

from __future__ import annotations

from typing import Any

import pytest

from deploys import buttons
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.stores import audit
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE, DEPLOYS_CHANNEL, TEAM, BotHarness
from tests.builders import a_deploy, a_plan


def press(bot: BotHarness, action_id: str, about: str, *, by: str) -> str:
    """Presses a button on the Home tab, and returns what this person reads."""
    bot.clear_jobs()
    payload = bot.click_payload(action_id, a_deploy(id=about), by=by, question=0)
    del payload["channel"]
    payload["container"] = {"type": "view", "view_id": "V1"}
    bot.send_payload(payload)
    assert ("publish_home", [by, TEAM]) in bot.queued_jobs()
    answers = bot.queued_answers()
    return answers[-1][3] if answers else ""


def a_success(bot: BotHarness, tag: str, **changes: Any) -> Deploy:
    bot.type(f"/deploy web {tag}")
    bot.clock.advance(60)
    [asked] = bot.context.store.active()
    return bot.commit_step(asked, phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, **changes)


def test_a_success_is_rolled_back_as_by_the_command(bot: BotHarness) -> None:
    first = a_success(bot, "1.4.0", plan=a_plan(), ecs={"new_revision": "web:1"})
    second = a_success(
        bot, "1.4.1", plan=a_plan(old_revision="web:1", old_tag="1.4.0"), ecs={"new_revision": "web:2"}
    )

    refused = press(bot, buttons.ROLL_BACK_TO, second.id, by=CAROL)
    answer = press(bot, buttons.ROLL_BACK_TO, second.id, by=ALICE)

    assert refused.startswith("You may not roll back `web`.")
    [deploy] = bot.context.store.active()
    assert answer.startswith("Queued: rollback of `web` to `1.4.0`")
    assert (deploy.verb, deploy.rollback_target) == (Verb.ROLLBACK, "1.4.0")
    assert (deploy.request.requester, deploy.request.channel) == (ALICE, DEPLOYS_CHANNEL)
    assert press(bot, buttons.ROLL_BACK_TO, first.id, by=ALICE) == (
        "Another deploy has changed `web` since, so this button does nothing any more. `/deploy rollback "
        "web` brings back what ran before what runs now."
    )


def test_a_lock_is_ended_by_its_owner_and_broken_by_those_who_may(bot: BotHarness) -> None:
    bot.type("/deploy lock web checking the graphs")
    [lock] = bot.context.locks.all(bot.clock())

    assert press(bot, buttons.UNLOCK, lock.id, by=CAROL).startswith(f"<@{ALICE}> locked")
    assert press(bot, buttons.UNLOCK, lock.id, by=DAVE).endswith(f"<@{ALICE}>, whose lock it was, is told.")
    assert press(bot, buttons.UNLOCK, lock.id, by=ALICE).startswith("That lock is over")
    assert bot.context.locks.all(bot.clock()) == []


def test_another_lock_of_the_same_service_is_left_alone(bot: BotHarness) -> None:
    bot.type("/deploy lock web checking the graphs")
    [first] = bot.context.locks.all(bot.clock())
    bot.type("/deploy unlock web")
    bot.type("/deploy lock web an incident")

    assert press(bot, buttons.UNLOCK, first.id, by=ALICE).startswith("That lock is over")
    assert len(bot.context.locks.all(bot.clock())) == 1


def test_deploys_are_resumed_by_those_who_may_and_only_this_stop_ends(bot: BotHarness) -> None:
    bot.type("/deploy stop-all an incident")
    first = bot.context.stops.find()
    assert first is not None

    assert "You may not resume them." in press(bot, buttons.RESUME_ALL, first.id, by=CAROL)
    assert press(bot, buttons.RESUME_ALL, first.id, by=DAVE).startswith("Resumed: deploys go on.")
    bot.type("/deploy stop-all another one")
    assert press(bot, buttons.RESUME_ALL, first.id, by=DAVE).startswith("Deploys are not stopped")
    assert bot.context.stops.find() is not None


@pytest.mark.parametrize("by", [BOB, ALICE])
def test_an_answer_in_home_counts_as_one_on_the_card(bot: BotHarness, by: str) -> None:
    bot.type("/deploy ledger 1.4.2")
    asked = bot.commit_step(
        bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1}, plan=a_plan()
    )
    payload = bot.click_payload(buttons.APPROVE, asked, by=by)
    del payload["channel"]
    payload["container"] = {"type": "view", "view_id": "V1"}

    bot.send_payload(payload)

    decided = [each.user for each in bot.only_deploy().approval.decisions]
    assert decided == ([BOB] if by == BOB else [])
    assert audit.trail(bot.redis, asked.id)[-1]["who"] == (BOB if by == BOB else ALICE)
