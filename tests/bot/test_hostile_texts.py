"""Hostile text in every place where a person types, and every answer that shows it."""

from __future__ import annotations

import inspect
import json
import typing
from typing import Any

import pytest

from bot.commands import SUBCOMMANDS
from bot.forms import deploy_form, reason_form
from bot.forms.deploy_form import View
from bot.forms.options import service_options, tag_options
from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.mrkdwn import escape
from deploys.records.phases import Phase
from deploys.stores.notices import Notices
from deploys.stores.tag_lists import ListedTag, RunningImages, TagList
from tests.bot.bot_harness import ALICE, BOB, DAVE, BotHarness, ManualClock, RecordedViews
from tests.bot.form_harness import FormHarness
from tests.bot.test_refused_requests import refused
from tests.builders import a_deploy, a_service, a_stop_start_service
from tests.deploys.test_safe_text import unsafe
from tests.frozen_services import a_freeze
from tests.hostile_records import build
from tests.hostile_texts import HOSTILE, assert_harmless, dangers

VIEWS = {
    name: function
    for module in (deploy_form, reason_form)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__
    and not name.startswith("_")
    and typing.get_type_hints(function)["return"] == View
}
"""The functions that make a modal, or a part of one."""
OUR_QUESTION = buttons.ReasonQuestion("Override?", "A sentence of ours.", "Override")
TYPED = HOSTILE.replace("\x1b[31m", "")


@pytest.fixture
def catalogue(clock: ManualClock) -> Catalogue:
    """web is free, and mail frozen for a hostile reason."""
    rights = {"deployers": (ALICE, DAVE), "approvers": (BOB, DAVE)}
    services = (
        a_service("web", **rights),
        a_service("mail", freezes=(a_freeze(clock(), reason=HOSTILE),), **rights),
        a_stop_start_service("ledger", **rights),
    )
    return Catalogue({each.name: each for each in services})


def check_answers(bot: BotHarness) -> None:
    """Everything that workers are asked to say."""
    for name, arguments in bot.queued_jobs():
        if name == "answer_privately":
            _, _, _, text, answer_id = arguments
            assert dangers(text) == [], text
            for blocks in bot.context.threads.answer_blocks(answer_id) if answer_id else []:
                assert_harmless({"blocks": blocks})
    for notice in Notices(bot.redis).all():
        assert dangers(notice.text) == [], notice.text
    bot.clear_jobs()


def say(bot: BotHarness, text: str, *, by: str = ALICE) -> dict[str, Any]:
    """Types it; the answer shows nothing hostile as more than text."""
    ack = bot.read_ack(bot.send_command(text, by=by))
    assert_harmless(ack)
    check_answers(bot)
    return ack


@pytest.mark.parametrize("subcommand", sorted(SUBCOMMANDS))
@pytest.mark.parametrize("as_typed", [True, False], ids=["as text", "as Slack writes mentions"])
def test_hostile_arguments_of_every_subcommand(bot: BotHarness, subcommand: str, as_typed: bool) -> None:
    hostile = escape(TYPED) if as_typed else TYPED.replace("&lt;U0ESCAPED&gt;", "")
    if subcommand == "lock" and not as_typed:  # those whom its reason mentions may roll back, and are named
        hostile = hostile.replace("<@U0EVIL> <!subteam^S0EVIL>", "")
    for arguments in (hostile, f"web {hostile}", f"web 1.4.2 {hostile}"):
        say(bot, f"/deploy {subcommand} {arguments}", by=DAVE)
    for query in ("status", "locks", "history web", f"show {bot_deploy(bot)}"):
        say(bot, f"/deploy {query}")
    bot.mention(f"@slipway {subcommand} web {TYPED}")
    check_answers(bot)


def bot_deploy(bot: BotHarness) -> str:
    return next((each.id for each in bot.context.store.recent(None, 1)), "nothing")


def test_a_hostile_reason_is_kept_on_one_line(bot: BotHarness) -> None:
    say(bot, f"/deploy web 1.4.2 {escape(TYPED)}")

    assert "U0EVIL" in bot.only_deploy().request.reason
    assert "\n" not in bot.only_deploy().request.reason


def test_a_hostile_freeze_is_shown_as_text(bot: BotHarness) -> None:
    assert "U0EVIL" in say(bot, "/deploy mail 1.4.2")["text"]


def test_the_holder_of_a_lock_with_a_hostile_reason_is_asked_and_told(bot: BotHarness) -> None:
    say(bot, f"/deploy lock web {escape(TYPED)}")
    assert "U0EVIL" in say(bot, f"/deploy web 1.4.2 {escape(TYPED)}", by=DAVE)["text"]
    choice = a_deploy(id=refused(bot).id)

    for action in (buttons.ASK_HOLDER, buttons.BREAK_LOCK):
        bot.click(action, choice, by=DAVE, ephemeral=True, question=0)
        assert any("U0EVIL" in notice.text for notice in Notices(bot.redis).all())
        check_answers(bot)


def shown_views(bot: BotHarness) -> list[dict[str, Any]]:
    """Every modal that Slack was asked to show or change."""
    views = bot.context.views
    assert isinstance(views, RecordedViews)
    return [each["view"] for each in (*views.opened, *views.updated)]


def test_the_form_shows_hostile_text_as_text(bot: BotHarness) -> None:
    """Notes of locks and stops, the placeholders, a refusal, and the plan while it is read."""
    say(bot, f"/deploy lock web {escape(TYPED)}")
    say(bot, f"/deploy stop-all {escape(TYPED)}", by=DAVE)
    form = FormHarness(bot)
    for value in ("web", TYPED):
        form.press_open_button(value)
    assert any("U0EVIL" in json.dumps(each) for each in shown_views(bot))
    web = shown_views(bot)[0]
    answers = [
        form.submit(web, service="web", tag=TYPED, reason=TYPED),
        form.submit(web, service=TYPED, tag="1.4.2", reason=TYPED),
        form.submit(web, service="web", tag="1.4.2", reason=TYPED, plan_first=True),
        form.submit(web, service="mail", tag="1.4.2", reason=TYPED),
    ]
    for sent in (*shown_views(bot), *answers):
        assert_harmless(sent)
        for refusal in sent.get("errors", {}).values():
            assert unsafe(refusal) == []
    check_answers(bot)


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_every_view_shows_hostile_text_as_text(name: str) -> None:
    ours = {"notes": ("A sentence of ours.",), "refusal": "A sentence of ours.", "question": OUR_QUESTION}
    hints = typing.get_type_hints(VIEWS[name])
    given = {
        each: ours[each] if each in ours else build(hints[each], each)
        for each in inspect.signature(VIEWS[name]).parameters
    }

    view = VIEWS[name](**given)

    assert_harmless({key: part for key, part in view.items() if key != "private_metadata"})


def test_the_menus_of_the_form_show_hostile_text_as_text(clock: ManualClock) -> None:
    service = a_service("web")
    running = {"web": RunningImages(read_at=clock(), repository=HOSTILE, digests=(HOSTILE,))}
    tag = ListedTag(tag=HOSTILE, digest=HOSTILE, pushed_at=clock())
    listed = TagList(read_at=clock(), repository=HOSTILE, tags=(tag,))
    seen = Catalogue({"web": service.model_copy(update={"cluster": HOSTILE, "region": HOSTILE})})

    for typed in ("", TYPED):
        options = [
            *service_options(seen, typed),
            *tag_options(seen.services["web"], listed, running, seen, typed, clock()),
            *tag_options(service, None, {}, seen, typed, clock()),
        ]
        for option in options:
            assert_harmless(option)


def test_a_click_with_a_hostile_value_is_answered_as_text(bot: BotHarness) -> None:
    bot.type("/deploy ledger 1.4.2")
    deploy = bot.commit_step(bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    bot.clear_jobs()
    for value in (TYPED, f"{TYPED}.1", f"{deploy.id}.{TYPED}"):
        body = bot.click_payload(buttons.APPROVE, deploy)
        body["actions"][0]["value"] = value
        assert bot.send_payload(json.loads(json.dumps(body))).status == 200
        assert bot.queued_answers()
        check_answers(bot)
    assert bot.only_deploy().approval.decisions == ()
