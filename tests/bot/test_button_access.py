"""Every button, and everybody who might press it: nothing changes without a rule that allows it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from redis import Redis
from slack_bolt import BoltRequest

from bot.app_context import build_app_context
from bot.slack_clock import SlackClock
from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import Service
from deploys.redis_connection import to_text
from deploys.stores.slack_directory import Channel, Person
from deploys.stores.user_groups import UserGroups
from tests.bot.bot_harness import (
    ALICE,
    BOB,
    BOT_IDENTITY,
    CAROL,
    DAVE,
    DEPLOYS_CHANNEL,
    GENERAL_CHANNEL,
    BotHarness,
    ManualClock,
    RecordedViews,
)
from tests.bot.button_scenes import SCENES, Pressable, Scene, scene_name, services_of
from tests.bot.sample_bot import NO_LIMITS
from tests.builders import a_deploy, a_service
from tests.deploys.access_rules import World
from tests.deploys.test_access import (
    ANY_SERVICE,
    CHANNELS,
    DIRECT,
    GINA,
    MEMBERS,
    PERSONS,
)
from tests.slack_directory import KnownDirectory, a_channel, a_person

HOME = ""
NOT_COUNTED = (
    *("audit", "delivery:", "delivery-answer:", "signature:", "requests:", "slack-needed"),
    *("refused-request:", "answer-blocks:", "disk-probe"),
)
"""What even a refused press writes: what was asked, and how it is answered."""


COPY_NOTED = ("card-copies:", "publish")
"""What a press on a copy of a card writes: that copy, and that the publisher has to edit it."""


def state(redis: Redis, *but: str) -> dict[str, Any]:
    """Everything in Redis that a press may not change without a rule. but: beginnings of other keys."""
    names = sorted(to_text(each) for each in redis.scan_iter("{slipway}:*", count=1000))
    counted = [each for each in names if not each.removeprefix("{slipway}:").startswith((*NOT_COUNTED, *but))]
    return {each: redis.dump(each) for each in counted}


def bot_for(redis: Redis, scene: Scene, service: Service) -> tuple[BotHarness, KnownDirectory]:
    """A bot whose services.yml has this service, on an empty Redis."""
    redis.flushdb()
    clock = ManualClock(float(int(time.time())))
    slack_clock = SlackClock(wall_clock=clock, uptime=clock)
    slack_clock.compare_with_answer({"Date": formatdate(clock(), usegmt=True)}, clock(), clock())
    groups = UserGroups(redis)
    for group, members in MEMBERS.items():
        if members is not None:
            groups.save_members(group, sorted(members), clock())
    directory = KnownDirectory(redis)
    services = services_of(scene, service, clock())
    context = build_app_context(
        BOT_IDENTITY,
        Catalogue({each.name: each for each in services}),
        redis,
        redis,
        now=clock,
        slack_clock=slack_clock,
        directory=directory,
        limits=NO_LIMITS,
        views=RecordedViews(),
    )
    return BotHarness(context, redis, clock), directory


def payload(
    bot: BotHarness, scene: Scene, pressed: Pressable, by: str, channel: str = DEPLOYS_CHANNEL
) -> dict[str, Any]:
    """What Slack posts for the press; `HOME`: on the Home tab."""
    target = a_deploy(id=pressed.value_of)
    body = bot.click_payload(
        scene.action_id, target, by=by, question=pressed.question, channel=channel, ephemeral=pressed.private
    )
    if channel == HOME:
        body |= {"channel": None, "container": {"type": "view", "view_id": "V01HOME"}}
    return body


def open_service() -> Service:
    """Everybody may do everything."""
    return a_service(
        "web",
        approvers=("everyone",),
        approvals=1,
        may_roll_back=("everyone",),
        may_scale=("everyone",),
        may_run=("everyone",),
        may_override=("everyone",),
        self_approval=True,
        guests=True,
        shared_channels=True,
    )


@pytest.fixture(autouse=True)
def _no_wait_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker reads here what Slack knows."""
    monkeypatch.setattr("bot.listeners.KNOWLEDGE_WAIT_SECONDS", 0.0)


def test_there_is_a_scene_for_every_button() -> None:
    assert {each.action_id for each in SCENES} == set(buttons.HANDLERS)


@pytest.mark.parametrize("scene", SCENES, ids=scene_name)
def test_whom_a_rule_allows_it_changes_something(redis: Redis, scene: Scene) -> None:
    bot, _ = bot_for(redis, scene, open_service())
    pressed = scene.prepare(bot, open_service())
    before = state(redis)

    bot.send_payload(payload(bot, scene, pressed, ALICE))

    assert state(redis) != before, bot.queued_answers()


@pytest.mark.parametrize("scene", SCENES, ids=scene_name)
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # to shrink a failing example takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    service=ANY_SERVICE,
    self_approval=st.booleans(),
    user=st.sampled_from([ALICE, BOB, CAROL, GINA]),
    channel=st.sampled_from([DEPLOYS_CHANNEL, GENERAL_CHANNEL, DIRECT, HOME]),
    person=PERSONS | st.just(a_person()),
    place=CHANNELS | st.just(a_channel()),
)
def test_nothing_changes_without_a_rule_that_allows_it(
    redis: Redis,
    scene: Scene,
    service: Service,
    self_approval: bool,
    user: str,
    channel: str,
    person: Person | None,
    place: Channel | None,
) -> None:
    service = service.model_copy(update={"approvals": 1, "self_approval": self_approval})
    bot, directory = bot_for(redis, scene, service)
    pressed = scene.prepare(bot, service)
    counted = (
        DEPLOYS_CHANNEL if scene.counts_where_asked or (channel == HOME and not pressed.private) else channel
    )
    directory.people[user] = person
    if not counted.startswith("D"):
        directory.channels[counted] = place
    before = state(redis)

    bot.send_payload(payload(bot, scene, pressed, user, channel))

    world = World(service, user, person, counted, place, MEMBERS)
    assert scene.allows(world) or state(redis) == before


@pytest.mark.parametrize(
    "closed", ["deployers", "approvers", "may_roll_back", "may_scale", "may_run", "may_override"]
)
@pytest.mark.parametrize("scene", SCENES, ids=scene_name)
def test_nothing_changes_if_everything_but_the_one_list_that_counts_is_open(
    redis: Redis, scene: Scene, closed: str
) -> None:
    service = open_service().model_copy(update={closed: (GINA,)})
    bot, _ = bot_for(redis, scene, service)
    pressed = scene.prepare(bot, service)
    user = ALICE if pressed.private else CAROL
    before = state(redis)

    bot.send_payload(payload(bot, scene, pressed, user))

    world = World(service, user, a_person(), DEPLOYS_CHANNEL, a_channel(), MEMBERS)
    assert scene.allows(world) or state(redis) == before


Spoil = Callable[[BotHarness, dict[str, Any]], None]


def another_team(bot: BotHarness, body: dict[str, Any]) -> None:
    body["team"] = {"id": "T02FOREIGN"}
    bot.send_payload(body)


def person_of_another_team(bot: BotHarness, body: dict[str, Any]) -> None:
    body["user"]["team_id"] = "T02FOREIGN"
    bot.send_payload(body)


def unsigned(bot: BotHarness, body: dict[str, Any]) -> None:
    form = urlencode({"payload": json.dumps(body)})
    headers = bot.signed_headers(form, "application/x-www-form-urlencoded")
    bot.app.dispatch(BoltRequest(body=form.replace("deploy", "deplox", 1) + "&x=1", headers=headers))


def signed_long_ago(bot: BotHarness, body: dict[str, Any]) -> None:
    form = urlencode({"payload": json.dumps(body)})
    headers = bot.signed_headers(form, "application/x-www-form-urlencoded")
    bot.clock.advance(301)
    bot.app.dispatch(BoltRequest(body=form, headers=headers))


def pressed_long_ago(bot: BotHarness, body: dict[str, Any]) -> None:
    body["actions"][0]["action_ts"] = f"{bot.clock() - 30:.6f}"
    bot.send_payload(body)


def another_value(bot: BotHarness, body: dict[str, Any]) -> None:
    body["actions"][0]["value"] = buttons.button_value("zzzzzzzz", 1)
    bot.send_payload(body)


def no_value(bot: BotHarness, body: dict[str, Any]) -> None:
    body["actions"][0]["value"] = "web; drop"
    bot.send_payload(body)


SPOILED: tuple[Spoil, ...] = (
    another_team,
    person_of_another_team,
    unsigned,
    signed_long_ago,
    pressed_long_ago,
    another_value,
    no_value,
)


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda each: each.__name__)
@pytest.mark.parametrize("scene", SCENES, ids=scene_name)
def test_a_forged_stale_or_foreign_press_changes_nothing(redis: Redis, scene: Scene, spoil: Spoil) -> None:
    bot, _ = bot_for(redis, scene, open_service())
    pressed = scene.prepare(bot, open_service())
    before = state(redis)

    spoil(bot, payload(bot, scene, pressed, ALICE))

    assert state(redis) == before


@pytest.mark.parametrize("scene", SCENES, ids=scene_name)
def test_a_replayed_press_changes_nothing_more(redis: Redis, scene: Scene) -> None:
    bot, _ = bot_for(redis, scene, open_service())
    body = payload(bot, scene, scene.prepare(bot, open_service()), ALICE)
    form = urlencode({"payload": json.dumps(body)})
    headers = bot.signed_headers(form, "application/x-www-form-urlencoded")
    bot.app.dispatch(BoltRequest(body=form, headers=headers))
    after = state(redis)
    bot.clear_jobs()

    again = bot.app.dispatch(BoltRequest(body=form, headers=headers))
    bot.send_payload(body)

    assert again.status == 401
    assert state(redis) == after
    assert bot.queued_jobs() == []


@pytest.mark.parametrize("scene", [each for each in SCENES if not each.in_home_alone], ids=scene_name)
def test_on_another_message_than_the_card_or_by_another_person_it_changes_nothing(
    redis: Redis, scene: Scene
) -> None:
    bot, _ = bot_for(redis, scene, open_service())
    pressed = scene.prepare(bot, open_service())
    if pressed.private:
        body = payload(bot, scene, pressed, DAVE)
    else:
        thread = bot.context.threads.find(pressed.value_of)
        if thread is None:
            bot.post_card(a_deploy(id=pressed.value_of))
        body = payload(bot, scene, pressed, ALICE)
        body["container"]["message_ts"] = "1699999999.000001"
    before = state(redis, *COPY_NOTED)

    bot.send_payload(body)

    assert state(redis, *COPY_NOTED) == before


@pytest.mark.parametrize(
    "scene", [each for each in SCENES if each.action_id in buttons.QUESTION_BUTTONS], ids=scene_name
)
def test_an_answer_to_another_question_changes_nothing(redis: Redis, scene: Scene) -> None:
    bot, _ = bot_for(redis, scene, open_service())
    pressed = scene.prepare(bot, open_service())
    before = state(redis)

    for question in (0, 2):
        bot.send_payload(payload(bot, scene, Pressable(pressed.value_of, question), ALICE))

    assert state(redis) == before
