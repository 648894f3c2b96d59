"""A button that needs a reason asks for it in a modal; what is typed there counts as the press."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.formatting import slack_time
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, HoldKind
from deploys.records.request import Verb
from deploys.stores.asked_requests import AskedRequests
from tests.bot.bot_harness import (
    ALICE,
    BOB,
    CARD_TS,
    DAVE,
    DEPLOYS_CHANNEL,
    BotHarness,
    ManualClock,
    RecordedViews,
)
from tests.bot.form_harness import FormHarness, make_guest, read
from tests.bot.test_refused_requests import press, privately_offered, refused
from tests.builders import a_deploy, a_service
from tests.frozen_services import a_freeze

REASON = "payments are down"


@pytest.fixture
def catalogue(clock: ManualClock) -> Catalogue:
    """web is frozen for an hour, api is not. alice and dave deploy, bob and dave may override."""
    allowed = {"deployers": (ALICE, DAVE), "approvers": (BOB, DAVE), "channels": (DEPLOYS_CHANNEL,)}
    services = (a_service("web", freezes=(a_freeze(clock()),), **allowed), a_service("api", **allowed))
    return Catalogue({each.name: each for each in services})


def opened(bot: BotHarness) -> list[dict[str, Any]]:
    """The modals that were opened."""
    views = bot.context.views
    assert isinstance(views, RecordedViews)
    return [each["view"] for each in views.opened]


def submit(bot: BotHarness, reason: str | None, *, by: str = DAVE, **view: Any) -> dict[str, Any]:
    """Types the reason into the modal that was opened last, and submits it; the ack."""
    bot.clear_jobs()
    return FormHarness(bot, by).submit({**opened(bot)[-1], **view}, reason=reason)


def hold_without_reason(bot: BotHarness) -> Deploy:
    """alice's deploy of api, asked for without a reason, which a freeze holds now."""
    bot.type("/deploy api 1.4.2")
    bot.post_card(bot.only_deploy())
    return bot.commit_step(
        bot.only_deploy(), hold=Hold(kind=HoldKind.FREEZE, sentence="`api` is frozen for now.")
    )


def test_the_refused_deploy_runs_with_the_reason_that_is_typed(bot: BotHarness) -> None:
    frozen = f"`web` is frozen until {slack_time(bot.clock() + 3600)}: Christmas (`services.yml`)."
    bot.type("/deploy web 1.4.2", by=DAVE)

    assert press(bot, buttons.OVERRIDE_REFUSED, refused(bot).id, by=DAVE) == ""
    assert bot.context.store.active() == []
    [view] = opened(bot)
    assert (view["title"]["text"], view["submit"]["text"]) == ("Override the freeze?", "Override")
    assert read(view) == [
        f"{frozen} `/deploy web 1.4.2` runs all the same. The thread shows your reason.",
        "Why:",
    ]

    assert submit(bot, f"  {REASON}\n") == {}

    deploy = bot.only_deploy()
    assert (deploy.tag, deploy.request.reason, deploy.request.channel) == ("1.4.2", REASON, DEPLOYS_CHANNEL)
    assert deploy.override is not None
    assert (deploy.override.user, deploy.override.reason) == (DAVE, REASON)
    assert bot.queued_answers()[-1][3].startswith("Queued: `web` `1.4.2`")


def test_a_restart_runs_with_the_reason_that_is_typed(bot: BotHarness) -> None:
    bot.type("/deploy restart web", by=DAVE)
    press(bot, buttons.OVERRIDE_REFUSED, refused(bot).id, by=DAVE)
    assert "`/deploy restart web` runs all the same." in read(opened(bot)[-1])[0]

    submit(bot, REASON)

    deploy = bot.only_deploy()
    assert (deploy.verb, deploy.override and deploy.override.reason) == (Verb.RESTART, REASON)


def test_a_held_deploy_goes_on_with_the_reason_that_is_typed(bot: BotHarness) -> None:
    held = hold_without_reason(bot)

    bot.click(buttons.OVERRIDE_FREEZE, held, by=BOB, question=0)
    assert bot.only_deploy().override is None
    assert read(opened(bot)[-1]) == [
        "`api` is frozen for now. `api` `1.4.2` goes on all the same. Its thread shows your reason.",
        "Why:",
    ]
    submit(bot, REASON, by=BOB)

    override = bot.only_deploy().override
    assert override is not None
    assert (override.user, override.reason) == (BOB, REASON)
    assert [job for job, _ in bot.queued_jobs()] == ["advance", "publish"], "the card tells it"


def test_who_may_not_is_refused_before_anything_is_asked(bot: BotHarness) -> None:
    held = hold_without_reason(bot)

    bot.click(buttons.OVERRIDE_FREEZE, held, by=ALICE, question=0)

    assert opened(bot) == []
    assert bot.queued_answers()[-1][3].startswith("You may not override a freeze or lock of `api`.")


def test_who_may_not_any_more_when_the_reason_comes_changes_nothing(bot: BotHarness) -> None:
    held = hold_without_reason(bot)
    bot.click(buttons.OVERRIDE_FREEZE, held, by=BOB, question=0)
    make_guest(bot, BOB)

    submit(bot, REASON, by=BOB)

    assert bot.only_deploy().override is None
    assert bot.queued_answers()[-1][3].startswith("You are a guest of this workspace")


@pytest.mark.parametrize("typed", [None, "", "  \n "])
def test_nothing_typed_is_no_reason(bot: BotHarness, typed: str | None) -> None:
    held = hold_without_reason(bot)
    bot.click(buttons.OVERRIDE_FREEZE, held, by=BOB, question=0)

    assert submit(bot, typed, by=BOB) == {
        "response_action": "errors",
        "errors": {"reason": "Why? Other people will read the reason."},
    }
    assert bot.only_deploy().override is None


def test_if_slack_opens_no_modal_the_words_say_what_to_type(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2", by=DAVE)
    views = bot.context.views
    assert isinstance(views, RecordedViews)
    views.error = "expired_trigger_id"

    said = press(bot, buttons.OVERRIDE_REFUSED, refused(bot).id, by=DAVE)

    assert said == (
        "A freeze is overridden only with a reason, and this request has none. Type `/deploy override web "
        "1.4.2 REASON`. Nothing was changed."
    )


def test_what_ended_before_the_reason_came_stays_as_it_is(bot: BotHarness) -> None:
    held = hold_without_reason(bot)
    bot.click(buttons.OVERRIDE_FREEZE, held, by=BOB, question=0)
    bot.commit_step(bot.only_deploy(), hold=None)

    submit(bot, REASON, by=BOB)

    assert bot.only_deploy().override is None
    assert bot.queued_answers()[-1][3].startswith("No freeze holds `api` `1.4.2`")


def test_a_reason_counts_once(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2", by=DAVE)
    press(bot, buttons.OVERRIDE_REFUSED, refused(bot).id, by=DAVE)
    submit(bot, REASON)
    first = bot.only_deploy()
    bot.commit_step(first, hold=None)

    submit(bot, "something else", by=DAVE)
    FormHarness(bot, ALICE).submit(opened(bot)[-1], reason="not mine")

    assert bot.only_deploy().id == first.id
    assert [text for *_, text in bot.queued_answers()][-1].startswith("This button was used already")


@pytest.mark.parametrize(
    "kept", ["", "{}", "null", '{"action_id": 1, "value": "x"}', '{"channel": "C01DEPLOYS"}']
)
def test_a_modal_that_names_no_press_changes_nothing(bot: BotHarness, kept: str) -> None:
    held = hold_without_reason(bot)
    bot.click(buttons.OVERRIDE_FREEZE, held, by=BOB, question=0)

    ack = submit(bot, REASON, by=BOB, private_metadata=kept)

    assert ack["errors"]["reason"].startswith("This form was made by another version of me.")
    assert bot.only_deploy().override is None


def test_on_a_copy_of_the_card_it_counts_for_nothing(bot: BotHarness) -> None:
    held = hold_without_reason(bot)
    bot.click(buttons.OVERRIDE_FREEZE, held, by=BOB, question=0)
    kept = json.loads(opened(bot)[-1]["private_metadata"])
    assert kept["message_ts"] == CARD_TS

    submit(bot, REASON, by=BOB, private_metadata=json.dumps({**kept, "message_ts": "1.5"}))

    assert bot.only_deploy().override is None
    assert bot.queued_answers()[-1][3].startswith("This message is out of date")


def test_who_is_called_to_override_a_freeze_types_the_reason(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    assert press(bot, buttons.ASK_SOMEBODY, refused(bot).id) == (
        f"Asked <@{DAVE}> here to run `/deploy override web 1.4.2`, which the message offers."
    )
    requests = AskedRequests(bot.redis)
    [asked_id] = requests.all()
    requests.note_posted(asked_id, CARD_TS)

    bot.click(buttons.RUN_ASKED, a_deploy(id=asked_id), by=DAVE, question=0)
    assert bot.context.store.active() == []
    assert f"`/deploy web 1.4.2`, which <@{ALICE}> asked for, runs all the same." in read(opened(bot)[-1])[0]
    submit(bot, REASON)

    deploy = bot.only_deploy()
    assert (deploy.request.requester, deploy.override and deploy.override.reason) == (DAVE, REASON)
    state = requests.find(asked_id)
    assert state is not None
    assert state.run_by == DAVE


def test_the_refusal_offers_it_to_those_who_may_and_a_call_to_the_others(bot: BotHarness) -> None:
    bot.mention("@slipway deploy web 1.4.2", by=DAVE)
    assert privately_offered(bot) == ["Override the freeze"]
    bot.clear_jobs()

    bot.mention("@slipway deploy web 1.4.2", by=ALICE)
    assert privately_offered(bot) == ["Ask somebody who may"]


def test_several_services_run_with_the_reason_that_is_typed(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2", by=DAVE)
    press(bot, buttons.OVERRIDE_REFUSED, refused(bot).id, by=DAVE)
    assert read(opened(bot)[-1])[0] == (
        "`/deploy web,api 1.4.2` runs all the same. The thread shows your reason."
    )

    submit(bot, REASON)

    assert {
        each.service.name: each.override.reason if each.override else ""
        for each in bot.context.store.active()
    } == {"web": REASON, "api": ""}
