"""The bot goes by services.yml as it is when somebody asks, not as it was when the bot started."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from bot.app_context import AppContext
from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.catalogue_file import CatalogueFile
from deploys.stores import audit
from sandbox.slack.blockkit.block_limits import check_message_blocks
from tests.bot.bot_harness import ALICE, BOB, CAROL, BotHarness, ManualClock

FILE = """
defaults: {cluster: production, region: eu-west-1, channels: [C01DEPLOYS], deployers: [U01ALICE00]}
services:
  web:
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "services.yml"
    path.write_text(FILE)
    return path


@pytest.fixture
def context(context: AppContext, path: Path) -> AppContext:
    """With services.yml as a process has it; an hour has passed since each of its changes."""
    file = CatalogueFile(path, {}, now=lambda: time.time() + 3600)
    return replace(context, read_catalogue=file.current)


def test_each_request_goes_by_the_file_as_it_is(bot: BotHarness, path: Path) -> None:
    assert bot.type("/deploy web 1.4.2", by=CAROL).startswith("You may not deploy `web`.")
    path.write_text(FILE.replace("U01ALICE00", "U03CAROL00"))
    assert bot.type("/deploy web 1.4.2", by=CAROL).startswith("Queued: `web` `1.4.2`")
    assert bot.type("/deploy restart web", by=ALICE).startswith(
        "You may not deploy `web`. Those who may: <@U03CAROL00>"
    )

    path.write_text(FILE.replace("web:", "web:\n  mail: {deployers: everyone}"))
    assert bot.type("/deploy mail 2.0.0", by=BOB).startswith("Queued: `mail` `2.0.0`")
    path.write_text(FILE)
    assert bot.type("/deploy mail 2.0.1", by=BOB).startswith("There is no service `mail` here.")

    versions = [each["catalogue"] for each in audit.trail(bot.redis)]
    assert len(versions) == 5
    first, second, third = versions[0], versions[1], versions[3]
    assert versions == [first, second, second, third, first]
    assert len({first, second, third}) == 3


def test_freezes_locks_and_the_help_follow_the_file(bot: BotHarness, path: Path) -> None:
    frozen = "{freezes: [{starts: 2020-01-01, repeats: FREQ=DAILY, time_zone: UTC, reason: audit}]}"
    groups = "groups: {shop: {services: [web]}}\n"
    path.write_text(f"{FILE.replace('web:', f'web: {frozen}')}  api:\n{groups}")

    assert "Those who may override it: nobody, see `may_override`" in bot.type("/deploy web 1.4.2")
    assert "• `api`" in bot.type("/deploy help")
    assert bot.type("/deploy lock shop checking the graphs").startswith("Locked: the group `shop`")
    for_all = FILE.replace("[U01ALICE00]", "everyone").replace("web:", "web:\n  api:")
    path.write_text(for_all + groups)
    assert bot.type("/deploy api 1.4.1", by=BOB).startswith("Queued: ")
    path.write_text(for_all + groups.replace("[web]", "[web, api]"))
    assert bot.type("/deploy api 1.4.2", by=BOB).startswith("`api` is locked.")


def test_a_file_with_mistakes_changes_nothing_and_people_read_so(bot: BotHarness, path: Path) -> None:
    path.write_text(FILE.replace("U01ALICE00", "nobody I know"))

    assert bot.type("/deploy web 1.4.2").startswith("Queued: `web` `1.4.2`")
    [entry] = audit.trail(bot.redis)
    told = ("and has 1 mistake, so what it said before (version", entry["catalogue"], "stays in force")
    for question in ("/deploy status", "/deploy help", "/deploy status web"):
        answer = bot.type(question)
        assert all(each in answer for each in told), answer
        assert check_message_blocks(bot.type_for_blocks(question)) == []

    path.write_text(FILE)
    assert "services.yml` was changed" not in bot.type("/deploy status")


def test_one_request_sees_one_version(context: AppContext, redis: Redis, clock: ManualClock) -> None:
    looks: list[str] = []

    def read_catalogue() -> Catalogue:
        looks.append("look")
        return context.read_catalogue()

    bot = BotHarness(replace(context, read_catalogue=read_catalogue), redis, clock)
    asks: tuple[Callable[[], object], ...] = (
        lambda: bot.type("/deploy web 1.4.2"),
        lambda: bot.type("/deploy wbe 1.4.2"),
        lambda: bot.mention("@slipway web 1.4.3", by=ALICE),
        lambda: bot.click(buttons.CANCEL, bot.context.store.active()[0], by=ALICE),
    )
    for ask in asks:
        looks.clear()
        ask()
        assert looks == ["look"]
