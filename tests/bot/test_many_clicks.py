"""Many people click at the same moment: one decides, and the others are told who."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from deploys import buttons
from deploys.records.phases import Phase
from tests.bot.bot_harness import BOB, DAVE, BotHarness

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
