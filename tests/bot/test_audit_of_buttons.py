"""What the audit says of a press of each button: who, what, where and about which service."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys import buttons
from deploys.stores import audit
from tests.bot.bot_harness import ALICE, CAROL, DEPLOYS_CHANNEL, TEAM, BotHarness
from tests.bot.button_scenes import SCENES, Pressable, Scene, scene_name
from tests.bot.test_button_access import bot_for, open_service, payload

ABOUT_EVERYTHING = {buttons.RESUME_ALL}
"""Buttons that are about all services."""


@pytest.fixture(autouse=True)
def _no_wait_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.listeners.KNOWLEDGE_WAIT_SECONDS", 0.0)


def press(bot: BotHarness, scene: Scene, pressed: Pressable, by: str) -> list[audit.Row]:
    """The entries that one press makes."""
    before = {each["id"] for each in audit.trail(bot.redis)}
    bot.send_payload(payload(bot, scene, pressed, by))
    return [each for each in audit.trail(bot.redis) if each["id"] not in before]


@pytest.mark.parametrize("scene", SCENES, ids=scene_name)
def test_a_press_that_is_allowed_is_written_with_who_and_what_and_where(redis: Redis, scene: Scene) -> None:
    bot, _ = bot_for(redis, scene, open_service())
    pressed = scene.prepare(bot, open_service())

    entries = press(bot, scene, pressed, ALICE)

    assert entries
    for entry in entries:
        assert (entry["who"], entry["team"], entry["channel"]) == (ALICE, TEAM, DEPLOYS_CHANNEL), entry
        assert entry["what"] not in ("", "refused", "failed"), entry
        assert entry["verb"], entry
        assert "web" in entry["service"].split(",") or scene.action_id in ABOUT_EVERYTHING, entry
        assert float(entry["at"]) == bot.clock()


@pytest.mark.parametrize("scene", SCENES, ids=scene_name)
def test_a_press_that_is_refused_is_written_once_with_why(redis: Redis, scene: Scene) -> None:
    nobody = {"approvers": (), "may_roll_back": (), "may_scale": (), "may_run": (), "may_override": ()}
    bot, _ = bot_for(redis, scene, open_service().model_copy(update={"deployers": (), **nobody}))
    pressed = scene.prepare(bot, open_service())

    entries = press(bot, scene, pressed, CAROL)

    [entry] = entries
    assert (entry["who"], entry["team"], entry["channel"]) == (CAROL, TEAM, DEPLOYS_CHANNEL)
    assert (entry["what"], bool(entry["verb"]), bool(entry["why"])) == ("refused", True, True)
    typed = "wbe" if scene.action_id == buttons.SUGGESTED_NAME else "web"
    assert typed in entry["service"].split(",") or scene.action_id in ABOUT_EVERYTHING, entry
