"""`/deploy history [SERVICE]`"""

from __future__ import annotations

import re

import pytest

from deploys.catalogue.catalogue import Catalogue
from deploys.formatting import slack_time
from deploys.message_size import MAX_EDIT_BYTES, message_size, utf8_bytes
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from sandbox.slack.blockkit.block_limits import check_message_blocks
from tests.bot.batch_setup import add_service_groups
from tests.bot.bot_harness import ALICE, CAROL, DAVE, DEPLOYS_CHANNEL, BotHarness
from tests.builders import a_plan


@pytest.fixture
def catalogue(catalogue: Catalogue) -> Catalogue:
    return add_service_groups(catalogue)


def end_deploy(
    bot: BotHarness, deploy: Deploy, seconds: float, outcome: Outcome = Outcome.SUCCEEDED, **plan: str
) -> None:
    bot.clock.advance(seconds)
    bot.commit_step(deploy, phase=Phase.ENDED, outcome=outcome, ended_at=bot.clock(), plan=a_plan(**plan))


def listed_services(answer: str) -> list[str]:
    return re.findall(r">: `(\w+)`", answer)


def test_when_who_from_and_to_how_it_ended_and_how_long(bot: BotHarness) -> None:
    begun = bot.clock()
    bot.type("/deploy web 1.4.2")
    deploy = bot.only_deploy()
    end_deploy(bot, deploy, 185)

    assert bot.ask("/deploy history", by=CAROL) == (
        "*Last deploys*\n"
        f"• {slack_time(begun)}: `web` `1.4.2` (from `1.4.0`) by <@{ALICE}> succeeded after 3 min 05 s "
        f"(deploy `{deploy.id}`)"
    )


def test_each_is_shown_as_what_it_is_the_newest_first(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    deploy = bot.only_deploy()
    end_deploy(bot, deploy, 60, Outcome.ROLLED_BACK)
    bot.type("/deploy rollback web 1.4.0", by=DAVE)
    rollback = bot.only_deploy()
    end_deploy(bot, rollback, 60, old_tag="1.4.2", tag="1.4.0")
    bot.type("/deploy restart web")
    restart = bot.only_deploy()
    bot.commit_step(restart, phase=Phase.FOLLOWING, tag="1.4.0")
    bot.clock.advance(10)
    bot.type("/deploy follow api")
    follow = bot.context.store.active()[1]

    lines = bot.ask("/deploy history").splitlines()[1:]

    assert [line.split(">: ", 1)[1] for line in lines] == [
        f"external rollout of `api` followed for <@{ALICE}> is queued, 0 s so far (deploy `{follow.id}`)",
        f"restart of `web` `1.4.0` by <@{ALICE}> rolls out, 10 s so far (deploy `{restart.id}`)",
        f"rollback of `web` to `1.4.0` (from `1.4.2`) by <@{DAVE}> succeeded after 1 min "
        f"(deploy `{rollback.id}`)",
        f"`web` `1.4.2` (from `1.4.0`) by <@{ALICE}> was rolled back after 1 min (deploy `{deploy.id}`)",
    ]


def test_a_service_a_list_or_a_group_shows_its_own_alone(bot: BotHarness) -> None:
    for service in ("web", "api", "ledger"):
        bot.type(f"/deploy {service} 1.4.2")
        bot.clock.advance(1)

    assert listed_services(bot.ask("/deploy history web")) == ["web"]
    assert listed_services(bot.ask("/deploy history web,ledger")) == ["ledger", "web"]
    assert listed_services(bot.ask("/deploy history shopfront")) == ["api", "web"]
    assert listed_services(bot.ask("/deploy history")) == ["ledger", "api", "web"]
    assert bot.ask("/deploy history web, ledger").startswith("*Last deploys* of `web`, `ledger`\n")


def test_none_yet(bot: BotHarness) -> None:
    assert bot.ask("/deploy history") == "There was no deploy yet."
    assert bot.ask("/deploy history web") == "There was no deploy of `web` yet."


def test_an_unknown_service_is_named(bot: BotHarness) -> None:
    for typed in ("/deploy history wbe", "/deploy history api,wbe"):
        assert bot.type(typed).startswith("There is no service `wbe` here. Did you mean `web`?")


def test_many_deploys_fit_and_the_rest_is_counted(bot: BotHarness) -> None:
    for number in range(40):
        bot.type(f"/deploy web {'1' * 100}.{number}")
        bot.clock.advance(1)

    text = bot.ask("/deploy history web")
    table, sections = bot.answer_forms()

    shown = text.count("is queued")
    assert 5 < shown < 30
    assert text.endswith(f"• and {40 - shown} more")
    assert text.index(".39`") < text.index(".38`")
    assert utf8_bytes(text) <= MAX_EDIT_BYTES
    for blocks in (table, sections):
        assert message_size(text, blocks).fits
        assert check_message_blocks(blocks) == []
    rows = len(table[0]["rows"]) - 1
    assert rows == 30
    assert table[1]["elements"][0]["text"] == f"and {40 - rows} more; `/deploy show ID` shows one whole"


def test_where_the_workspace_takes_it_it_is_a_table(bot: BotHarness) -> None:
    begun = int(bot.clock())
    bot.type("/deploy web 1.4.2")
    deploy = bot.only_deploy()
    end_deploy(bot, deploy, 185)

    assert bot.type("/deploy history") == "The last deploys follow here."
    [[table], [section]] = bot.answer_forms()

    assert section["text"]["text"].startswith("*Last deploys*\n• ")
    assert (table["type"], table["caption"]) == ("data_table", "Last deploys")
    assert [cell["text"] for cell in table["rows"][0]] == [
        *("Service", "Version", "State", "Asked", "By", "Took", "From", "Approved by", "Deploy")
    ]
    [asked, by, deploy_id] = [table["rows"][1][column]["elements"][0]["elements"] for column in (3, 4, 8)]
    assert (asked[0]["timestamp"], by[0]["user_id"], deploy_id[0]["text"]) == (begun, ALICE, deploy.id)
    assert [cell.get("text") for cell in table["rows"][1]] == [
        *("web", "1.4.2", "succeeded", None, None, "3 min 05 s", "1.4.0", "–", None)
    ]


def test_it_is_told_in_a_thread_and_changes_nothing(bot: BotHarness) -> None:
    bot.mention("@slipway history web", by=CAROL, channel=DEPLOYS_CHANNEL, thread="1699999999.000001")

    [(channel, thread, user, text)] = bot.queued_answers()
    assert (channel, thread, user) == (DEPLOYS_CHANNEL, "1699999999.000001", CAROL)
    assert text == "There was no deploy of `web` yet."
    assert bot.context.store.active() == []


def test_a_late_request_is_still_answered(bot: BotHarness) -> None:
    payload = bot.mention_payload("@slipway history", by=ALICE, channel=DEPLOYS_CHANNEL)
    bot.clock.advance(60)

    bot.send_json(payload)

    [(*_, text)] = bot.queued_answers()
    assert text == "There was no deploy yet."
