"""Many people click at the same moment: one decides, and the others are told who."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from redis import Redis

from deploys import buttons
from deploys.records.phases import Phase
from deploys.stores import audit
from tests.bot.bot_harness import ALICE, BOB, DAVE, BotHarness
from tests.bot.button_scenes import SCENES, Scene, scene_name
from tests.bot.test_button_access import bot_for, open_service, payload

CLICKS = 20


def test_of_twenty_clicks_at_once_one_decides_and_the_others_are_told_who(bot: BotHarness) -> None:
    bot.type("/deploy ledger 1.4.2")
    deploy = bot.commit_step(bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    bot.post_card(deploy)
    bot.clear_jobs()
    clicks = [
        bot.click_payload((buttons.APPROVE, buttons.REJECT)[n % 2], deploy, by=(BOB, DAVE)[n // 2 % 2])
        for n in range(CLICKS)
    ]
    ready = Barrier(CLICKS)

    def press(number: int) -> int:
        ready.wait(timeout=30)
        return bot.send_payload(clicks[number]).status

    with ThreadPoolExecutor(CLICKS) as pool:
        statuses = list(pool.map(press, range(CLICKS)))

    assert statuses == [200] * CLICKS
    [decision] = bot.only_deploy().approval.decisions
    answers = [text for *_, text in bot.queued_answers()]
    assert answers == [f"Already decided: {decision.verdict.value} by <@{decision.user}>."] * (CLICKS - 1)
    decided = [name for name, _ in bot.queued_jobs() if name == "advance"]
    assert decided == ["advance"]


DECISIONS = {
    buttons.APPROVE: "approved",
    buttons.REJECT: "rejected",
    buttons.CANCEL: "cancel",
    buttons.CANCEL_BATCH: "cancel",
    buttons.CONTINUE: "pause: continue",
    buttons.ROLL_BACK: "pause: roll back",
    buttons.OVERRIDE_FREEZE: "freeze overridden",
    buttons.UNLOCK: "lock broken",
    buttons.RESUME_ALL: "all deploys resumed",
    buttons.RUN_ASKED: "ran what was asked for",
}
"""What the audit calls it if one of several people presses the button."""
OWN = {
    buttons.BREAK_LOCK: "lock broken",
    buttons.QUEUE_BEHIND_LOCK: "requested",
    buttons.REPLACE_WAITING: "replaced",
    buttons.SEND_AGAIN: "requested",
}
"""The same for buttons that only the person who was refused may press."""


def press_at_once(bot: BotHarness, clicks: Sequence[dict[str, object]]) -> list[str]:
    """Presses all of them at the same moment; what people read."""
    ready = Barrier(len(clicks))

    def press(number: int) -> int:
        ready.wait(timeout=30)
        return bot.send_payload(dict(clicks[number])).status

    with ThreadPoolExecutor(len(clicks)) as pool:
        assert set(pool.map(press, range(len(clicks)))) == {200}
    return [text for *_, text in bot.queued_answers()]


@pytest.mark.parametrize("scene", [each for each in SCENES if each.action_id in DECISIONS], ids=scene_name)
def test_whatever_is_decided_one_decides_and_the_others_are_told_who(redis: Redis, scene: Scene) -> None:
    bot, _ = bot_for(redis, scene, open_service())
    pressed = scene.prepare(bot, open_service())
    bot.clear_jobs()
    people = (DAVE, "U05ERIN000")

    answers = press_at_once(bot, [payload(bot, scene, pressed, people[n % 2]) for n in range(10)])

    [entry] = [each for each in audit.trail(redis) if each["what"] == DECISIONS[scene.action_id]]
    assert entry["who"] in people
    told = [each for each in answers if f"<@{entry['who']}>" in each]
    assert len(told) >= 9, answers


@pytest.mark.parametrize("scene", [each for each in SCENES if each.action_id in OWN], ids=scene_name)
def test_of_many_presses_of_the_same_person_one_counts(redis: Redis, scene: Scene) -> None:
    bot, _ = bot_for(redis, scene, open_service())
    pressed = scene.prepare(bot, open_service())
    known = {each["id"] for each in audit.trail(redis)}
    bot.clear_jobs()

    answers = press_at_once(bot, [payload(bot, scene, pressed, ALICE) for _ in range(8)])

    new = [each for each in audit.trail(redis) if each["id"] not in known]
    assert [each["what"] for each in new if each["what"] != "refused"].count(OWN[scene.action_id]) == 1
    refused = ("This button was used already", "That lock is over")
    assert sum(each.startswith(refused) for each in answers) == 7, answers
