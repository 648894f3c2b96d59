"""The plan in the form, and *Deploy* below it."""

from __future__ import annotations

from typing import Any

from deploys.stores import audit
from tests.bot.bot_harness import (
    ALICE,
    CAROL,
    DAVE,
    DEPLOYS_CHANNEL,
    TEAM,
    BotHarness,
)
from tests.bot.form_harness import (
    GUEST,
    MESSAGE,
    FormHarness,
    Json,
    asked,
    make_guest,
    read,
    tagged_for,
)


def test_plan_first_shows_the_plan_in_the_modal_and_changes_nothing(
    bot: BotHarness, form: FormHarness
) -> None:
    bot.type("/deploy web")
    bot.clear_jobs()

    answer = form.submit(service="web", tag="1.4.2", reason="the login", plan_first=True)

    assert answer["response_action"] == "push"
    pushed = answer["view"]
    assert read(pushed) == [
        "Looking at what `web` `1.4.2` would change. The plan follows here.",
        "If nothing follows within a minute, go back and try again, or deploy without a plan.",
    ]
    assert ("submit" in pushed, pushed["close"]["text"]) == (False, "Back")
    assert bot.queued_jobs() == [
        ("show_plan", [pushed["external_id"], "web", "1.4.2", DEPLOYS_CHANNEL, ALICE, TEAM])
    ]
    assert bot.context.store.active() == []


def plan_of(bot: BotHarness, form: FormHarness, **values: Any) -> Json:
    """The modal that a worker has filled with a plan."""
    pushed = form.submit(**{"service": "web", "tag": "1.4.2", "plan_first": True, **values})["view"]
    frame = bot.context.threads.plan_view(pushed["external_id"])
    assert frame is not None
    return {**frame, "blocks": []}


def test_deploy_below_the_plan_queues_what_was_planned_and_closes_everything(
    bot: BotHarness, form: FormHarness
) -> None:
    form.choose_shortcut(MESSAGE)
    plan = plan_of(bot, form, reason="the login")

    assert form.submit(plan) == {"response_action": "clear"}

    deploy = bot.only_deploy()
    assert (deploy.service.name, deploy.tag, deploy.request.reason) == ("web", "1.4.2", "the login")
    assert asked(bot) == (DEPLOYS_CHANNEL, MESSAGE["ts"], True)
    assert bot.queued_answers()[0][3].startswith("Queued: `web` `1.4.2`")


def test_what_may_no_longer_be_deployed_is_refused_below_the_plan(bot: BotHarness, form: FormHarness) -> None:
    bot.type("/deploy web")
    plan = plan_of(bot, form)
    make_guest(bot, ALICE)

    answer = form.submit(plan)

    assert answer["response_action"] == "update"
    assert read(answer["view"]) == [f":no_entry_sign: {GUEST}"]
    assert "submit" not in answer["view"]
    assert bot.context.store.active() == []


def test_a_lock_that_came_meanwhile_is_answered_with_its_buttons(bot: BotHarness, form: FormHarness) -> None:
    bot.type("/deploy web")
    plan = plan_of(bot, form)
    bot.type("/deploy lock web checking the graphs", by=DAVE)

    assert form.submit(plan) == {"response_action": "clear"}

    assert bot.queued_answers()[-1][3].startswith("`web` is locked")


def test_a_plan_is_shown_only_to_those_who_may_deploy(bot: BotHarness) -> None:
    carol = FormHarness(bot, CAROL)
    bot.type("/deploy", by=CAROL)

    answer = carol.submit(tagged_for(carol.shown, "web"), service="web", tag="1.4.2", plan_first=True)

    assert answer["response_action"] == "update"
    assert read(answer["view"])[0].startswith(":no_entry_sign: You may not deploy `web`.")
    [entry] = audit.trail(bot.redis)
    assert (entry["what"], entry["verb"], entry["tag"]) == ("refused", "deploy", "1.4.2")
    assert not [job for job, _ in bot.queued_jobs() if job == "show_plan"]
