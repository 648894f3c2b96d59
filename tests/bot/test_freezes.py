"""Freezes at the request: refused with until when and why, and overridden by those who may."""

from __future__ import annotations

import pytest
from redis import Redis

from bot.app_context import AppContext
from deploys import buttons
from deploys.asker import Asker
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.freeze_keys import FreezeEntry
from deploys.catalogue.service import ServiceGroup
from deploys.errors.freezes import ServiceFrozen
from deploys.formatting import slack_time
from deploys.holds.freeze_calendars import read_calendar
from deploys.records.hold import Hold, HoldKind
from deploys.records.phases import Phase
from deploys.stores import audit
from deploys.stores.freeze_calendars import MAX_AGE_SECONDS, FreezeCalendars
from tests.bot.bot_harness import ALICE, BOB, DAVE, DEPLOYS_CHANNEL, BotHarness, ManualClock
from tests.bot.test_refused_requests import press, privately_offered, refused
from tests.builders import a_deploy, a_service
from tests.frozen_services import a_freeze

ADDRESS = "https://calendar.example.com/private-f00/freezes.ics"


@pytest.fixture
def catalogue(clock: ManualClock) -> Catalogue:
    """web is frozen for an hour, api never, mail if its calendar says so; books by its group.

    alice and dave deploy, bob and dave may override.
    """
    allowed = {"deployers": (ALICE, DAVE), "approvers": (BOB, DAVE), "channels": (DEPLOYS_CHANNEL,)}
    services = (
        a_service("web", freezes=(a_freeze(clock()),), **allowed),
        a_service("api", **allowed),
        a_service("mail", freezes=(FreezeEntry(calendar=ADDRESS),), **allowed),
        a_service("books", **allowed),
    )
    group = ServiceGroup(
        name="back", services=("books",), freezes=(a_freeze(clock(), reason="stock-taking"),)
    )
    return Catalogue({each.name: each for each in services}, {"back": group})


def ask(bot: BotHarness, text: str, *, by: str = ALICE) -> str:
    return bot.type(f"/deploy {text}", by=by)


def until(bot: BotHarness) -> str:
    return slack_time(bot.clock() + 3600)


@pytest.mark.parametrize(
    ("typed", "how"), [("web 1.4.2", ", with `/deploy override web 1.4.2 REASON`"), ("restart web", "")]
)
def test_a_frozen_service_says_until_when_why_and_who_could(bot: BotHarness, typed: str, how: str) -> None:
    assert ask(bot, typed) == (
        f"`web` is frozen until {until(bot)}: Christmas (`services.yml`). Nothing was queued. "
        f"Rollbacks pass. Those who may override it: <@{DAVE}>{how}."
    )
    assert bot.context.store.active() == []


@pytest.mark.parametrize("typed", ["rollback web", "rollback web 1.4.1", "follow web", "api 1.4.2"])
def test_rollbacks_following_and_other_services_pass(bot: BotHarness, typed: str) -> None:
    assert ask(bot, typed).startswith("Queued: ")


def test_it_is_free_when_the_freeze_is_over(bot: BotHarness) -> None:
    bot.clock.advance(3599)
    assert "is frozen" in ask(bot, "web 1.4.2")
    bot.clock.advance(1)
    assert ask(bot, "web 1.4.2").startswith("Queued: ")


@pytest.mark.parametrize("typed", ["api,web 1.4.2", "web,api 1.4.2"])
def test_of_several_services_all_are_refused_and_the_frozen_one_is_named(bot: BotHarness, typed: str) -> None:
    answer = ask(bot, typed)

    assert answer.startswith("Nothing was queued. `web` is frozen until ")
    assert "`api`" not in answer
    assert bot.context.store.active() == []


@pytest.mark.parametrize("typed", ["back 1.4.2", "books 1.4.2"])
def test_a_groups_freeze_holds_for_its_services_together_and_alone(bot: BotHarness, typed: str) -> None:
    assert "`books` is frozen until" in ask(bot, typed)


def test_facts_are_text(context: AppContext, clock: ManualClock) -> None:
    with pytest.raises(ServiceFrozen) as raised:
        context.freezes.refuse_if_frozen(
            "web", clock(), tag="1.4.2", asker=Asker(ALICE, "T", DEPLOYS_CHANNEL)
        )
    assert all(isinstance(each, str) for each in raised.value.facts.values())


def test_override_deploys_with_a_reason_that_is_written_down(bot: BotHarness) -> None:
    assert ask(bot, "override web 1.4.2 payments are down", by=DAVE).startswith("Queued: `web` `1.4.2`")

    deploy = bot.only_deploy()
    assert deploy.override is not None
    assert (deploy.override.user, deploy.override.kind, deploy.override.reason) == (
        DAVE,
        HoldKind.FREEZE,
        "payments are down",
    )
    assert [each.text for each in deploy.thread_messages] == [
        f"<@{DAVE}> overrides the freeze: payments are down"
    ]
    [entry] = [each for each in _trail(bot) if each.get("override")]
    assert (entry["override"], entry["override_by"], entry["override_why"]) == (
        "freeze",
        DAVE,
        "payments are down",
    )
    assert float(entry["override_at"]) == bot.clock()


@pytest.mark.parametrize(
    ("typed", "by", "answer"),
    [
        ("override web 1.4.2 payments are down", ALICE, "You may not override a freeze or lock of `web`."),
        ("override web 1.4.2 payments are down", BOB, "You may not deploy `web`."),
        (
            "override web 1.4.2",
            DAVE,
            "Why? Other people will read the reason. Write `/deploy override SERVICE TAG REASON`.",
        ),
        ("override web", DAVE, "Which tag of `web`?"),
    ],
)
def test_override_needs_both_rights_and_a_reason(bot: BotHarness, typed: str, by: str, answer: str) -> None:
    assert ask(bot, typed, by=by).startswith(answer)
    assert bot.context.store.active() == []


def test_the_refusal_has_a_button_for_those_who_may(bot: BotHarness) -> None:
    assert _button_values(bot, "web 1.4.2 fixes the login", by=ALICE) == []
    [value] = _button_values(bot, "web 1.4.2 fixes the login", by=DAVE)

    _press_on_refusal(bot, value)

    override = bot.only_deploy().override
    assert override is not None
    assert override.reason == "fixes the login"


def test_several_services_pass_their_freezes_by_one_button(bot: BotHarness) -> None:
    [value] = _button_values(bot, "web,mail,api 1.4.2 fixes the login", by=DAVE)

    _press_on_refusal(bot, value)

    assert {
        each.service.name: each.override.reason if each.override else ""
        for each in bot.context.store.active()
    } == {"web": "fixes the login", "mail": "fixes the login", "api": ""}
    assert bot.queued_answers()[-1][3].startswith("Queued: `web`, `mail` and `api` `1.4.2`")


def test_the_button_for_several_services_is_for_those_who_may_override_all(bot: BotHarness) -> None:
    assert _button_values(bot, "web,api 1.4.2 fixes the login", by=ALICE) == []
    assert ask(bot, "override web,api 1.4.2 fixes the login", by=ALICE).startswith(
        "Nothing was queued. You may not override a freeze or lock of `web`."
    )
    assert ask(bot, "override back 1.4.2 fixes the login", by=DAVE).startswith(
        "Queued: `back` `1.4.2`: `books`"
    )
    assert [each.override is not None for each in bot.context.store.active()] == [True]


def test_locks_hold_what_passes_a_freeze(bot: BotHarness) -> None:
    ask(bot, "lock api checking the graphs")
    [value] = _button_values(bot, "web,api 1.4.2 fixes the login", by=DAVE)
    _press_on_refusal(bot, value)
    assert "`api` is locked." in bot.queued_answers()[-1][3]
    assert privately_offered(bot)[0] == "Queue all for when they are free"

    press(bot, buttons.QUEUE_BEHIND_LOCK, refused(bot).id, by=DAVE)

    assert [each.override is not None for each in bot.context.store.active()] == [True, False]


def test_several_held_deploys_go_on_by_the_command_that_names_them(bot: BotHarness) -> None:
    ask(bot, "api,books 1.4.2", by=DAVE)  # refused: books is frozen
    bot.clock.advance(3601)
    ask(bot, "api,books 1.4.2", by=DAVE)
    for each in bot.context.store.active():
        bot.commit_step(each, hold=Hold(kind=HoldKind.FREEZE, sentence="Frozen."))

    refusal = ask(bot, "override api,books 1.4.2 payments are down", by=ALICE)
    assert refusal.startswith("You may not override a freeze or lock of `api`.")
    assert not any(each.override for each in bot.context.store.active())
    answer = ask(bot, "override api,books 1.4.2 payments are down", by=DAVE)

    assert [line.split(" waited ")[0] for line in answer.splitlines()] == ["`api` `1.4.2`", "`books` `1.4.2`"]
    assert all(each.override for each in bot.context.store.active())


def test_what_is_not_frozen_is_queued_and_nothing_is_overridden(bot: BotHarness) -> None:
    answer = ask(bot, "override api 1.4.2 payments are down", by=DAVE)

    assert answer.endswith("No freeze of `api` is on, so none is overridden: one that begins holds it.")
    assert bot.only_deploy().override is None
    assert bot.only_deploy().thread_messages == ()


def test_a_held_deploy_goes_on_by_its_button_once(bot: BotHarness) -> None:
    ask(bot, "api 1.4.2: fixes the login")
    deploy = bot.only_deploy()
    bot.post_card(deploy)
    held = bot.commit_step(deploy, hold=Hold(kind=HoldKind.FREEZE, sentence="`api` is frozen."))

    bot.click(buttons.OVERRIDE_FREEZE, held, by=ALICE)
    assert bot.only_deploy().override is None
    bot.click(buttons.OVERRIDE_FREEZE, held, by=DAVE)
    bot.click(buttons.OVERRIDE_FREEZE, held, by=BOB)

    override = bot.only_deploy().override
    assert override is not None
    assert (override.user, override.reason) == (DAVE, "fixes the login")
    assert bot.queued_answers()[-1][3] == f"Already decided: <@{DAVE}> overrode the freeze."

    bot.commit_step(bot.only_deploy(), hold=None, phase=Phase.PLANNING)
    bot.click(buttons.OVERRIDE_FREEZE, held, by=BOB)
    assert bot.queued_answers()[-1][3] == f"Already decided: <@{DAVE}> overrode the freeze."


def test_a_held_deploy_goes_on_by_the_command_that_names_it(bot: BotHarness) -> None:
    ask(bot, "api 1.4.2")
    bot.commit_step(bot.only_deploy(), hold=Hold(kind=HoldKind.FREEZE, sentence="`api` is frozen."))

    answer = ask(bot, "override api 1.4.2 payments are down", by=DAVE)

    assert answer.startswith("`api` `1.4.2` waited for the end of a freeze and goes on now.")
    override = bot.only_deploy().override
    assert override is not None
    assert override.reason == "payments are down"


def test_status_says_what_is_frozen(bot: BotHarness) -> None:
    frozen = f"`web` is frozen until {until(bot)}: Christmas (`services.yml`)."

    assert frozen in ask(bot, "status web")
    assert frozen in ask(bot, "status")
    assert "frozen" not in ask(bot, "status api")


def test_an_unread_calendar_freezes_and_its_address_is_not_told(bot: BotHarness, redis: Redis) -> None:
    unread = "`mail` is frozen, because the calendar `calendar.example.com` cannot be read."
    assert ask(bot, "mail 1.4.2").startswith(unread)
    assert ask(bot, "override mail 1.4.2 it is urgent", by=DAVE).startswith("Queued: ")

    FreezeCalendars(redis).save(
        ADDRESS, "UTC", read_calendar("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "UTC", "x"), bot.clock()
    )
    assert "is frozen" not in ask(bot, "mail 1.4.3")
    bot.clock.advance(MAX_AGE_SECONDS + 1)
    assert ask(bot, "mail 1.4.4").startswith(unread)
    assert not any(b"private-f00" in _dump(redis, key) for key in redis.keys("*"))


def _dump(redis: Redis, key: bytes | str) -> bytes:
    return str(key).encode() + (redis.dump(key) or b"")


def _trail(bot: BotHarness) -> list[dict[str, str]]:
    return [dict(each) for each in audit.trail(bot.redis)]


def _press_on_refusal(bot: BotHarness, value: str) -> None:
    refused_id = value.partition(".")[0]
    bot.click(buttons.OVERRIDE_REFUSED, a_deploy(id=refused_id), by=DAVE, ephemeral=True, question=0)


def _button_values(bot: BotHarness, text: str, *, by: str) -> list[str]:
    body = bot.read_ack(bot.send_command(f"/deploy {text}", by=by))
    elements = [each for block in body.get("blocks", ()) for each in block.get("elements", ())]
    return [each["value"] for each in elements if each.get("action_id") == buttons.OVERRIDE_REFUSED]
