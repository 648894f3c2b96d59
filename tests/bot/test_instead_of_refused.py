"""The button on a deploy that its first checks refused: the same again, or what does not meet the refusal."""

from __future__ import annotations

from typing import Any

import pytest

from deploys import buttons
from deploys.errors import NothingToRollBackTo
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import Instead
from deploys.refusal_hints import hints_of
from tests.bot.batch_setup import only_batch
from tests.bot.bot_harness import ALICE, CAROL, DAVE, DEPLOYS_CHANNEL, BotHarness
from tests.bot.form_harness import FormHarness, read
from tests.bot.test_likely_tag import end_refused, only_answer, refuse_deploy
from tests.builders import a_batch, a_deploy, a_service
from workers.thread.card_buttons import card_buttons, refused_batch_row

AGAIN = {"instead": Instead.AGAIN}
REFUSED: dict[str, Any] = {"phase": Phase.ENDED, "outcome": Outcome.REFUSED}


def press(bot: BotHarness, deploy: Deploy, **how: Any) -> None:
    bot.click(buttons.INSTEAD, deploy, **{"by": DAVE, "ephemeral": True, "question": 0, **how})


@pytest.mark.parametrize(
    ("refusal", "labels"),
    [
        ({}, []),
        (AGAIN, ["Ask again"]),
        ({**AGAIN, "external_deployment_id": "ecs-svc/7"}, ["Follow it", "Ask again"]),
        ({**AGAIN, "likely_tags": ("1.4.3",)}, ["Deploy web 1.4.3", "Ask again"]),
        ({"instead": Instead.RESTART}, ["Restart web"]),
        ({"instead": Instead.DEPLOY, "instead_tag": "1.4.1"}, ["Deploy web 1.4.1"]),
        ({"instead": Instead.FORM}, ["Choose a tag"]),
    ],
)
def test_the_buttons_of_a_refused_deploy(refusal: dict[str, Any], labels: list[str]) -> None:
    assert [each.label for each in card_buttons(a_deploy(**REFUSED, refusal=refusal))] == labels


@pytest.mark.parametrize(
    ("typed", "refusal", "says", "answer"),
    [
        ("web 1.4.2 new prices", AGAIN, "/deploy web 1.4.2", "Queued: `web` `1.4.2`"),
        ("restart web new prices", AGAIN, "/deploy restart web", "Queued: restart of `web`"),
        ("rollback web 1.4.1", AGAIN, "/deploy rollback web 1.4.1", "Queued: rollback of `web` to `1.4.1`"),
        ("follow web", AGAIN, "/deploy follow web", "Queued: following"),
        (
            "web 1.4.2 new prices",
            {"instead": Instead.RESTART},
            "/deploy restart web",
            "Queued: restart of `web`",
        ),
        (
            "rollback web 1.4.1",
            {"instead": Instead.DEPLOY, "instead_tag": "1.4.1"},
            "/deploy web 1.4.1",
            "Queued: `web` `1.4.1`",
        ),
    ],
)
def test_it_does_what_it_says_in_the_name_of_who_presses(
    bot: BotHarness, typed: str, refusal: dict[str, Any], says: str, answer: str
) -> None:
    refused = refuse_deploy(bot, f"/deploy {typed}", refusal=refusal)
    [button] = card_buttons(refused)
    assert button.confirm is not None
    assert button.confirm.text == f"This does what typing {says} does."

    press(bot, refused)

    assert only_answer(bot).startswith(answer)
    new = bot.only_deploy()
    assert (new.request.requester, new.request.channel) == (DAVE, DEPLOYS_CHANNEL)
    assert new.request.reason == ("new prices" if "prices" in typed else "")


def test_access_is_checked_again(bot: BotHarness) -> None:
    press(bot, refuse_deploy(bot, "/deploy web 1.4.2", refusal=AGAIN), by=CAROL)

    assert only_answer(bot).startswith("You may not deploy `web`.")
    assert bot.context.store.active() == []


def test_what_nobody_can_lift_is_not_asked_for_again(bot: BotHarness) -> None:
    press(bot, refuse_deploy(bot, "/deploy web 1.4.2", refusal={"likely_tags": ()}))

    assert only_answer(bot).startswith("This message is out of date")
    assert bot.context.store.active() == []


def test_all_of_a_list_are_asked_for_again(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2 new prices")
    batch, members = only_batch(bot)
    refused = [end_refused(bot, each, refusal=AGAIN) for each in members]
    row = refused_batch_row(batch, refused)
    assert row is not None
    [button] = row.to_dict()["elements"]
    assert button["confirm"]["text"]["text"] == "This does what typing /deploy web,api 1.4.2 does."

    press(bot, a_deploy(id=batch.id), by=ALICE)

    assert only_answer(bot).startswith("Queued: `web` and `api` `1.4.2`")
    again, _ = only_batch(bot)
    assert (again.request.reason, again.id != batch.id) == ("new prices", True)


def test_a_list_is_asked_for_again_only_if_that_helps_all() -> None:
    batch, members = a_batch(
        a_deploy(**REFUSED, refusal=AGAIN), a_deploy(a_service("api"), **REFUSED, refusal={})
    )

    assert refused_batch_row(batch, members) is None


def test_a_rollback_without_a_target_has_the_form_in_which_a_tag_is_chosen(bot: BotHarness) -> None:
    hints = hints_of(NothingToRollBackTo(service="web"))
    refused = refuse_deploy(bot, "/deploy rollback web", refusal=hints)
    [button] = card_buttons(refused)

    FormHarness(bot).press_open_button(button.value)
    assert "Service: web" in read(FormHarness(bot).shown)
    bot.clear_jobs()
    press(bot, refused)  # forged: no such button is there

    assert bot.context.store.active() == []
    assert only_answer(bot).startswith("This message is out of date")
